"""The groups that are compared: up to four, read from the page's address, which is the whole state.

Each group is a query of the list, so that everything shown of it links to exactly its sessions."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID

from django.db.models import Count, QuerySet
from django.db.models.fields.json import KeyTextTransform
from django.http import QueryDict
from django.utils import timezone

from projects.models import Project
from projects.values import in_calendar
from sessions.cohorts.making import BadFilter, CohortError, choosing, matching, params_of
from sessions.cohorts.reading import frequent
from sessions.cohorts.sampling import affordable
from sessions.models import Cohort, Session
from sessions.models.properties import PropertyKind, properties_of
from sessions.query.grammar import FieldComparison, Operator
from sessions.query.rewrite import parts_of, written
from tracing.models import Trace

MAX_GROUPS = 4
LETTERS = "ABCD"
EVERYTHING = "all"  # instead of a cohort's id: every session of the project
METADATA_PREFIX = "metadata."  # before the key, where sessions are split by what traces say under it
MICROSECOND = timedelta(microseconds=1)


class BadComparison(CohortError):
    """The address asks for groups that cannot be made; the message says why."""


@dataclass(frozen=True, kw_only=True)
class Group:
    """One side of the comparison; `params` are the parameters of the list that shows it."""

    letter: str
    label: str
    colour: str
    params: QueryDict
    sessions: QuerySet[Session]
    cohort: Cohort | None = None

    @property
    def query_string(self) -> str:
        return "?" + self.params.urlencode()


@dataclass(frozen=True)
class ComparisonQuery:
    """The parsed address: cohorts or one filter, in two or more periods, or split by a property."""

    cohorts: list[str] = field(default_factory=list)
    filter: str | None = None
    periods: list[tuple[date, date]] = field(default_factory=list)
    by: str = ""
    values: list[str] = field(default_factory=list)

    @classmethod
    def read(cls, params: QueryDict) -> "ComparisonQuery":
        """Parse the parameters of an address. Raises BadComparison."""
        chosen = [value for value in params.getlist("cohort") if value]
        dates = zip(params.getlist("from"), params.getlist("to"), strict=False)
        periods = [(_date(start), _date(end)) for start, end in dates if start and end]
        values = [value for value in params.getlist("value") if value]
        return cls(list(dict.fromkeys(chosen)), params.get("filter"), periods, params.get("by", ""), values)

    @property
    def is_empty(self) -> bool:
        """Return whether the address names nothing to compare."""
        return not self.cohorts and self.filter is None

    @property
    def named_periods(self) -> list[tuple[str, date | None, date | None]]:
        """Name, first and last day of the two periods that the form offers."""
        days = [*self.periods, (None, None), (None, None)]
        return [(name, first, last) for name, (first, last) in zip("AB", days, strict=False)]


def splitting() -> dict[str, str]:
    """Return the properties by which sessions can be split: name and label."""
    return {p.name: p.label for p in properties_of(Session).values() if p.kind == PropertyKind.SET}


def make_groups(project: Project, asked: ComparisonQuery) -> list[Group]:
    """Make the groups. Raises CohortError if that is not possible."""
    sources = _sources(project, asked)
    if asked.by and asked.periods:
        raise BadComparison("Compare either periods or the values of a property, not both at once.")
    if asked.by or asked.periods:
        if len(sources) != 1:
            raise BadComparison("Choose one cohort to split it, or to compare its periods.")
        _, params, cohort = sources[0]
        parts = _periods(params, asked.periods) if asked.periods else _values(project, asked, params)
        sources = [(name, part, cohort) for name, part in parts]
    if len(sources) > MAX_GROUPS:
        raise BadComparison(f"At most {MAX_GROUPS} groups can be compared at once.")
    colours = _colours([cohort for _, _, cohort in sources])
    return [_group(project, place, colours[place], *source) for place, source in enumerate(sources)]


def narrowed(params: QueryDict, **conditions: Any) -> QueryDict:
    """Return the parameters of a list with more conditions, all of which hold.

    Of two bounds the narrower one stays. A condition that is a list is a set's `any of`; if the list already has
    others for the same set, it goes into the query box."""
    kept = params.copy()
    for name, value in conditions.items():
        old = [text for text in kept.getlist(name) if text]
        if isinstance(value, list):
            if old and not set(value) <= set(old):
                kept = asking(kept, FieldComparison(name, Operator.HAS, tuple(value)))
            else:
                kept.setlist(name, value)
        elif not old or _is_narrower(name, str(value), old[0]):
            kept[name] = str(value)
    return kept


def asking(params: QueryDict, *more: FieldComparison) -> QueryDict:
    """Return the parameters of a list with more conditions in its query box."""
    kept = params.copy()
    kept["q"] = written([*parts_of(kept.get("q", "")), *more])
    return kept


def _is_narrower(name: str, new: str, old: str) -> bool:
    try:
        pair = _number_or_time(new), _number_or_time(old)
    except ValueError:
        return True
    return pair[0] > pair[1] if name.endswith("__gte") else pair[0] < pair[1]


def _number_or_time(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        moment = datetime.fromisoformat(text)
        return (moment if moment.tzinfo else timezone.make_aware(moment)).timestamp()


Source = tuple[str, QueryDict, Cohort | None]


def _sources(project: Project, asked: ComparisonQuery) -> list[Source]:
    if asked.filter is not None:
        return [("These sessions", choosing(asked.filter), None)]
    if len(asked.cohorts) > MAX_GROUPS:
        raise BadComparison(f"At most {MAX_GROUPS} cohorts can be compared at once.")
    named = {str(c.id): c for c in Cohort.objects.for_project(project).filter(id__in=_ids(asked.cohorts))}
    sources: list[Source] = []
    for chosen in asked.cohorts:
        if chosen == EVERYTHING:
            sources.append(("All sessions", QueryDict(), None))
        elif cohort := named.get(chosen):
            sources.append((cohort.name, params_of(cohort), cohort))
        else:
            raise BadComparison("A cohort in this address no longer exists.")
    return sources


def _ids(texts: Iterable[str]) -> list[UUID]:
    found = []
    for text in texts:
        try:
            found.append(UUID(text))
        except ValueError:
            continue
    return found


Part = tuple[str, QueryDict]


def _periods(params: QueryDict, periods: Sequence[tuple[date, date]]) -> list[Part]:
    """Return a part for each period of days, the last day included, in the project's time zone."""
    parts: list[Part] = []
    for start, end in periods:
        if end < start:
            raise BadComparison("A period ends before it starts.")
        first = timezone.make_aware(datetime.combine(start, time()))
        last = timezone.make_aware(datetime.combine(end + timedelta(days=1), time())) - MICROSECOND
        label = f"{start:%-d %b %Y}" if start == end else f"{start:%-d %b %Y} – {end:%-d %b %Y}"
        bounds = {"created_at__gte": first.isoformat(), "created_at__lte": last.isoformat()}
        parts.append((label, narrowed(params, **bounds)))
    return parts


