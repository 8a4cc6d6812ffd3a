"""Sessions in the order of a score's mean: `sort=-score.helpfulness`.

First those that have such a mean, by it, then those that have none, by their id; ties by id, all in one direction. Both
parts are walked by position, and a page that ends the first goes on with the second, so that none misses a row."""

from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, NamedTuple

from django.db import connection
from django.db.models import Exists, OuterRef, Q, QuerySet

from sessions.models import Session, SessionScore
from tracing.lists.keyset import BadCursor, KeysetPage, Order, Position

PREFIX = "score."
MAX_SCORE_NAMES = 100  # names that are offered
STEP = 20_000  # sessions that a page looks at for those without a mean

# From name to name along the index, so that a million scores of ten names cost ten steps.
SCORE_NAMES_SQL = """
WITH RECURSIVE step AS (
    (SELECT name FROM session_score WHERE project_id = %(project)s ORDER BY name LIMIT 1)
    UNION ALL
    SELECT (SELECT n.name FROM session_score n WHERE n.project_id = %(project)s AND n.name > step.name
        ORDER BY n.name LIMIT 1) FROM step WHERE step.name IS NOT NULL)
SELECT step.name, (SELECT n.mean FROM session_score n WHERE n.project_id = %(project)s AND n.name = step.name
    AND n.mean IS NOT NULL ORDER BY n.mean DESC LIMIT 1) IS NOT NULL
FROM step WHERE step.name IS NOT NULL LIMIT %(most)s
"""


class ScoreName(NamedTuple):
    """`has_mean` when numbers, or yes and no, were given under it; there is no order by anything else."""

    name: str
    has_mean: bool


def score_names(project_id: int, most: int = MAX_SCORE_NAMES) -> list[ScoreName]:
    """Return the first names of scores in alphabetical order. One query."""
    with connection.cursor() as cursor:
        cursor.execute(SCORE_NAMES_SQL, {"project": project_id, "most": most})
        return [ScoreName(*row) for row in cursor.fetchall()]


def score_of_sort(sort: str) -> str:
    """Return the name of the score by which an order sorts, or "" if it sorts by something else."""
    bare = sort.removeprefix("-")
    return bare.removeprefix(PREFIX) if bare.startswith(PREFIX) else ""


def find_reason_against(project_id: int, name: str) -> str:
    """Find out why sessions cannot be sorted by this score, and by which they can; "" if they can."""
    # By the index: for any one of many, the planner would look through the table.
    if "\x00" not in name and _means(project_id, name).order_by("-mean", "-session_id").first():
        return ""
    offered = [PREFIX + found.name for found in score_names(project_id) if found.has_mean]
    way_out = f"Those that do are {', '.join(offered)}." if offered else "No other score of this project does, either."
    return f"No score “{name}” gave any session a mean to sort by. {way_out}"


def _means(project_id: int, name: str) -> QuerySet[SessionScore]:
    found: QuerySet[SessionScore] = SessionScore.objects.for_project(project_id)
    return found.filter(name=name, mean__isnull=False)


