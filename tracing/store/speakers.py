"""Decides which spans speak for a trace: whose input is its question, and whose output its answer.

The trace's own texts come first, then those of its root, then those of its outermost agent or chain, then those of the
model call that answered the user. Whatever else there is, such as a search or a tool, speaks last."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import chain
from typing import Any

from tracing.records import Kind
from tracing.store.rows import SpanRow, microseconds

AGENT_KINDS = frozenset({Kind.AGENT, Kind.CHAIN})
# Parts of the names of agents, chains and calls beside a conversation, in lower case.
ASIDE_NAMES = (
    *("title", "guard", "moderat", "safety", "classif", "route", "routing", "intent", "rerank", "embed", "rephras"),
    *("rewrit", "condens", "followup", "follow_up", "follow-up", "summar", "evaluat", "judge"),
)
# Other kinds in the order in which they speak when nobody else does; those that are missing are the last.
LATE_KINDS = (Kind.SPAN, Kind.RETRIEVER, Kind.TOOL, Kind.GUARDRAIL, Kind.EVALUATOR, Kind.EMBEDDING, Kind.EVENT)


def speakers(
    spans: Sequence[SpanRow], parents: Mapping[str, str | None], root: SpanRow | None, claims: Mapping[str, Any]
) -> dict[str, str | None]:
    """Return the id of the span that has the text of each side: "" for the trace's own, None if there is none."""
    found: dict[str, str | None] = {}
    crowd = _Crowd(spans, parents)
    for side in ("input", "output"):
        size = f"{side}_size"
        is_own = size in claims or any(size in span.claims for span in spans if span.claims)
        candidates = crowd.asking() if side == "input" else crowd.answering()
        told = (span.span_id for span in chain([root], candidates) if span and getattr(span, size))
        found[side] = "" if is_own else next(told, None)
    return found


class _Crowd:
    """The spans of a trace, to be asked in turn."""

    def __init__(self, spans: Sequence[SpanRow], parents: Mapping[str, str | None]) -> None:
        self.spans = spans
        self.parents = parents
        self.by_id = {span.span_id: span for span in spans}
        self.depths: dict[str, int] = {}

    def asking(self) -> Iterator[SpanRow]:
        """Yield spans by how well their input stands for the trace's question."""
        yield from sorted(self._of(AGENT_KINDS), key=lambda span: (self._depth(span), is_aside_name(span), age(span)))
        answer = next((span for span in self._answers() if span.output_size), None)
        ended = age(answer) if answer else None
        calls = sorted(self._of({Kind.GENERATION}), key=age, reverse=True)
        yield from sorted(
            calls,
            key=lambda span: (self._is_aside(span), _claims(span, "unasked"), ended is not None and age(span) > ended),
        )
        yield from self._others()

    def answering(self) -> Iterator[SpanRow]:
        """Yield spans by how well their output stands for the trace's answer."""
        agents = sorted(self._of(AGENT_KINDS), key=age, reverse=True)
        yield from sorted(agents, key=lambda span: (self._depth(span), is_aside_name(span)))
        yield from self._answers()
        yield from self._others(latest_first=True)

    def _answers(self) -> list[SpanRow]:
        """Return the model calls: the last one first, then those that call tools, and asides at the end."""
        calls = sorted(self._of({Kind.GENERATION}), key=age, reverse=True)
        return sorted(calls, key=lambda span: (self._is_aside(span), _claims(span, "tool_names")))

    def _others(self, *, latest_first: bool = False) -> Iterator[SpanRow]:
        for kind in LATE_KINDS:
            yield from sorted(sorted(self._of({kind}), key=age, reverse=latest_first), key=self._depth)

    def _of(self, kinds: Any) -> list[SpanRow]:
        return [span for span in self.spans if (span.kind or Kind.SPAN) in kinds]

    def _is_aside(self, span: SpanRow) -> bool:
        """Return whether a call says so, by its own name or that of the span around it."""
        parent = self.by_id.get(self.parents[span.span_id] or "")
        return _claims(span, "aside") or is_aside_name(span) or (parent is not None and is_aside_name(parent))

    def _depth(self, span: SpanRow) -> int:
        """Return how many spans are above this one."""
        path: list[str] = []
        here: str | None = span.span_id
        while here is not None and here not in self.depths:
            path.append(here)
            here = self.parents[here]
        above = -1 if here is None else self.depths[here]
        for place, span_id in enumerate(reversed(path), start=1):
            self.depths[span_id] = above + place
        return self.depths[span.span_id]


def age(span: SpanRow) -> tuple[int, str]:
    """Return what spans are sorted by: their start, or when they were received."""
    return microseconds(span.started_at or span.received_at), span.span_id


def is_aside_name(span: SpanRow) -> bool:
    """Return whether a span says by its name that it is beside the conversation."""
    name = (span.name or "").lower()
    return any(part in name for part in ASIDE_NAMES)


def _claims(span: SpanRow, key: str) -> bool:
    return bool(span.claims and span.claims.get(key))
