"""Shows the spans of a trace as a tree with a waterfall, and one span in full, with limited rows and queries."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from itertools import groupby
from typing import Any

from tracing.models import Span, SpanIO, Trace
from tracing.reading.bodies import RenderedBody, body_of, indented, plain
from tracing.reading.internal_steps import MIN_FOLDED_STEPS, folds_of
from tracing.reading.messages import SHOWN_NAME_CHARACTERS
from tracing.reading.texts import Shown, piece, shown
from tracing.records import Kind, Level
from tracing.store.counting import count
from tracing.store.rows import SpanRow
from tracing.store.span_tree import parents_of
from tracing.store.witnesses import has_usage, total_tokens

MAX_TREE_SPANS = 5_000  # of one trace
SPANS_PER_PAGE = 500
MAX_INDENT_STEPS = 20
MAX_EVENTS_OF_SPAN = 50
MAX_NAMES_OF_FOLD = 4
SPAN_TREE_COLUMNS = (
    "trace_id", "span_id", "parent_id", "name", "kind", "level", "status_message", "started_at", "ended_at", "model",
    "input_tokens", "output_tokens", "total_tokens", "input_cost", "output_cost", "total_cost", "stated_costs",
    "input_size", "output_size",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class SpanLine:
    """A span in the tree: its depth, and its place within the trace's time in percent."""

    span: SpanRow
    depth: int
    left: float
    width: float
    is_parent: bool
    is_repeated: bool  # its tokens or cost are not counted: a span inside reports its own
    fold: tuple[str | None] | None = None  # of internal steps, named for the span that they lie in

    @property
    def duration_ms(self) -> int | None:
        if self.span.started_at is None or self.span.ended_at is None:
            return None
        return round((self.span.ended_at - self.span.started_at) / timedelta(milliseconds=1))

    @property
    def right(self) -> float:
        return self.left + self.width

    @property
    def tokens(self) -> int:
        return total_tokens(self.span)


@dataclass(frozen=True, slots=True)
class StepGroup:
    """Rows that follow each other: shown one by one, or folded into one line if they are internal."""

    rows: list[SpanLine]
    is_folded: bool

    @property
    def names(self) -> list[str]:
        """The first few names, each once."""
        return list(dict.fromkeys(row.span.name for row in self.rows if row.span.name))[:MAX_NAMES_OF_FOLD]

    @property
    def span_ids(self) -> set[str]:
        return {row.span.span_id for row in self.rows}

    @property
    def left(self) -> float:
        return min(row.left for row in self.rows)

    @property
    def width(self) -> float:
        """The part of the trace's time from the first of the rows to the end of the last."""
        return round(max(row.left + row.width for row in self.rows) - self.left, 2)


@dataclass(frozen=True, slots=True)
class Tree:
    """A page of rows. `following` is the number of the next row, or None after the last one."""

    rows: list[SpanLine]
    total: int
    following: int | None
    is_cut: bool
    kinds: Mapping[int, int]  # how many steps of each kind the whole tree has
    failed: int  # steps of the whole tree

    @property
    def groups(self) -> list[StepGroup]:
        """The rows, with internal steps that follow each other in one group."""
        runs = [(fold, list(rows)) for fold, rows in groupby(self.rows, key=lambda row: row.fold)]
        return [StepGroup(rows, fold is not None and len(rows) >= MIN_FOLDED_STEPS) for fold, rows in runs]


@dataclass(frozen=True, slots=True)
class SpanEvent:
    """An event during a span, such as an exception."""

    name: str
    body: RenderedBody | None


@dataclass(frozen=True, slots=True)
class SpanDetail:
    """One span with its texts. `raw` is what has no column."""

    span: Span
    input: Shown | None
    output: Shown | None
    parameters: RenderedBody | None
    metadata: RenderedBody | None
    attributes: RenderedBody | None
    events: list[SpanEvent]
    origin: RenderedBody | None  # resource and scope
    raw: RenderedBody | None

    @property
    def first_token_ms(self) -> int | None:
        if self.span.completion_started_at is None or self.span.started_at is None:
            return None
        return round((self.span.completion_started_at - self.span.started_at) / timedelta(milliseconds=1))


def tree_of(trace: Trace, start: int = 0) -> Tree:
    """Load the rows from number `start` on: parents before their children, siblings by time."""
    found = Span.objects.for_project(trace.project_id).filter(bucket=trace.bucket, trace_id=trace.trace_id)
    spans = [
        SpanRow(**values)
        for values in found.order_by("started_at", "span_id").values(*SPAN_TREE_COLUMNS)[:MAX_TREE_SPANS]
    ]
    parents = parents_of(spans)
    walk = list(_walked(spans, parents))
    counted = count(spans, parents).span_ids
    folds = folds_of([span for span, _ in walk], parents)
    depths = [depth for _, depth in walk[1:]] + [0] * bool(walk)
    page = [
        replace(
            _row(trace, span, depth, is_parent=deeper > depth, is_counted=span.span_id in counted),
            fold=folds.get(span.span_id),
        )
        for (span, depth), deeper in list(zip(walk, depths, strict=True))[start : start + SPANS_PER_PAGE]
    ]
    end = start + len(page)
    return Tree(
        page,
        trace.span_count,
        end if end < len(walk) else None,
        is_cut=trace.span_count > len(walk),
        kinds=Counter(span.kind or Kind.SPAN for span, _ in walk),
        failed=sum(span.level == Level.ERROR for span, _ in walk),
    )


