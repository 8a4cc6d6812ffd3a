"""What a conversation can be narrowed to, how many turns that leaves, and which numbers they have in the session.

A filter that hides turns never renumbers those that stay: people quote the numbers."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from django.db import connection
from django.db.models import Case, Count, Exists, F, Func, IntegerField, OuterRef, Q, QuerySet, Subquery, Sum, When
from django.db.models.functions import Coalesce, JSONObject, NullIf

from sessions.models import Session
from tracing.models import Score, Trace
from tracing.reading.exchanges import TURN_SEPARATOR, trace_ids_of

# What a reader may narrow a conversation to: the parameter's value and the words on its button.
ONLY = {"errors": "Errors", "tools": "Tool calls", "scored": "Scored", "generations": "Model calls"}
# Of each trace up to the last one that is asked for, how many turns come before it.
PRIOR_TURNS_SQL = """
SELECT trace_id, prior FROM (
    SELECT trace_id, coalesce(sum(turn_count) OVER (
        ORDER BY started_at, trace_id ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), 0)::bigint AS prior
    FROM trace
    WHERE project_id = %(project_id)s AND session_id = %(session_id)s
        AND (started_at, trace_id) <= (%(started_at)s, %(last_id)s)
) AS walked WHERE trace_id = ANY(%(trace_ids)s)
"""
# The same of any, with the ids of the turns of a trace that holds several.
TURN_PLACES_SQL = """
SELECT trace_id, prior, (SELECT array_agg(told->>'id' ORDER BY place)
    FROM jsonb_array_elements(exchanges) WITH ORDINALITY AS e(told, place)) AS turns
FROM (
    SELECT trace_id, exchanges, coalesce(sum(turn_count) OVER (
        ORDER BY started_at, trace_id ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), 0)::bigint AS prior
    FROM trace WHERE project_id = %(project_id)s AND session_id = %(session_id)s
) AS walked WHERE trace_id = ANY(%(trace_ids)s)
"""
FAILED_EXCHANGES = (
    "(SELECT count(*)::int FROM jsonb_array_elements(%(expressions)s) AS told WHERE (told->>'error_count')::int > 0)"
)


class Segment(NamedTuple):
    """A button above the conversation: what it narrows to, its words, and how many turns it leaves."""

    name: str
    label: str
    turn_count: int


def traces_of(session: Session, only: str = "") -> QuerySet[Trace]:
    """Return the session's traces, or those that the filter `only` keeps."""
    traces: QuerySet[Trace] = Trace.objects.for_project(session.project_id).filter(session_id=session.session_id)
    return traces.filter(condition(session, only)) if only in ONLY else traces


def condition(session: Session, only: str) -> Q | Exists:
    """Return the condition on a trace of the session for a known filter."""
    if only == "scored":
        return Exists(Score.objects.filter(project_id=session.project_id, trace_id=OuterRef("trace_id")))
    return {"errors": Q(error_count__gt=0), "tools": ~Q(tool_names=[]), "generations": Q(call_count__gt=0)}[only]


def kept(turns: Iterable[Trace], only: str) -> list[Trace]:
    """Return the turns that a filter keeps, of traces that it keeps.

    Of a conversation in which some exchanges failed, `errors` keeps these; of other filters the exchanges know
    nothing."""
    found = list(turns)
    if only != "errors":
        return found
    failed = {turn.trace_id for turn in found if turn.exchange_span_id and turn.error_count}
    return [turn for turn in found if turn.trace_id not in failed or turn.error_count]


def counts_of(session: Session, only: str) -> Subquery:
    """Return the expression of an object that says how many turns each filter leaves: a part of another query."""
    is_simple = session.turn_count == session.trace_count
    every: Any = Count("pk") if is_simple else Sum("turn_count")
    asked = [name for name in ONLY if name == only or not _is_known_empty(session, name)]
    counts = JSONObject(every=every, **{name: _counted(session, name, is_simple=is_simple) for name in asked})
    return Subquery(traces_of(session).order_by().values("project_id").annotate(counts=counts).values("counts"))


def segments_from(counts: Mapping[str, int], only: str) -> list[Segment]:
    """Return the buttons. A filter that leaves nothing is not offered unless it is chosen."""
    every = counts.get("every") or 0
    left = [Segment(name, label, counts.get(name) or 0) for name, label in ONLY.items()]
    return [Segment("", "All turns", every), *(s for s in left if s.name == only or _narrows(s, every))]


def _narrows(segment: Segment, every: int) -> bool:
    """Return whether a filter is worth a button: nearly every turn has model calls, so it says little that all have."""
    return 0 < segment.turn_count < every or (segment.turn_count == every > 0 and segment.name != "generations")


def _is_known_empty(session: Session, only: str) -> bool:
    """Return whether the session's own sums tell that a filter keeps nothing."""
    return (only == "errors" and not session.error_count) or (only == "scored" and not session.scores)


def _counted(session: Session, only: str, *, is_simple: bool) -> Any:
    where = condition(session, only)
    if is_simple:
        return Count("pk", filter=where)
    if only != "errors":
        return Sum("turn_count", filter=where)
    failed = Func(F("exchanges"), template=FAILED_EXCHANGES, output_field=IntegerField())
    return Sum(Case(When(where, then=Coalesce(NullIf(failed, 0), F("turn_count"))), default=0))


def prior_turns(session: Session, traces: Sequence[Trace]) -> dict[str, int]:
    """Return, by trace id, how many turns of the whole session come before each of these traces, in their order."""
    asked = {"project_id": session.project_id, "session_id": session.session_id}
    asked |= {"trace_ids": [trace.trace_id for trace in traces]}
    edge = {"started_at": traces[-1].whole.started_at, "last_id": traces[-1].trace_id}
    with connection.cursor() as cursor:
        cursor.execute(PRIOR_TURNS_SQL, asked | edge)
        return dict(cursor.fetchall())


def turn_numbers(session: Session, turn_ids: Iterable[str]) -> dict[str, int]:
    """Return the numbers of turns in their session, by their ids. The id of a trace is that of its first turn."""
    places: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for turn_id in turn_ids:
        for trace_id in trace_ids_of(turn_id):
            places[trace_id].append((turn_id, turn_id.removeprefix(trace_id).removeprefix(TURN_SEPARATOR)))
    if not places:
        return {}
    asked = {"project_id": session.project_id, "session_id": session.session_id, "trace_ids": list(places)}
    with connection.cursor() as cursor:
        cursor.execute(TURN_PLACES_SQL, asked)
        rows = cursor.fetchall()
    return {
        turn_id: prior + 1 + (exchanges.index(span_id) if exchanges and span_id in exchanges else 0)
        for trace_id, prior, exchanges in rows
        for turn_id, span_id in places[trace_id]
    }
