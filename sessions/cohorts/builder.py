"""What stands above a comparison: who is compared, whom else one could choose, and where one could start."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from functools import cached_property
from zoneinfo import ZoneInfo

from django.utils import timezone

from projects.date_range import RANGES
from projects.models import Project
from projects.range_picker import RangePicker, days_picker
from sessions.cohorts.asked import EVERYTHING, ComparisonQuery, WrittenPeriod
from sessions.cohorts.groups import MAX_GROUPS, Group, base_of, day_range, splitting
from sessions.cohorts.pickers import Choice, Picker
from sessions.cohorts.reading import frequent
from sessions.cohorts.sampling import affordable
from sessions.models import Cohort, Session
from sessions.models.properties import properties_of
from tracing.lists.bounded import TooLong

WEEK = timedelta(days=7)
MAX_OFFERED_VALUES = 10
MAX_OFFERED_COHORTS = 50
STARTS = ("model_names", "environments", "releases", "tags")
FALLBACKS = ("environments", "model_names", "releases")  # where there was no session last week


@dataclass(frozen=True)
class Builder:
    """The menus of a comparison."""

    project: Project
    asked: ComparisonQuery
    groups: Sequence[Group]
    sizes: Sequence[str]
    cohorts: Sequence[Cohort]
    wrong: WrittenPeriod | None = None  # a period that cannot be read: the menu that adds a group has it

    @property
    def pickers(self) -> list[Picker]:
        """Return the menu of each group."""
        return [self._picker(group.place, group) for group in self.groups]

    @property
    def added(self) -> Picker | None:
        """Return the menu that adds a group, or None if there are as many as can be compared."""
        has_room = 0 < len(self.groups) < MAX_GROUPS
        return self._picker(len(self.groups), None) if has_room or self.wrong else None

    @property
    def swapped(self) -> str:
        """Return the comparison with the first two groups the other way round."""
        if len(self.groups) < 2:
            return ""
        return self._with([self._entries[1], self._entries[0], *self._entries[2:]])

    @property
    def starts(self) -> list[Choice]:
        """Return comparisons to start from."""
        weeks = _weeks(self.project)
        plain = ComparisonQuery(cohorts=[EVERYTHING], only=self.asked.only)
        found = [Choice("This week and last", plain.query(periods=weeks), "", self.asked.periods == weeks)]
        declared = properties_of(Session)
        found += [
            Choice(f"By {_noun(name)}", plain.query(by=name, within=self.asked.within), "", self.asked.by == name)
            for name in STARTS
            if name in declared
        ]
        return found

    @property
    def times(self) -> list[Choice]:
        """Return the times within which the groups can be compared; periods have their own."""
        if self.asked.periods:
            return []
        offered = {"": "All time", **{name: words for name, (words, _) in RANGES.items()}}
        return [
            Choice(words, self.asked.query(within=name), "", self.asked.within == name)
            for name, words in offered.items()
        ]

    @property
    def time(self) -> str:
        return RANGES[self.asked.within][0] if self.asked.within else "All time"

    @property
    def _entries(self) -> list[str]:
        """What stands for each group: a value, the first and last day of a period, or a cohort."""
        if self.asked.by:
            return [group.label for group in self.groups]
        if self.asked.periods:
            return [f"{first} {last}" for first, last in self.asked.periods]
        return [group.entry for group in self.groups]

    def _with(self, entries: Sequence[str]) -> str:
        if self.asked.by:
            return self.asked.query(values=list(entries))
        if self.asked.periods:
            days = [entry.split() for entry in entries]
            return self.asked.query(periods=[(date.fromisoformat(a), date.fromisoformat(b)) for a, b in days])
        return self.asked.of_groups(entries)

    def _picker(self, place: int, group: Group | None) -> Picker:
        whole = [one.entry for one in self.groups]
        here = self.wrong.place if self.wrong and not group else place  # among the periods
        note = ""
        if group:
            note = " · ".join(part for part in (group.kind, self.sizes[place]) if part)
        return Picker(
            place=place,
            label=group.label if group else "",
            note=note,
            sections=[section for section in self._sections(place, whole) if section[1]],
            others=whole[:place],
            following=whole[place + 1 :],
            days=self._days(place) if self.asked.periods or self.wrong else None,
            days_before=self.asked.periods[:here],
            days_after=self.asked.periods[here + 1 if group else here :],
            without=self._with(_replaced(self._entries, place)) if group and len(self.groups) > 2 else "",
        )

    def _days(self, place: int) -> RangePicker:
        if place < len(self.asked.periods):
            return days_picker(*self.asked.periods[place], self.project.time_zone)
        written = (self.wrong.start, self.wrong.end, self.wrong.faults) if self.wrong else ("", "", {})
        return days_picker(None, None, self.project.time_zone, written)

    def _sections(self, place: int, whole: Sequence[str]) -> Iterator[tuple[str, list[Choice]]]:
        entries, current = self._entries, self._entries[place] if place < len(self._entries) else ""
        if self.asked.by:
            title = splitting().get(self.asked.by, self.asked.by)
            values = self._offered
            yield (
                title,
                [
                    Choice(v, self._with(_replaced(entries, place, v)), "", v == current)
                    for v in values
                    if v == current or v not in entries
                ],
            )
        if self.asked.periods:
            yield (
                "Periods",
                [
                    Choice(label, self._with(_replaced(entries, place, f"{first} {last}")), day_range(first, last))
                    for label, first, last in _periods(self.project)
                ],
            )
        saved = [Choice("All sessions", self._of_groups(whole, place, EVERYTHING))]
        saved += [
            Choice(
                one.name, self._of_groups(whole, place, str(one.id)), f"{one.session_count:,}", str(one.id) == current
            )
            for one in self.cohorts
            if str(one.id) == current or str(one.id) not in entries
        ]
        yield "Saved cohorts", saved

    def _of_groups(self, whole: Sequence[str], place: int, entry: str) -> str:
        return self.asked.of_groups(_replaced(whole, place, entry))

    @cached_property
    def _offered(self) -> list[str]:
        """Return the most frequent values of the property by which sessions are split."""
        declared = properties_of(Session).get(self.asked.by)
        if declared is None or self.asked.by not in splitting():
            return self._entries
        _, [sessions] = affordable(self.project, [base_of(self.project, self.asked)])
        try:
            values = frequent(sessions, declared, MAX_OFFERED_VALUES)
        except TooLong:
            return self._entries
        return list(dict.fromkeys([*values, *self._entries]))


def starting(project: Project) -> ComparisonQuery | None:
    """Return the comparison that the page begins with: this week and last, or two values, or None."""
    weeks, sessions = _weeks(project), Session.objects.for_project(project)
    asked = ComparisonQuery(cohorts=[EVERYTHING])
    starts = [datetime.combine(first, time(), ZoneInfo(project.time_zone)) for first, _ in weeks]
    if all(sessions.filter(created_at__gte=at, created_at__lt=at + WEEK).exists() for at in starts):
        return replace(asked, periods=weeks)
    for name in FALLBACKS:
        _, [read] = affordable(project, [sessions])
        values = frequent(read, properties_of(Session)[name], 2)
        if len(values) == 2:
            return replace(asked, by=name, values=values)
    return None


def _noun(name: str) -> str:
    return {"env": "environment"}.get(short := properties_of(Session)[name].short_name, short)


def _replaced(entries: Sequence[str], place: int, entry: str = "") -> list[str]:
    """Return the entries with another one at a place, or with none there."""
    return [*entries[:place], *([entry] if entry else []), *entries[place + 1 :]]


def _today(project: Project) -> date:
    return timezone.localdate(timezone=ZoneInfo(project.time_zone))


def _weeks(project: Project) -> list[tuple[date, date]]:
    """Return the seven days before the last seven, and the last seven, today included."""
    today = _today(project)
    return [(today - 2 * WEEK + timedelta(days=1), today - WEEK), (today - WEEK + timedelta(days=1), today)]


def _periods(project: Project) -> list[tuple[str, date, date]]:
    (before, until), (since, today) = _weeks(project)
    month = today.replace(day=1)
    last_month = month - timedelta(days=1)
    days = timedelta(days=29)
    return [
        ("Last 7 days", since, today),
        ("7 days before", before, until),
        ("Last 30 days", today - days, today),
        ("30 days before", today - 2 * days - timedelta(days=1), today - days - timedelta(days=1)),
        ("This month", month, today),
        ("Last month", last_month.replace(day=1), last_month),
    ]