def texts_of(trace: Trace) -> dict[str, str]:
    """Load the trace's own input and output, from the spans that have them. Missing texts are left out."""
    sources = {"input": trace.input_span_id, "output": trace.output_span_id}
    stored = _io_of(trace, {span_id for span_id in sources.values() if span_id is not None}, *sources)
    texts: dict[str, str] = {}
    for side, span_id in sources.items():
        text = getattr(stored.get(span_id), side, None) if span_id is not None else None
        if text:
            texts[side] = text
    return texts


def text_of(trace: Trace, span_id: str, side: str) -> str | None:
    """Load one stored text in full: the input, the output, or the raw rest of a span's report."""
    stored = _io_of(trace, {span_id}, side).get(span_id)
    value = getattr(stored, side, None)
    return indented(value) if side == "raw" and value else value


def detail_of(trace: Trace, span_id: str) -> SpanDetail | None:
    """Load one span with its texts, or return None if the trace has no such span."""
    pinned = {"bucket": trace.bucket, "trace_id": trace.trace_id, "span_id": span_id}
    span = Span.objects.for_project(trace.project_id).filter(**pinned).first()
    if span is None:
        return None
    io = SpanIO.objects.for_project(trace.project_id).filter(**pinned).first()
    raw = dict(io.raw or {}) if io else {}
    is_said = span.kind not in (Kind.TOOL, Kind.RETRIEVER)
    origin = {name: raw[name] for name in ("resource", "scope") if raw.get(name)}
    return SpanDetail(
        span=span,
        input=shown(io.input, is_said=is_said) if io and io.input else None,
        output=shown(io.output, is_said=is_said) if io and io.output else None,
        parameters=_filled(raw.get("model_parameters")),
        metadata=_filled(raw.get("metadata")),
        attributes=_filled(raw.get("attributes")),
        events=[_event(event) for event in raw.get("events") or [] if isinstance(event, dict)][:MAX_EVENTS_OF_SPAN],
        origin=_filled(origin),
        raw=piece(indented(raw), 0) if raw else None,
    )


def _io_of(trace: Trace, span_ids: set[str], *sides: str) -> dict[str, SpanIO]:
    rows = SpanIO.objects.for_project(trace.project_id).filter(bucket=trace.bucket, trace_id=trace.trace_id)
    return {row.span_id: row for row in rows.filter(span_id__in=span_ids).only("pk", *sides)}


def _filled(value: Any) -> RenderedBody | None:
    return body_of(value) if value else None


def _event(event: dict[str, Any]) -> SpanEvent:
    attributes = event.get("attributes") or {}
    stacktrace = attributes.get("exception.stacktrace")
    if isinstance(stacktrace, str):
        return SpanEvent(
            str(attributes.get("exception.type") or "exception")[:SHOWN_NAME_CHARACTERS], plain(stacktrace, 0)
        )
    return SpanEvent(str(event.get("name") or "")[:SHOWN_NAME_CHARACTERS], _filled(attributes))


def _walked(spans: Sequence[SpanRow], parents: Mapping[str, str | None]) -> Iterator[tuple[SpanRow, int]]:
    """Yield every span once, with its depth. Siblings keep the order by time of `spans`."""
    children: dict[str | None, list[SpanRow]] = defaultdict(list)
    for span in spans:
        children[parents[span.span_id]].append(span)
    waiting = [(span, 0) for span in reversed(children[None])]
    while waiting:
        span, depth = waiting.pop()
        yield span, depth
        waiting.extend((child, depth + 1) for child in reversed(children[span.span_id]))


def _row(trace: Trace, span: SpanRow, depth: int, *, is_parent: bool, is_counted: bool) -> SpanLine:
    whole = (trace.ended_at - trace.started_at) / timedelta(milliseconds=1) or 1.0
    start = span.started_at or trace.started_at
    left = (start - trace.started_at) / timedelta(milliseconds=1) / whole * 100
    width = ((span.ended_at or start) - start) / timedelta(milliseconds=1) / whole * 100
    left = min(max(left, 0.0), 99.5)
    is_repeated = (has_usage(span) or span.total_cost is not None) and not is_counted
    width = round(min(max(width, 0.5), 100 - left), 2)
    return SpanLine(span, min(depth, MAX_INDENT_STEPS), round(left, 2), width, is_parent, is_repeated)
