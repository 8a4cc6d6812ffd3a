"""Finds model calls that several spans tell: a gateway and its client, or two instrumentations side by side.

Two spans tell one call if they have the same response id, or if two instrumentations report the same model and the
same usage at the same time. Of spans beside each other, one may be silent, or both may have failed."""

import re
from collections import defaultdict, deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any, TypeAlias

from tracing.records import Kind, Level
from tracing.store.rows import STATED, SpanRow, age
from tracing.store.witnesses import TOKEN_FIELDS, has_usage

Parents: TypeAlias = Mapping[str, str | None]
MODEL_CALLS = frozenset({Kind.GENERATION, Kind.EMBEDDING})
PART_FIELDS = tuple(name for name in TOKEN_FIELDS if name != "total_tokens")
MAX_CLIMB_LEVELS = 64  # how far above a span its ancestors are looked for
MAX_CALLS_AT_ONCE = 32  # among which the twin of a call is looked for
MAX_TELLINGS = 8  # spans of one call that are compared with another
MAX_MODEL_CHARACTERS = 200
CLOCK_TOLERANCE = timedelta(milliseconds=5)  # of two instrumentations that measure the same call
VERSION_PATTERN = re.compile(r"[-@](?:20[0-9]{2}-?[01][0-9]-?[0-3][0-9]|latest)(?:-v[0-9]{1,2})?(?::[0-9]{1,3})?$")


@dataclass(slots=True)
class ToldCall:
    """The spans that tell one call."""

    spans: list[SpanRow]

    @property
    def response_ids(self) -> set[str]:
        """Return the ids that its spans know: at most one."""
        return {span.response_id for span in self.spans if span.response_id}

    @property
    def scopes(self) -> set[str | None]:
        """Return the instrumentations that tell it."""
        return {span.scope for span in self.spans}


@dataclass(slots=True)
class Twins:
    """What the calls that are told more than once mean for counting."""

    rows: dict[str, SpanRow] = field(default_factory=dict)  # the report that counts, by the span at which it counts
    repeated: set[str] = field(default_factory=set)  # spans above such a span, which tell the same call
    shadows: set[str] = field(default_factory=set)  # spans beside it
    meetings: dict[str, list[str]] = field(default_factory=dict)  # shadows by the closest span above both


def find_twins(spans: Sequence[SpanRow], parents: Parents) -> Twins | None:
    """Return which spans tell a call that another one tells, too, or None if none does."""
    calls = [span for span in spans if span.kind in MODEL_CALLS]
    if len(calls) < 2:
        return None
    ids = [span.response_id for span in calls if span.response_id]
    if len(ids) == len(set(ids)) and len({span.scope for span in calls}) == 1:
        return None
    told = [call.spans for call in _told(sorted(calls, key=age), parents) if len(call.spans) > 1]
    if not told:
        return None
    twins, above_calls = Twins(), _above(calls, parents)
    for several in told:
        _settle(twins, several, parents, above_calls)
    return twins


def _told(calls: Sequence[SpanRow], parents: Parents) -> list[ToldCall]:
    """Return the calls of spans in the order of their starts.

    They are told apart by response id, then by usage and time, then by place and time."""
    told: dict[str, ToldCall] = {}
    latest: dict[str, ToldCall] = {}
    for span in calls:
        known = latest.get(span.response_id) if span.response_id else None
        if known is not None and _is_one_answer(known.spans[0], span, parents):
            known.spans.append(span)
            told[span.span_id] = known
            continue
        told[span.span_id] = ToldCall([span])
        if span.response_id:
            latest[span.response_id] = told[span.span_id]
    measured: dict[Any, list[SpanRow]] = defaultdict(list)
    beside: dict[Any, list[SpanRow]] = defaultdict(list)
    for span in calls:
        model = bare_model(span.model)
        if has_usage(span):
            measured[model, span.input_tokens or 0, span.output_tokens or 0].append(span)
        beside[model, span.parent_id, span.level == Level.ERROR].append(span)
    for alike in measured.values():
        _pair(alike, told, _overlap)
    for alike in beside.values():
        _pair(alike, told, _is_silent_inside)
    return list({id(call): call for call in told.values()}.values())


def _pair(alike: Sequence[SpanRow], told: dict[str, ToldCall], are_one: Callable[[SpanRow, SpanRow], bool]) -> None:
    """Join calls of different instrumentations, the earliest first."""
    by_call: dict[int, list[SpanRow]] = defaultdict(list)
    for span in alike:
        by_call[id(told[span.span_id])].append(span)
    recent: deque[tuple[ToldCall, list[SpanRow]]] = deque(maxlen=MAX_CALLS_AT_ONCE)
    for spans in sorted(by_call.values(), key=lambda spans: age(told[spans[0].span_id].spans[0])):
        own, new = told[spans[0].span_id], spans[:MAX_TELLINGS]
        for call, telling in recent:
            if _may_be_one(call, own) and any(are_one(other, span) for other in telling for span in new):
                call.spans.extend(own.spans)
                telling.extend(new if len(telling) < MAX_TELLINGS else ())
                told.update((other.span_id, call) for other in own.spans)
                break
        else:
            recent.append((own, new))


