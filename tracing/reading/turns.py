"""Shows turns of a conversation: the question, the tools used, and the answer.

A page of turns needs two queries, whatever it shows. Long texts are not loaded with it: a turn then says where they
are, and the page requests them when the reader reaches them."""

from collections import Counter, defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from tracing.models import Span, Trace
from tracing.reading import gists
from tracing.reading.bodies import RenderedBody, body_of, parsed
from tracing.reading.calls import complete
from tracing.reading.eager_texts import SpanKey, Text, load_texts
from tracing.reading.history import History
from tracing.reading.messages import Call, messages_of
from tracing.reading.sayings import bodies_of, is_conversation, saying
from tracing.reading.texts import MESSAGES_PER_PAGE, Shown, last_turn
from tracing.records import Kind, Level

TURN_HEAD_CHARACTERS = 3_000  # of one text in a conversation; the rest is one click away
MAX_TOOLS_OF_TURN = 8  # all of them are among its steps
MAX_SPANS_OF_PAGE = 1_000
SIDES = {"input": "user", "output": "assistant"}
TOO_LONG_NOTE = "Too long to be shown here. Open the step to read it."


@dataclass(frozen=True, slots=True)
class Spoken:
    """One side of a turn. `shown` is None if its text is too long to load with the page."""

    side: str
    role: str
    span_id: str
    size: int  # bytes
    shown: Shown | None


@dataclass(frozen=True, slots=True)
class TurnReading:
    """The parts of a turn, in order."""

    trace: Trace
    input: Spoken | None = None
    output: Spoken | None = None
    tools: list[Call] = field(default_factory=list)
    tools_left_out: int = 0


@dataclass(frozen=True, slots=True)
class StoredTexts:
    """The tools that a page of turns used, in order, and the texts of tools and turns."""

    tools: dict[SpanKey, dict[str, Any]]
    texts: dict[SpanKey, dict[str, Text]]
    head: int  # characters of a text that are shown


def load_readings(
    traces: Sequence[Trace],
    before: Sequence[Trace] = (),
    *,
    apart: Collection[str] = (),
    head: int = TURN_HEAD_CHARACTERS,
) -> list[TurnReading]:
    """Load the turns of `traces`, all of one project.

    Messages that they repeat of `before`, or of each other, are folded. `apart` has the ids of turns that follow turns
    which are not here: of their history, only the last turn is shown. `head` is how many characters of a text are."""
    every = [*before, *traces]
    if not every:
        return []
    stored = _stored(every, head)
    tools = _tools(stored)
    history, readings = History(), []
    for number, trace in enumerate(every):
        sides = {
            side: _spoken(stored, trace, side, role, history, is_first=number == 0, is_apart=trace.turn_id in apart)
            for side, role in SIDES.items()
        }
        found = [tool for tool in tools.get((trace.bucket, trace.trace_id), ()) if _is_of(trace, tool)]
        messages = [
            message for spoken in sides.values() if spoken and spoken.shown for message in spoken.shown.messages
        ]
        if any(message.calls or message.role == "tool" for message in messages):
            complete(messages, found)
            found = []  # the messages contain them already
        readings.append(
            TurnReading(
                trace, **sides, tools=found[:MAX_TOOLS_OF_TURN], tools_left_out=max(0, len(found) - MAX_TOOLS_OF_TURN)
            )
        )
    return readings[len(before) :]


