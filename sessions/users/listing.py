"""End users: what each of them did, added up from the newest sessions that the query lets through.

A table of users would have to follow every trace. Sessions know their users already, so they are grouped when somebody
looks, at most MAX_GROUPED_SESSIONS: the page says from when on."""

from collections import defaultdict
from datetime import date, datetime, timedelta
from functools import cached_property
from typing import Any, NamedTuple

from django.http import QueryDict
from django.utils import timezone

from projects.models import Project
from projects.range_picker import RangePicker, range_picker
from projects.values import whole_number
from sessions.listing.saved_views import PARAMETERS_NOT_SAVED
from sessions.listing.score_order import score_names
from sessions.models import Session
from sessions.rollup.score_types import keep_yes_or_no
from sessions.translation.identify import language_of
from sessions.translation.languages import name_of
from sessions.users.asked import SessionsOfUsers
from sessions.users.queries import (
    MAX_GROUPED_SESSIONS,
    USER_COLUMNS,
    USER_SUMS_BY_NAME,
    EndUser,
    UserColumn,
    UserOrder,
    count_days,
    has_more_than_grouped,
    read_openings,
    sum_up,
)
from tracing.lists.bounded import SUMMING_SETTINGS, TooLong, within
from tracing.lists.table import SortableHead, changed_query, sortable_head

USERS_PER_PAGE = 50
USERS_TIMEOUT_MS = 3_000  # ms for a statement of the list
FURTHEST = MAX_GROUPED_SESSIONS  # rows that can be skipped
USER_LIST_PARAMETERS = ("by", "score")
SPARK_DAYS = 30
MAX_OPENED_SESSIONS = 500  # the newest of the users shown, in which their languages are looked for


class UserDay(NamedTuple):
    """The sessions of a user that began on one day."""

    day: date
    sessions: int
    failed: int


class Users:
    """One answer to `params`: `by` is the order, `score` a column; everything else chooses sessions and ids."""

    def __init__(self, project: Project, params: QueryDict) -> None:
        listed = params.copy()
        for name in (*PARAMETERS_NOT_SAVED, "sort", "after"):
            listed.pop(name, None)
        self.project, self.params = project, params
        self.listing = SessionsOfUsers(project, listed, foreign=USER_LIST_PARAMETERS)
        self.errors = self.listing.errors
        by = params.get("by", "")
        self.by = by if by.removeprefix("-") in USER_SUMS_BY_NAME else "-last_seen"
        self.is_too_long = self.is_partial = False  # is_partial: older sessions are left out
        self.start = min(whole_number(params.get("after", "")) or 0, FURTHEST)

    @property
    def rows(self) -> list[EndUser]:
        return self._read[0]

    @property
    def days(self) -> dict[str, list[UserDay]]:
        """Return the last SPARK_DAYS days of each user shown."""
        return self._read[1]

    @property
    def languages(self) -> dict[str, list[str]]:
        """Return the languages of each user shown, as names, in which the newest sessions begin."""
        return self._read[2]

    @cached_property
    def _read(self) -> tuple[list[EndUser], dict[str, list[UserDay]], dict[str, list[str]]]:
        """Read the users, their days and their languages. Four queries."""
        if self.errors:
            return [], {}, {}
        sessions, asked = self.listing.matching, self.listing
        order = UserOrder(
            column=self.by.removeprefix("-"),
            is_falling=self.by.startswith("-"),
            skipped=self.start,
            limit=USERS_PER_PAGE + 1,
        )
        try:
            with within(USERS_TIMEOUT_MS, **SUMMING_SETTINGS):
                self.is_partial = has_more_than_grouped(sessions)
                rows = sum_up(self.project, sessions, order, parts=asked.parts, lacked=asked.lacked, score=self.score)
                names = [user.user_id for user in rows[:USERS_PER_PAGE]]
                return (rows, self._days(names), self._languages(names)) if names else (rows, {}, {})
        except TooLong:
            self.is_too_long = True
            return [], {}, {}

    @property
    def shown(self) -> list[EndUser]:
        return self.rows[:USERS_PER_PAGE]

    @cached_property
    def scores(self) -> list[str]:
        """Return the names of the scores that have a mean."""
        return [found.name for found in score_names(self.project.pk) if found.has_mean]

    @property
    def score(self) -> str:
        """Return the score that is shown, or "" if there is none."""
        chosen = self.params.get("score", "")
        return chosen if chosen in self.scores else next(iter(self.scores), "")

    @cached_property
    def is_share(self) -> bool:
        """Return whether the score that is shown is answered with yes or no."""
        return bool(self.score and keep_yes_or_no(self.project.pk, [self.score]))

    @property
    def score_choices(self) -> list[tuple[str, str, bool]]:
        """Return the scores that can be shown: the name, the query, and whether it is shown."""
        return [(name, self.query(score=name), name == self.score) for name in self.scores]

    def _days(self, names: list[str]) -> dict[str, list[UserDay]]:
        today = timezone.localdate()
        first = today - timedelta(days=SPARK_DAYS - 1)
        since = timezone.make_aware(datetime.combine(first, datetime.min.time()))
        counted = {(one.user_id, one.day): one for one in count_days(self.listing.matching, names, since)}
        days = [first + timedelta(days=number) for number in range(SPARK_DAYS)]
        return {name: [UserDay(day, *counted.get((name, day), (0, 0, 0, 0))[2:]) for day in days] for name in names}

    def _languages(self, names: list[str]) -> dict[str, list[str]]:
        found = defaultdict[str, list[str]](list)
        for user_id, text in read_openings(self.listing.matching, names, MAX_OPENED_SESSIONS):
            code = language_of(text)
            if code and name_of(code) not in found[user_id]:
                found[user_id].append(name_of(code))
        return found

    @cached_property
    def exact(self) -> str:
        """Return the id that was asked for, if it is a user's whose sessions are all older than those read."""
        if self.shown or self.errors or len(self.listing.parts) != 1:
            return ""
        [asked] = self.listing.parts
        sessions = Session.objects.for_project(self.project).filter(user_ids__contains=[asked])
        return asked if sessions.exists() else ""

    @property
    def picker(self) -> RangePicker:
        """The menu of times."""
        return range_picker(self.params)

    @property
    def count(self) -> int:
        return self.rows[0].found if self.rows else 0

    @property
    def next(self) -> str | None:
        return self.query(after=self.start + USERS_PER_PAGE) if len(self.rows) > USERS_PER_PAGE else None

    @property
    def previous(self) -> str | None:
        return self.query(after=max(0, self.start - USERS_PER_PAGE) or None) if self.start else None

    @property
    def heads(self) -> list[SortableHead[UserColumn]]:
        """The heads of the columns behind the user's id."""
        columns = [column for column in USER_COLUMNS if self.score or column.name != "score"]
        return [sortable_head(column, sort=self.by, link=lambda by: self.query(by=by)) for column in columns]

    def query(self, **changes: Any) -> str:
        """Return the query of this list with changes, from its first page on; None removes a parameter."""
        return changed_query(self.params, changes, position="after")