def _values(project: Project, asked: ComparisonQuery, params: QueryDict) -> list[Part]:
    """Return a part for each named value, or for the most frequent ones."""
    _, [sessions] = affordable(project, [matching(project, params)])
    if asked.by.startswith(METADATA_PREFIX):
        key = asked.by.removeprefix(METADATA_PREFIX)
        values = asked.values or said_under(project, sessions, key)
        parts = [(v, asking(params, FieldComparison("metadata", Operator.IS, (v,), key))) for v in values]
    elif asked.by in splitting():
        values = asked.values or frequent(sessions, properties_of(Session)[asked.by], MAX_GROUPS)
        parts = [(value, narrowed(params, **{asked.by: [value]})) for value in values]
    else:
        raise BadComparison("Sessions cannot be split by this property.")
    if not parts:
        raise BadComparison("None of these sessions has a value of " + splitting().get(asked.by, asked.by) + ".")
    return parts


def said_under(project: Project, sessions: QuerySet[Session], key: str) -> list[str]:
    """Find the most frequent values under a key of the metadata of these sessions' traces."""
    traces = Trace.objects.for_project(project).filter(session_id__in=sessions.order_by().values("session_id"))
    each = traces.annotate(said=KeyTextTransform(key, "metadata")).exclude(said=None).values("said")
    ranked = each.annotate(times=Count("session_id", distinct=True)).order_by("-times", "said")[:MAX_GROUPS]
    return [row["said"] for row in ranked]


def _colours(cohorts: Sequence[Cohort | None]) -> list[str]:
    """Return the cohorts' own colours if they differ, otherwise the first colours of the set."""
    own = [cohort.colour for cohort in cohorts if cohort]
    return own if len({*own}) == len(cohorts) else list(Cohort.Colour.values)


def _group(project: Project, place: int, colour: str, label: str, params: QueryDict, cohort: Cohort | None) -> Group:
    try:
        sessions = matching(project, params)
    except BadFilter as error:
        raise BadComparison(f"{label}: {error}") from error
    return Group(letter=LETTERS[place], label=label, colour=colour, params=params, sessions=sessions, cohort=cohort)


def _date(text: str) -> date:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        day = date.min
    if not in_calendar(day):
        raise BadComparison(f"“{text[:40]}” is not a date. Write it as 2026-11-21.")
    return day