@dataclass(frozen=True)
class ScoreOrder:
    """The order by the mean of a score, with the pages and cursors of `tracing.lists.keyset.Order`."""

    project_id: int
    name: str  # of the order, a minus before it for the highest first
    bounds: Q = field(default_factory=Q)  # of the mean, that the rows keep anyway: nobody has to walk up to them

    def page(self, rows: QuerySet[Session], *, cursor: str = "", limit: int) -> KeysetPage[Session]:
        """Read at most `limit` rows from the cursor on, or the first ones. Raise BadCursor."""
        means = self.means.filter(self.bounds, session_id__in=rows.order_by().values("session_id"))
        if self.bounds:
            rows = rows.none()  # of those without a mean
        if not cursor or self._is_scored(cursor):
            return self._from_scored(means, rows, cursor, limit)
        return self._from_others(means, rows, cursor, limit)

    def position(self, cursor: str) -> Position:
        """Parse a cursor. Raise BadCursor for one that was not made in this order."""
        return (self._scored if self._is_scored(cursor) else self._others).position(cursor)

    def cursor(self, row: Session, *, is_forward: bool) -> str:
        """Return the cursor of the page after `row`, or before it."""
        mean = self.means.filter(session_id=row.session_id).first()
        return self._others.cursor(row, is_forward=is_forward) if mean is None else self._edge(mean, is_forward)

    @property
    def means(self) -> QuerySet[SessionScore]:
        return _means(self.project_id, score_of_sort(self.name))

    @cached_property
    def _scored(self) -> Order:
        column: Any = SessionScore._meta.get_field("mean")
        return Order(self.name, "mean", "session_id", column, is_descending=self.name.startswith("-"))

    @cached_property
    def _others(self) -> Order:
        column: Any = Session._meta.get_field("session_id")
        name = f"without {self.name}"
        return Order(name, "session_id", "session_id", column, is_descending=self._scored.is_descending)

    def _is_scored(self, cursor: str) -> bool:
        """Tell whether a cursor is among the scored sessions. Raise BadCursor if it is of neither part."""
        try:
            self._others.position(cursor)
        except BadCursor:
            self._scored.position(cursor)
            return True
        return False

    def _from_scored(
        self, means: QuerySet[SessionScore], rows: QuerySet[Session], cursor: str, limit: int
    ) -> KeysetPage[Session]:
        head = self._scored.page(means, cursor=cursor, limit=limit)
        shown = self._sessions(head.rows)
        if head.next or (cursor and not self._scored.position(cursor).is_forward):
            return KeysetPage(shown, head.next, head.previous)
        left = limit - len(head.rows)
        tail = self._without(rows, "", max(left, 1))
        if not left:
            return KeysetPage(shown, self._edge(head.rows[-1], True) if tail.rows or tail.next else None, head.previous)
        previous = head.previous
        if not head.rows and cursor and tail.rows:
            previous = self._others.cursor(tail.rows[0], is_forward=False)
        return KeysetPage([*shown, *tail.rows], tail.next, previous)

    def _from_others(
        self, means: QuerySet[SessionScore], rows: QuerySet[Session], cursor: str, limit: int
    ) -> KeysetPage[Session]:
        tail = self._without(rows, cursor, limit)
        if tail.previous or self._others.position(cursor).is_forward:
            return tail
        left = limit - len(tail.rows)
        backwards = replace(self._scored, is_descending=not self._scored.is_descending)
        nearest = backwards.page(means, limit=max(left, 1))
        if not left:
            previous = self._others.cursor(tail.rows[0], is_forward=False) if nearest.rows else None
            return KeysetPage(tail.rows, tail.next, previous)
        head = nearest.rows[::-1]
        following = tail.next or (self._edge(head[-1], True) if head else None)
        previous = self._edge(head[0], False) if nearest.next else None
        return KeysetPage([*self._sessions(head), *tail.rows], following, previous)

    def _without(self, rows: QuerySet[Session], cursor: str, limit: int) -> KeysetPage[Session]:
        """Read a page of the sessions without a mean.

        If almost all have one, the page ends early, perhaps without a row, at the place up to which it has looked."""
        position = self._others.position(cursor) if cursor else None
        is_forward = position is None or position.is_forward
        is_falling = self._others.is_descending == is_forward
        ahead = rows.filter(**{f"session_id__{'lt' if is_falling else 'gt'}": position.key}) if position else rows
        ids = ahead.order_by("-session_id" if is_falling else "session_id").values_list("session_id", flat=True)
        others = rows.filter(~Exists(self.means.filter(session_id=OuterRef("session_id"))))
        if (last := next(iter(ids[STEP - 1 : STEP]), None)) is None:
            return self._others.page(others, cursor=cursor, limit=limit)
        others = others.filter(**{f"session_id__{'gte' if is_falling else 'lte'}": last})
        page = self._others.page(others, cursor=cursor, limit=limit)
        beyond = self._others.cursor(Session(session_id=last), is_forward=is_forward)
        if is_forward:
            return replace(page, next=page.next or beyond)
        return replace(page, previous=page.previous or beyond)

    def _edge(self, mean: SessionScore, is_forward: bool) -> str:
        return self._scored.cursor(mean, is_forward=is_forward)

    def _sessions(self, means: list[SessionScore]) -> list[Session]:
        """Load sessions in the order of their means, without those that were deleted at this moment."""
        ids = [mean.session_id for mean in means]
        found = Session.objects.for_project(self.project_id).filter(session_id__in=ids) if ids else ()
        by_id = {session.session_id: session for session in found}
        return [by_id[session_id] for session_id in ids if session_id in by_id]
