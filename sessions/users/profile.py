"""One end user: what their sessions come to. Sums are made when somebody looks, of their newest sessions.

There is no table of users: the index of sets finds the sessions of one."""

from collections import Counter, defaultdict
from collections.abc import Iterable
from datetime import date, datetime, timedelta
from functools import cached_property

from django.http import QueryDict
from django.utils import timezone
from django.utils.http import urlencode

from projects.date_range import ALL, BadRange
from projects.models import Project
from projects.range_picker import RangePicker, range_picker
from sessions.charts.plots import Plot
from sessions.dashboard.stats import StatTile
from sessions.models import Session
from sessions.query.grammar import FieldComparison, Not, Operator
from sessions.query.period import TIMES, Period, period_of
from sessions.query.writing import write
from sessions.translation.identify import language_of
from sessions.translation.languages import name_of
from sessions.users.figures import chart_of, tiles_of
from sessions.users.sums import ProfileBar, ProfileSums

MAX_PROFILE_SESSIONS = 5_000  # the newest of a user; adding them up takes about 50 ms
MAX_IDENTIFIED_SESSIONS = 50  # whose language is identified
MAX_BARS = 62  # of the chart
MAX_TOP_VALUES = 8
PROFILE_RANGES = ("7d", "30d", "90d", "month", "last-month", ALL)
INSTANT = timedelta(microseconds=1)
DEFAULT_PROFILE_RANGE = "30d"
PROFILE_FIELDS = (
    "session_id", "created_at", "updated_at", "duration_ms", "total_cost", "total_tokens", "turn_count", "trace_count",
    "error_count", "unpriced_count", "unmeasured_count", "environments", "tags", "model_names", "first_input",
)  # fmt: skip


class UserProfile:
    """The page of a user, for the time in its parameters."""

    def __init__(self, project: Project, user_id: str, params: QueryDict) -> None:
        self.project, self.user_id, self.params = project, user_id, params
        given = {name: value for name in TIMES if (value := params.get(name))}
        if not given.keys() & {"range", "from", "to"}:
            given["range"] = DEFAULT_PROFILE_RANGE
        try:
            self.span, self.given = period_of({**dict.fromkeys(TIMES, ""), **given}), given
        except BadRange:  # the menu says what is wrong
            self.span, self.given = Period(), {}

    @property
    def picker(self) -> RangePicker:
        """The menu of times."""
        return range_picker(self.params, default=DEFAULT_PROFILE_RANGE, presets=PROFILE_RANGES)

    @cached_property
    def newest(self) -> ProfileSums:
        """Return the newest sessions of the user."""
        return ProfileSums(self._read[:MAX_PROFILE_SESSIONS])

    @cached_property
    def _read(self) -> list[Session]:
        found = Session.objects.for_project(self.project).filter(user_ids__contains=[self.user_id])
        rows = found.order_by("-updated_at", "-session_id").only(*PROFILE_FIELDS)[: MAX_PROFILE_SESSIONS + 1]
        return list(rows)

    @property
    def is_cut(self) -> bool:
        """Return whether the user has more sessions than are read."""
        return len(self._read) > MAX_PROFILE_SESSIONS

    @property
    def first_seen(self) -> datetime:
        first: datetime = min(one.created_at for one in self.newest.sessions)
        return first

    @property
    def last_seen(self) -> datetime:
        last: datetime = max(one.updated_at for one in self.newest.sessions)
        return last

    @cached_property
    def sums(self) -> ProfileSums:
        """Return the sessions that were going on in the time."""
        return self._within(self._start, self._end)

    @cached_property
    def before(self) -> ProfileSums | None:
        """Return those of the same time before, or None where there is none."""
        if self._start is None or self.is_cut:
            return None
        end = self._end or timezone.now()
        return self._within(self._start - (end - self._start), self._start)

    @cached_property
    def bars(self) -> list[ProfileBar]:
        """Return the sessions of the time by the days on which they began."""
        if not self.sums.sessions:
            return []
        days = defaultdict[date, list[Session]](list)
        for one in self.sums.sessions:
            days[timezone.localdate(one.created_at)].append(one)
        last, first = max(days), min(days)
        if self._start:
            last = max(last, timezone.localdate(self._end and self._end - INSTANT))
            first = min(first, timezone.localdate(self._start))
        step = timedelta(days=-(-((last - first).days + 1) // MAX_BARS))
        bars = []
        while first <= last:
            until = first + step
            within = [one for day, sessions in days.items() if first <= day < until for one in sessions]
            bars.append(ProfileBar(first, until - timedelta(days=1), ProfileSums(within), self._started(first, until)))
            first = until
        return bars

    @cached_property
    def chart(self) -> Plot | None:
        """Return the chart of the sessions by day, or None without any."""
        return chart_of(self.bars)

    @property
    def tiles(self) -> list[StatTile]:
        """Return the figures of the time, each with its change against the time before and its course."""
        return tiles_of(self.sums, self.before, self.bars, self.query(), self.failed_query)

    @cached_property
    def languages(self) -> list[tuple[str, str, int]]:
        """Return code, name and number of sessions of the languages in which the newest sessions begin."""
        texts = [one.first_input for one in self.newest.sessions[:MAX_IDENTIFIED_SESSIONS]]
        found = Counter(code for text in texts if (code := language_of(text)))
        return [(code, name_of(code), times) for code, times in found.most_common(MAX_TOP_VALUES)]

    @property
    def environments(self) -> list[tuple[str, int]]:
        return _top(one.environments for one in self.newest.sessions)

    @property
    def models(self) -> list[tuple[str, int]]:
        return _top(one.model_names for one in self.newest.sessions)

    @property
    def tags(self) -> list[tuple[str, int]]:
        return _top(one.tags for one in self.newest.sessions)

    def query(self, **more: str) -> str:
        """Return the query of the list with the user's sessions of the time."""
        return "?" + urlencode({"user_ids": self.user_id, **self.given, **more})

    @property
    def failed_query(self) -> str:
        return self.query(error_count__gte="1")

    @property
    def whole_query(self) -> str:
        """Return the query of the list with all sessions of the user."""
        return "?" + urlencode({"user_ids": self.user_id})

    @property
    def comparison(self) -> str:
        """Return the query that compares the sessions of others with the user's."""
        others = write(Not(FieldComparison("user", Operator.HAS, (self.user_id,))))
        return "?" + urlencode({"cohort": ["?" + urlencode({"q": others}), self.whole_query]}, doseq=True)

    @property
    def _start(self) -> datetime | None:
        return self.span.start.start if self.span.start else None

    @property
    def _end(self) -> datetime | None:
        return self.span.until

    def _within(self, start: datetime | None, end: datetime | None) -> ProfileSums:
        return ProfileSums(
            [
                one
                for one in self.newest.sessions
                if (start is None or one.updated_at >= start) and (end is None or one.created_at < end)
            ]
        )

    def _started(self, first: date, until: date) -> str:
        start, end = (datetime.combine(day, datetime.min.time()) for day in (first, until))
        zone = timezone.get_current_timezone()
        bounds = (start.replace(tzinfo=zone), end.replace(tzinfo=zone) - INSTANT)
        low, high = (bound.isoformat() for bound in bounds)
        return self.query(created_at__gte=low, created_at__lte=high)


def _top(sets: Iterable[Iterable[str]]) -> list[tuple[str, int]]:
    return Counter(value for one in sets for value in one).most_common(MAX_TOP_VALUES)