def _may_be_one(call: ToldCall, other: ToldCall) -> bool:
    return call.scopes.isdisjoint(other.scopes) and len(call.response_ids | other.response_ids) < 2


def _is_one_answer(one: SpanRow, other: SpanRow, parents: Parents) -> bool:
    """Return whether two spans with the same response id tell the same call.

    Some servers make up ids that come again. A span above another with a usage of its own is a wrapper."""
    if not (has_usage(one) and has_usage(other)) or _usage(one) == _usage(other):
        return True
    is_wrapper = one.span_id in _ancestors(other.span_id, parents) or other.span_id in _ancestors(one.span_id, parents)
    return not is_wrapper and _overlap(one, other)


def _usage(span: SpanRow) -> tuple[int, int]:
    return span.input_tokens or 0, span.output_tokens or 0


def _overlap(one: SpanRow, other: SpanRow) -> bool:
    if one.started_at is None or other.started_at is None:
        return False
    end, other_end = one.ended_at or one.started_at, other.ended_at or other.started_at
    return one.started_at == other.started_at or (one.started_at < other_end and other.started_at < end)


def _is_silent_inside(one: SpanRow, other: SpanRow) -> bool:
    """Return whether one of two spans is inside the other's time, and at most one of them reports usage."""
    times = one.started_at, one.ended_at, other.started_at, other.ended_at
    if None in times or (has_usage(one) and has_usage(other)):
        return False
    starts, ends = one.started_at - other.started_at, one.ended_at - other.ended_at  # type: ignore[operator]
    return min(starts, -ends) >= -CLOCK_TOLERANCE or min(-starts, ends) >= -CLOCK_TOLERANCE


def bare_model(model: str | None) -> str:
    """Return a model's name without seller and version: `openai/gpt-4o` and `gpt-4o-2024-08-06` are the same."""
    return VERSION_PATTERN.sub("", (model or "")[:MAX_MODEL_CHARACTERS].lower().rpartition("/")[2])


def _settle(twins: Twins, several: Sequence[SpanRow], parents: Parents, above_calls: set[str]) -> None:
    """Decide at which span the call counts: an innermost one, if possible one with other calls inside."""
    above = {ancestor for span in several for ancestor in _ancestors(span.span_id, parents)}
    inner = [span for span in several if span.span_id not in above] or several
    place = min(inner, key=lambda span: (span.span_id not in above_calls, *_poverty(span))).span_id
    twins.rows[place] = _fullest(place, several)
    lineage = list(_ancestors(place, parents))
    for span in several:
        if span.span_id in lineage:
            twins.repeated.add(span.span_id)
        elif span.span_id != place:
            twins.shadows.add(span.span_id)
            meeting = next((one for one in _ancestors(span.span_id, parents) if one in lineage), None)
            if meeting is not None:
                twins.meetings.setdefault(meeting, []).append(span.span_id)


def _fullest(place: str, several: Sequence[SpanRow]) -> SpanRow:
    """Return the fullest report: with a cost that any of them states, and failed if any of them failed."""
    best = min(several, key=_poverty)
    billed = min((span for span in several if span.has_bill), key=_poverty, default=best)
    costs = {} if best.has_bill else {name: getattr(billed, name) for name in (*STATED, "stated_costs")}
    level = max((span.level for span in several if span.level is not None), default=None)
    return replace(best, **costs, span_id=place, level=level)


def _poverty(span: SpanRow) -> tuple[Any, ...]:
    """Return what sorts the fullest report first."""
    parts = sum(getattr(span, name) is not None for name in PART_FIELDS) + len(span.price_details or ())
    length = span.ended_at - span.started_at if span.ended_at and span.started_at else timedelta.max
    # The shortest is the closest to the provider: libraries around it add up what streams say of their tokens.
    return not has_usage(span), -parts, not span.has_bill, span.total_cost is None, length, span.span_id


def _above(calls: Iterable[SpanRow], parents: Parents) -> set[str]:
    """Return the ids of all spans above a model call."""
    above: set[str] = set()
    for span in calls:
        here = parents[span.span_id]
        while here is not None and here not in above:
            above.add(here)
            here = parents[here]
    return above


def _ancestors(span_id: str, parents: Parents) -> Iterator[str]:
    """Yield the spans above, the closest first."""
    here = parents[span_id]
    for _ in range(MAX_CLIMB_LEVELS):
        if here is None:
            return
        yield here
        here = parents[here]
