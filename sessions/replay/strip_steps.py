"""The steps within the bars of a strip of few turns: model calls, tool calls and what else does the work."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple, Protocol

from sessions.models import Session
from tracing.formatting import HUES
from tracing.models import Span, Trace
from tracing.reading.exchanges import trace_ids_of
from tracing.records import Kind, Level

MAX_STRIP_STEPS = 600
WORKING_KINDS = HUES.keys() - {Kind.AGENT}  # an agent only contains the steps of others
FAILED_STEP = "error"
OTHER_STEP = "span"
MIN_STEP_PERCENT = 0.4


class StripStep(NamedTuple):
    """A step at its place, in percent of the strip. `kind` is that of its colour, or FAILED_STEP."""

    left: float
    width: float
    kind: str


class DrawnTurn(Protocol):
    """A turn whose place is known: `left` and `right` in percent, `started` and `spent` in seconds."""

    @property
    def turn_id(self) -> str: ...
    @property
    def left(self) -> float: ...
    @property
    def right(self) -> float: ...
    @property
    def started(self) -> float: ...
    @property
    def spent(self) -> float: ...


class _Worked(NamedTuple):
    kind: str
    start: float
    stop: float


def load_steps(session: Session, turns: Sequence[DrawnTurn]) -> Mapping[str, Sequence[StripStep]]:
    """Return the steps of each turn by its id, or nothing where there are too many to be told apart.

    A turn in which nothing else is known to work is one step of its own."""
    worked = _load_work(session, {trace_id for turn in turns for trace_id in trace_ids_of(turn.turn_id)})
    if worked is None:
        return {}
    return {turn.turn_id: _placed(turn, worked) for turn in turns}


def _load_work(session: Session, trace_ids: set[str]) -> dict[str, list[_Worked]] | None:
    traces = Trace.objects.for_project(session.project_id).filter(trace_id__in=trace_ids, session_id=session.session_id)
    buckets = dict(traces.values_list("trace_id", "bucket"))
    spans = Span.objects.for_project(session.project_id).filter(
        bucket__in=set(buckets.values()), trace_id__in=list(buckets), kind__in=WORKING_KINDS,
        started_at__isnull=False, ended_at__isnull=False,
    )  # fmt: skip
    rows = list(spans.values_list("trace_id", "kind", "level", "started_at", "ended_at")[: MAX_STRIP_STEPS + 1])
    if len(rows) > MAX_STRIP_STEPS:
        return None
    worked: dict[str, list[_Worked]] = {}
    for trace_id, kind, level, start, stop in rows:
        look = FAILED_STEP if level == Level.ERROR else HUES[Kind(kind)]
        worked.setdefault(trace_id, []).append(_Worked(look, start.timestamp(), stop.timestamp()))
    return worked


def _placed(turn: DrawnTurn, worked: Mapping[str, Sequence[_Worked]]) -> list[StripStep]:
    end = turn.started + turn.spent
    of_trace = next((worked[trace_id] for trace_id in trace_ids_of(turn.turn_id) if trace_id in worked), ())
    scale = (turn.right - turn.left) / (turn.spent or 1)
    steps = []
    for step in of_trace:
        if not turn.started <= step.start <= end:
            continue
        left = turn.left + (step.start - turn.started) * scale
        width = max((min(step.stop, end) - step.start) * scale, MIN_STEP_PERCENT)
        steps.append(StripStep(round(left, 2), round(width, 2), step.kind))
    steps.sort(key=lambda step: (step.kind == FAILED_STEP, step.left, -step.width))  # what failed stands on top
    return steps or [StripStep(round(turn.left, 2), round(turn.right - turn.left, 2), OTHER_STEP)]
