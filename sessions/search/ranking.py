"""The order by relevance: in how many turns of a session the words are, and how recent the last of them is.

Only the best are ranked: who has looked at so many knows better words by then."""

from collections.abc import Sequence
from datetime import timedelta

from django.db.models import Count, F, FloatField, Func, Max, QuerySet, Value
from django.db.models.functions import Cast, Ln
from django.utils import timezone

from projects.models import Project
from projects.values import whole_number
from sessions.models import Session, TraceText
from sessions.search.matching import Term, matching
from tracing.lists.keyset import BadCursor, KeysetPage

MAX_RANKED_SESSIONS = 500
FADES = timedelta(days=30)  # after this a turn counts for a third of what it counted when it was said
CURSOR = "r"


class Freshness(Func):
    """1 for now, falling towards 0. In double precision: with numeric, exp() costs more than the rest of the search."""

    template = "exp(extract(epoch from (%(expressions)s))::float8 / %(seconds)s)"
    arg_joiner = " - "
    output_field = FloatField()


def ranked(
    project: Project | int,
    terms: Sequence[Term],
    within: QuerySet[Session] | None = None,
    among: QuerySet[TraceText] | None = None,
) -> list[str]:
    """Session ids, the most relevant first, out of `within` and by the turns `among` if given. Raises RefusedTerm."""
    found = matching(project, terms, among).exclude(session_id=None)
    if within is not None and len(within.query.where) > 1:  # it asks for more than the project
        found = found.filter(session_id__in=within.order_by().values("session_id"))
    sums = found.values("session_id").annotate(turns=Count("*"), last=Max("started_at"))
    fresh = Freshness(F("last"), Value(timezone.now()), seconds=f"{FADES.total_seconds()}::float8")
    best = sums.annotate(score=Ln(Cast(F("turns") + 1, FloatField())) + fresh)
    best = best.order_by("-score", "session_id")
    return [str(session_id) for session_id in best.values_list("session_id", flat=True)[:MAX_RANKED_SESSIONS]]


def ranked_page(
    project: Project | int,
    terms: Sequence[Term],
    within: QuerySet[Session] | None = None,
    among: QuerySet[TraceText] | None = None,
    *,
    cursor: str = "",
    limit: int,
) -> KeysetPage[Session]:
    """Return a page in this order; the cursor is a place in it. Raise RefusedTerm or BadCursor."""
    start = place_of(cursor)
    ids = ranked(project, terms, within, among)
    shown = ids[start : start + limit]
    by_id = {row.session_id: row for row in Session.objects.for_project(project).filter(session_id__in=shown)}
    return KeysetPage(
        [by_id[session_id] for session_id in shown if session_id in by_id],
        next=f"{CURSOR}{start + limit}" if len(ids) > start + limit else None,
        previous=f"{CURSOR}{max(0, start - limit)}" if start else None,
    )


def place_of(cursor: str) -> int:
    """Return the place that a cursor names. Raise BadCursor for a cursor of another order."""
    if not cursor:
        return 0
    place = whole_number(cursor.removeprefix(CURSOR), highest=MAX_RANKED_SESSIONS - 1)
    if place is None or not cursor.startswith(CURSOR):
        raise BadCursor("This cursor belongs to another order. Start again without a cursor.")
    return place
