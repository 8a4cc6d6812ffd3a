"""Decides which spans speak for a trace: whose input is its question, and whose output its answer.

The trace's own texts come first, then those of its root, then those of its outermost agent or chain, then those of the
model call that answered the user. An object without a sentence, such as the settings of an agent, stands behind that
call. Whatever else there is, such as a search or a tool, speaks last."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from projects.values import remembered
from tracing.records import Kind
from tracing.store.rows import SpanRow, age

AGENT_KINDS = frozenset({Kind.AGENT, Kind.CHAIN})
# Parts of the names of agents, chains and calls beside a conversation, in lower case.
ASIDE_NAMES = (
    *("title", "guard", "moderat", "safety", "classif", "route", "routing", "intent", "rerank", "embed", "rephras"),
    *("rewrit", "condens", "followup", "follow_up", "follow-up", "summar", "evaluat", "judge"),
)
# Kinds in the order in which they speak when nobody else does; of the model calls, only those beside the conversation
# have not been asked by then.
LATE_KINDS = (
    *(Kind.SPAN, Kind.GENERATION, Kind.RETRIEVER, Kind.TOOL, Kind.GUARDRAIL, Kind.EVALUATOR, Kind.EMBEDDING),
    Kind.EVENT,
)


def speakers(
    spans: Sequence[SpanRow], parents: Mapping[str, str | None], root: SpanRow | None, claims: Mapping[str, Any]
) -> dict[str, str | None]:
    """Return the id of the span that has the text of each side: "" for the trace's own, None if there is none."""
    found: dict[str, str | None] = {}
    crowd = _Crowd(spans, parents, root)
    for side in ("input", "output"):
        size = f"{side}_size"
        is_own = size in claims or any(size in span.claims for span in spans if span.claims)
        candidates = crowd.asking() if side == "input" else crowd.answering()
        told = (span.span_id for span in candidates if getattr(span, size))
        found[side] = "" if is_own else next(told, None)
    return found


class _Crowd:
    """The spans of a trace, to be asked in turn."""

    def __init__(self, spans: Sequence[SpanRow], parents: Mapping[str, str | None], root: SpanRow | None) -> None:
        self.spans = spans
        self.outermost = [] if root is None else [root]
        self.parents = parents
        self.by_id = {span.span_id: span for span in spans}
        self.depths: dict[str, int] = {}

    def asking(self) -> Iterator[SpanRow]:
        """Yield spans by how well their input stands for the trace's question."""
        agents = sorted(self._of(AGENT_KINDS), key=lambda span: (self._depth(span), is_aside_name(span), age(span)))
        answer = next((span for span in self._answers() if span.output_size), None)
        ended = age(answer) if answer else None
        calls = sorted(
            sorted(self._of({Kind.GENERATION}), key=age, reverse=True),
            key=lambda span: (self._is_aside(span), _claims(span, "unasked"), ended is not None and age(span) > ended),
        )
        asked = [span for span in calls if not self._is_aside(span) and not _claims(span, "unasked")]
        yield from _words_first([*self.outermost, *agents], "unasked", asked)
        yield from (span for span in calls if not self._is_aside(span))
        yield from self._others(calls)

    def answering(self) -> Iterator[SpanRow]:
        """Yield spans by how well their output stands for the trace's answer."""
        agents = sorted(self._of(AGENT_KINDS), key=age, reverse=True)
        agents.sort(key=lambda span: (self._depth(span), is_aside_name(span)))
        calls = (span for span in self._of({Kind.GENERATION}) if not self._is_aside(span))
        last = max(calls, key=age, default=None)
        is_in_words = last is not None and "answered" in (last.claims or {}) and not _claims(last, "tool_names")
        yield from _words_first([*self.outermost, *agents], "unanswered", [last] if last and is_in_words else [])
        yield from (span for span in self._answers() if not self._is_aside(span))
        yield from self._others(self._answers(), latest_first=True)

    def _answers(self) -> list[SpanRow]:
        """Return the model calls: the last one first, then those that call tools, and asides at the end."""
        calls = sorted(self._of({Kind.GENERATION}), key=age, reverse=True)
        return sorted(calls, key=lambda span: (self._is_aside(span), _claims(span, "tool_names")))

    def _others(self, calls: Iterable[SpanRow], *, latest_first: bool = False) -> Iterator[SpanRow]:
        """Yield all spans by kind, with the model calls in the given order."""
        for kind in LATE_KINDS:
            if kind == Kind.GENERATION:
                yield from calls
            else:
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


def _words_first(agents: Sequence[SpanRow], is_mute: str, calls: Iterable[SpanRow]) -> Iterator[SpanRow]:
    """Yield those of `agents` that say a sentence, then `calls`, then the others, which claim `is_mute`."""
    yield from (span for span in agents if not _claims(span, is_mute))
    yield from calls
    yield from (span for span in agents if _claims(span, is_mute))


def is_aside_name(span: SpanRow) -> bool:
    """Return whether a span says by its name that it is beside the conversation."""
    return span.name is not None and _names_aside(span.name)


@remembered(characters=200, texts=4_000)
def _names_aside(name: str) -> bool:
    return any(map(name.lower().__contains__, ASIDE_NAMES))


def _claims(span: SpanRow, key: str) -> bool:
    return bool(span.claims and span.claims.get(key))
