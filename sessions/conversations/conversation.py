"""Whole conversations: each message of a session once, although every turn repeats its history.

What a turn adds is what follows, in its input, the last message that was already yielded."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import Any

from sessions.models import Session
from tracing.models import Trace
from tracing.reading.exchanges import turns_in
from tracing.reading.messages import content_of
from tracing.reading.sayings import is_conversation, saying
from tracing.reading.sides import ROLES, SIDE_COLUMNS, load_side

EXPORT_TEXT_BATCH_TRACES = 50  # traces whose texts are in memory
FIRST_TURNS_BATCH = 10  # who reads a little waits for the texts of so many turns; who reads on gets more at once
EXPORT_BATCH_TRACES = 500  # traces that one query answers

Message = dict[str, Any]
Texts = dict[str, dict[str, str]]  # by side and id of the turn


class Told:
    """What was yielded so far, as much of it as is needed to find what is new."""

    def __init__(self) -> None:
        self.last: tuple[str, str] | None = None
        self.system: str | None = None

    def new_in(self, messages: Sequence[Message], *, is_answer: bool) -> Iterator[Message]:
        """Return the messages that are new, and remember them."""
        start = self._after_last(messages)
        if start is None:
            start = 0 if is_answer or self.last is None else _last_turn(messages)
            yield from self._new_systems(messages[:start])
        for message in messages[start:]:
            if message["role"] == "system":
                yield from self._new_systems([message])
            else:
                self.last = _key(message)
                yield message

    def _after_last(self, messages: Sequence[Message]) -> int | None:
        if self.last is None:
            return None
        places = (place for place in range(len(messages) - 1, -1, -1) if _key(messages[place]) == self.last)
        place = next(places, None)
        return None if place is None else place + 1

    def _new_systems(self, messages: Sequence[Message]) -> Iterator[Message]:
        for message in messages:
            if message["role"] == "system" and (text := str(message.get("content"))) != self.system:
                self.system = text
                yield message


def read_conversation(session: Session) -> Iterator[Message]:
    """Yield the session's messages, read in parts however many there are."""
    told = Told()
    for some in _batches(turns_in(traces_of(session)), EXPORT_TEXT_BATCH_TRACES):
        yield from _messages(told, some, _texts(session.project_id, some))


def read_conversations(sessions: Sequence[Session]) -> Iterator[tuple[Session, Iterator[Message]]]:
    """Yield each session with its messages, to be read in turn: many short ones cost three queries."""
    for some in _slices(sessions):
        if len(some) == 1:
            yield some[0], read_conversation(some[0])
            continue
        project_id = some[0].project_id
        by_session: dict[str | None, list[Trace]] = {session.session_id: [] for session in some}
        found = Trace.objects.for_project(project_id).filter(session_id__in=list(by_session))
        traces = list(turns_in(found.order_by("session_id", "started_at", "trace_id").only(*SIDE_COLUMNS)))
        for trace in traces:
            by_session[trace.session_id].append(trace)
        texts = _texts(project_id, traces)
        for session in some:
            yield session, _messages(Told(), by_session[session.session_id], texts)


def read_turns(turns: Iterable[Trace], before: Trace | None) -> Iterator[tuple[Trace, list[Message]]]:
    """Yield turns with the messages that each adds to the conversation; `before` is the turn before the first."""
    told = Told()
    if before is not None:
        list(_messages(told, [before], _texts(before.project_id, [before])))
    following, size = iter(turns), FIRST_TURNS_BATCH
    while some := list(islice(following, size)):
        size = min(size * 2, EXPORT_TEXT_BATCH_TRACES)
        texts = _texts(some[0].project_id, some)
        for turn in some:
            yield turn, list(_messages(told, [turn], texts))


def _texts(project_id: int, traces: Sequence[Trace]) -> Texts:
    return {side: load_side(project_id, traces, side) for side in ROLES}


def _messages(told: Told, traces: Sequence[Trace], texts: Texts) -> Iterator[Message]:
    for trace in traces:
        for side, role in ROLES.items():
            if text := texts[side].get(trace.turn_id):
                yield from told.new_in(messages_in(text, role), is_answer=side == "output")


def traces_of(session: Session) -> Iterator[Trace]:
    """Yield the session's traces in order, batch by batch."""
    traces = Trace.objects.for_project(session.project_id).filter(session_id=session.session_id)
    traces = traces.order_by("started_at", "trace_id").only(*SIDE_COLUMNS)
    batch = list(traces[:EXPORT_BATCH_TRACES])
    while batch:
        yield from batch
        last = batch[-1]
        later = traces.filter(started_at__gte=last.started_at)
        later = later.exclude(started_at=last.started_at, trace_id__lte=last.trace_id)
        batch = list(later[:EXPORT_BATCH_TRACES]) if len(batch) == EXPORT_BATCH_TRACES else []


def messages_in(text: str, role: str) -> list[Message]:
    """Return a stored text as messages; one that is no conversation is one message of `role`."""
    said = saying(text)
    if not is_conversation(said.value):
        return [{"role": role, "content": said.value if isinstance(said.value, str) else said.words}]
    return [item | {"content": content_of(item).words} if _is_object(item) else item for item in said.value]


def _is_object(message: Message) -> bool:
    """Return whether the content of a message may be JSON around a sentence."""
    content = message.get("content")
    return isinstance(content, str) and content[:1] in ("{", "[")


def _key(message: Message) -> tuple[str, str]:
    """Return what equal messages share, also if one of them has fewer details."""
    content = message.get("content")
    said = content.strip() if isinstance(content, str) else str(content)
    return str(message["role"]), said or str(message.get("tool_calls") or message.get("media"))


def _last_turn(messages: Sequence[Message]) -> int:
    """Return where new messages begin if nothing of the history is known: behind the last finished answer."""
    for place in range(len(messages) - 2, -1, -1):
        if messages[place]["role"] == "assistant" and not messages[place].get("tool_calls"):
            return place + 1
    return 0


def _slices(sessions: Sequence[Session]) -> Iterator[list[Session]]:
    """Yield groups of sessions with few traces together, at least one session each."""
    some: list[Session] = []
    traces = 0
    for session in sessions:
        if some and traces + session.trace_count > EXPORT_TEXT_BATCH_TRACES:
            yield some
            some, traces = [], 0
        some.append(session)
        traces += session.trace_count
    if some:
        yield some


def _batches(traces: Iterable[Trace], size: int) -> Iterator[list[Trace]]:
    some: list[Trace] = []
    for trace in traces:
        some.append(trace)
        if len(some) == size:
            yield some
            some = []
    if some:
        yield some