def _stored(traces: Sequence[Trace], head: int) -> StoredTexts:
    project_id, buckets = traces[0].project_id, {trace.bucket for trace in traces}
    found = Span.objects.for_project(project_id).filter(bucket__in=buckets, kind=Kind.TOOL)
    found = found.filter(trace_id__in=[trace.trace_id for trace in traces]).order_by("started_at", "span_id")
    rows = found.values("bucket", "trace_id", "span_id", "name", "level", "status_message", "started_at", "ended_at")[
        :MAX_SPANS_OF_PAGE
    ]
    tools = {(row["bucket"], row["trace_id"], row["span_id"]): row for row in rows}
    turns = Counter((trace.bucket, trace.trace_id) for trace in traces)
    shown: dict[tuple[date, str], int] = defaultdict(int)
    keys = set()
    for key in tools:
        shown[key[:2]] += 1
        if shown[key[:2]] <= MAX_TOOLS_OF_TURN * turns[key[:2]]:
            keys.add(key)
    for trace in traces:
        span_ids = (trace.input_span_id, trace.output_span_id)
        keys |= {(trace.bucket, trace.trace_id, span_id) for span_id in span_ids if span_id is not None}
    return StoredTexts(tools, load_texts(project_id, keys), head)


def _spoken(
    stored: StoredTexts, trace: Trace, side: str, role: str, history: History, *, is_first: bool, is_apart: bool
) -> Spoken | None:
    span_id = trace.input_span_id if side == "input" else trace.output_span_id
    text = stored.texts.get((trace.bucket, trace.trace_id, span_id or ""), {}).get(side)
    if span_id is None or text is None or not text.size:
        return None
    is_apart = is_apart and side == "input"
    shown = (
        None
        if text.words is None
        else _shown(text.words, role, history, head=stored.head, is_first=is_first, is_apart=is_apart)
    )
    return Spoken(side, role, span_id, text.size, shown)


def _shown(text: str, role: str, history: History, *, head: int, is_first: bool, is_apart: bool) -> Shown:
    said = saying(text)
    value = said.value
    if not is_conversation(value):
        history.add([{"role": role, "content": value if isinstance(value, str) else said.words}])
        shown_body, sent = bodies_of(said, head)
        return Shown(len(text), body=shown_body, sent=sent)
    repeated = 0 if is_apart else history.new_from(value)
    is_whole = repeated or (is_first and not is_apart)
    start = repeated if is_whole else last_turn(value) if role == "user" else 0
    history.add(value[start:])
    first = max(start, len(value) - MESSAGES_PER_PAGE)
    return Shown(
        len(text),
        messages_of(value, first, len(value), head),
        earlier=first,
        is_repeated=first == repeated > 0,
    )


def _is_of(turn: Trace, tool: Call) -> bool:
    """Return whether a tool of a trace ran in this turn of it."""
    if not turn.exchange_span_id:
        return True
    return tool.at is not None and turn.started_at <= tool.at <= turn.ended_at


def _tools(stored: StoredTexts) -> dict[tuple[date, str], list[Call]]:
    """Return the tool calls of each trace, in the order in which they began."""
    found: dict[tuple[date, str], list[Call]] = defaultdict(list)
    for key, row in stored.tools.items():
        found[key[:2]].append(_tool(row, stored.texts.get(key, {}), stored.head))
    return found


def _tool(row: dict[str, Any], sides: dict[str, Text], head: int) -> Call:
    asked, answered = (sides.get(side) for side in SIDES)
    sent = asked.words if asked and asked.words else ""
    arguments = value if (value := parsed(sent)) is not None else sent
    return Call(
        name=row["name"] or "tool",
        id="",
        arguments=_body_of(asked, head) or RenderedBody(),
        gist=gists.asked_for(arguments),
        result=_body_of(answered, head),
        result_gist=gists.answered(answered.words, arguments) if answered and answered.words else "",
        error=row["status_message"] or "",
        has_failed=row["level"] == Level.ERROR,
        span_id=row["span_id"],
        at=row["ended_at"],
        duration_ms=_duration(row["started_at"], row["ended_at"]),
    )


def _duration(started_at: datetime | None, ended_at: datetime | None) -> int | None:
    return (ended_at - started_at) // timedelta(milliseconds=1) if started_at and ended_at else None


def _body_of(text: Text | None, head: int) -> RenderedBody | None:
    if text is None or text.words == "":
        return None
    return RenderedBody(note=TOO_LONG_NOTE) if text.words is None else body_of(text.words, head)
