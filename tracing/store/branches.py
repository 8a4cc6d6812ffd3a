"""What the spans of a trace say to each other, and the branches of a conversation that they form."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property

from tracing.records import Kind
from tracing.store.rows import SpanRow, age, start_of
from tracing.store.span_tree import children_first
from tracing.store.utterances import is_name_of_turn

Key = tuple[int, int]  # number of the user's messages in a history, and the fingerprint of the last one
SPEAKER_KINDS = frozenset({Kind.SPAN, Kind.GENERATION, Kind.AGENT, Kind.CHAIN})
RUN_KINDS = frozenset({Kind.AGENT, Kind.CHAIN})


def answers_in_words(span: SpanRow) -> bool:
    """Return whether a span answers in words."""
    return "answered" in (span.claims or {}) and span.kind in SPEAKER_KINDS | {Kind.SPEECH}


def question_of(span: SpanRow) -> Key | None:
    """Return how often the user spoke in a span's history, and the last message; None if the user did not."""
    asked = (span.claims or {}).get("asked")
    return (asked[0], asked[-1]) if asked and asked[0] else None


def is_turn(span: SpanRow) -> bool:
    """Return whether a span calls itself a turn."""
    return is_name_of_turn(span.name)


def _encloses(span: SpanRow) -> bool:
    return span.kind == Kind.TOOL or (span.kind in RUN_KINDS and speaks_for_all(span))


def speaks_for_all(span: SpanRow) -> bool:
    """Return whether a span has a question and an answer, so that what is below it is one exchange."""
    return bool(span.input_size) and "answered" in (span.claims or {})


@dataclass(slots=True)
class Branch:
    """A span below the one that holds the conversation, with everything below it."""

    top: SpanRow
    spans: list[SpanRow] = field(default_factory=list)
    keys: set[Key] = field(default_factory=set)
    asker: SpanRow | None = None  # whose words are the user's
    is_heard: bool = False  # the user's words are its own, and not those of a model's history
    answers: bool = False
    has_failed: bool = False

    @property
    def asks(self) -> bool:
        return self.asker is not None

    @property
    def start(self) -> datetime:
        return min(start_of(span) for span in self.spans)

    @property
    def end(self) -> datetime:
        return max(span.ended_at or start_of(span) for span in self.spans)


class SpanTree:
    """The spans of a trace with their parents."""

    def __init__(self, spans: Sequence[SpanRow], parents: Mapping[str, str | None]) -> None:
        self.parents = parents
        self.by_id = {span.span_id: span for span in spans}
        self.upwards = list(children_first(spans, parents))

    def holder_of(self, members: Iterable[SpanRow]) -> str | None:
        """Return the lowest span that has all of the members below it, or None if only the trace has them all."""
        below = dict.fromkeys(self.by_id, 0)
        own = {span.span_id for span in members}
        if not own:
            return None
        for span in self.upwards:
            if below[span.span_id] == len(own):
                return span.span_id
            if (parent := self.parents[span.span_id]) is not None:
                below[parent] += below[span.span_id] + (span.span_id in own)
        return None

    def branches_of(self, holder: str | None) -> list[Branch]:
        """Return the branches below a span, or of the whole trace, in the order in which they began."""
        of: dict[str, Branch] = {}
        for span in reversed(self.upwards):
            parent = self.parents[span.span_id]
            branch = Branch(span) if parent == holder else of.get(parent or "")
            if branch is not None:
                of[span.span_id] = branch
                branch.spans.append(span)
        tops = {branch.top.span_id: branch for branch in of.values()}
        return sorted(tops.values(), key=lambda branch: age(branch.top))

    @cached_property
    def enclosed(self) -> set[str]:
        """Return the ids of spans inside of a tool, or of a run of an agent that has a question and an answer."""
        found: set[str] = set()
        for span in reversed(self.upwards):
            parent = self.parents[span.span_id]
            if parent is not None and (parent in found or _encloses(self.by_id[parent])):
                found.add(span.span_id)
        return found
