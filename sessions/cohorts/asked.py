"""What an address asks to compare. It is the whole state: each change of it is another address."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

from django.http import QueryDict
from django.utils import timezone

from projects.date_range import RANGES
from projects.moments import moment_of
from sessions.cohorts.making import CohortError

EVERYTHING = "all"  # instead of a cohort's id: every session of the project
CONDITION = "?"  # before the parameters of a list, instead of a cohort's id


class BadComparison(CohortError):
    """The address asks for groups that cannot be made; the message says why."""


@dataclass(frozen=True)
class WrittenPeriod:
    """A period as somebody wrote it, and what is wrong with it, by the name of its field."""

    place: int  # among the periods that can be read
    start: str
    end: str
    faults: dict[str, str]


@dataclass(frozen=True)
class ComparisonQuery:
    """Cohorts, conditions or one filter, in two or more periods, or split by a property.

    `only` is a query that holds for every group, `within` a length of time that does."""

    cohorts: list[str] = field(default_factory=list)
    filter: str | None = None
    periods: list[tuple[date, date]] = field(default_factory=list)
    by: str = ""
    values: list[str] = field(default_factory=list)
    only: str = ""
    within: str = ""

    @classmethod
    def read(cls, params: QueryDict) -> "ComparisonQuery":
        """Parse the parameters of an address. Raises BadComparison, and BadPeriod for days that cannot be read."""
        chosen = [value for value in params.getlist("cohort") if value]
        periods, wrong = _periods(params)
        values = [value for value in params.getlist("value") if value]
        within = params.get("within", "")
        if within and within not in RANGES:
            raise BadComparison(f"A time is one of {', '.join(RANGES)}.")
        asked = cls(
            list(dict.fromkeys(chosen)),
            params.get("filter"),
            periods,
            params.get("by", ""),
            values,
            params.get("only", "").strip(),
            within,
        )
        if wrong:
            raise BadPeriod(wrong, asked)
        return asked

    @property
    def is_empty(self) -> bool:
        """Return whether the address names nothing to compare."""
        return not self.cohorts and self.filter is None

    def query(self, **changes: Any) -> str:
        """Return the query string of what is asked, with changes."""
        asked, params = replace(self, **changes), QueryDict(mutable=True)
        params.setlist("cohort", asked.cohorts)
        if asked.filter is not None:
            params["filter"] = asked.filter
        params.setlist("from", [first.isoformat() for first, _ in asked.periods])
        params.setlist("to", [last.isoformat() for _, last in asked.periods])
        params.setlist("value", asked.values)
        for name in ("by", "only", "within"):
            if value := getattr(asked, name):
                params[name] = value
        return "?" + params.urlencode()

    def of_groups(self, entries: Sequence[str]) -> str:
        """Return the query string of a comparison of these cohorts and conditions instead."""
        plain = ComparisonQuery(cohorts=list(dict.fromkeys(entries)), only=self.only, within=self.within)
        return plain.query()


class BadPeriod(BadComparison):
    """A period of the address cannot be read; `asked` is the rest of the address."""

    def __init__(self, written: WrittenPeriod, asked: ComparisonQuery) -> None:
        super().__init__(" ".join(written.faults.values()))
        self.written, self.asked = written, asked


def _periods(params: QueryDict) -> tuple[list[tuple[date, date]], WrittenPeriod | None]:
    """Return the periods that can be read, and the first that cannot."""
    periods, wrong = [], None
    for start, end in zip(params.getlist("from"), params.getlist("to"), strict=False):
        if not start and not end:
            continue
        first, last = _date(start), _date(end)
        faults = {name: _fault(text) for name, text, day in (("from", start, first), ("to", end, last)) if day is None}
        if first and last and last < first:
            faults["to"] = "The period ends before it starts."
        if first and last and not faults:
            periods.append((first, last))
        else:
            wrong = wrong or WrittenPeriod(len(periods), start, end, faults)
    return periods, wrong


def _date(text: str) -> date | None:
    found = moment_of(text, timezone.now())
    return timezone.localdate(found.start) if found else None


def _fault(text: str) -> str:
    if not text:
        return "A period has a first and a last day."
    return f"“{text[:40]}” is not a date. Write it as 2026-11-21, 21 Nov or -7d."
