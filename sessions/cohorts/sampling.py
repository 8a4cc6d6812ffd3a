"""Selects which sessions of a large project are read: all while that is quick, otherwise a fixed sample.

The sample is selected by a hash of the session's id, which is independent of everything else about a session, and
has an index."""

from collections.abc import Sequence

from django.db.models import BooleanField, QuerySet
from django.db.models.expressions import RawSQL

from projects.models import Project
from sessions.models import Session
from tracing.lists.bounded import plan_of

MAX_EXACT_SESSIONS = 60_000  # sessions up to which every one is read
ONE_IN = 128  # otherwise; the index session_sample holds these
COST_OF_A_ROW = 4.0  # in the planner's units: a page that is fetched at random
SAMPLED_SESSIONS_SQL = '(hashtextextended("session"."session_id", 0) & 127) = 0'


def affordable(project: Project, whole: Sequence[QuerySet[Session]]) -> tuple[int, list[QuerySet[Session]]]:
    """Return how many sessions each read session stands for, and those to read of each set."""
    if (
        sum(map(_estimated, whole)) <= MAX_EXACT_SESSIONS
        or Session.objects.for_project(project)[: MAX_EXACT_SESSIONS + 1].count() <= MAX_EXACT_SESSIONS
    ):
        return 1, list(whole)
    return ONE_IN, [sessions.filter(RawSQL(SAMPLED_SESSIONS_SQL, [], BooleanField())) for sessions in whole]


def _estimated(sessions: QuerySet[Session]) -> float:
    """Return the planner's estimate of the work, in rows that are read one by one."""
    plan = plan_of(sessions.order_by().values("session_id"))
    return max(plan.rows, plan.cost / COST_OF_A_ROW)
