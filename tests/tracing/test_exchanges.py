"""Traces that hold a whole conversation, in the shapes of many libraries, and traces that only look like one."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import permutations
from typing import Any

import pytest

from tracing.json_text import dump
from tracing.records import Kind, Level, RawSpan, SpanRecord
from tracing.store.rows import SpanRow, row_of
from tracing.store.trace_totals import roll_up
from tracing.token_usage import Usage
from tracing.vocabularies import translate

START = datetime(2026, 11, 29, 10, tzinfo=UTC)
System = {"role": "system", "content": "You are kind."}


def user(text: str, **more: Any) -> dict[str, Any]:
    return {"role": "user", "content": text, **more}


def agent(text: str) -> dict[str, Any]:
    return {"role": "assistant", "content": text}


def messages(*told: dict[str, Any]) -> str:
    return dump(list(told))


@dataclass
class Call:
    """The spans of a trace, each a second after the one before."""

    records: list[SpanRecord] = field(default_factory=list)

    def span(
        self,
        name: str,
        parent: str | None = None,
        *,
        asked: str | None = None,
        answered: str | None = None,
        kind: Kind = Kind.SPAN,
        **more: Any,
    ) -> str:
        """Add a span and return its id."""
        span_id = f"{len(self.records):04}"
        at = START + timedelta(seconds=len(self.records))
        self.records.append(
            SpanRecord(
                "t", span_id, parent, name=name, kind=kind, input=asked, output=answered,
                **{"started_at": at, "ended_at": at + timedelta(seconds=0.5), **more},
            )
        )  # fmt: skip
        return span_id

    def model(self, parent: str | None, *history: dict[str, Any], says: str | None, **more: Any) -> str:
        """Add a model call with its history and its answer."""
        usage = Usage(input_tokens=100, output_tokens=10)
        more = {"kind": Kind.GENERATION, "model": "gpt-4o", "usage": usage, **more}
        answered = None if says is None else messages(agent(says))
        return self.span("chat", parent, asked=messages(*history), answered=answered, **more)

    @property
    def rows(self) -> list[SpanRow]:
        return [row_of(record, START) for record in self.records]

    @property
    def turns(self) -> list[tuple[str | None, str | None]]:
        """What was asked and what was answered in each turn."""
        totals = roll_up(self.rows, {})
        ids = [(turn["input"], turn["output"]) for turn in totals.exchanges or ()]
        ids = ids or [(totals.input_span_id, totals.output_span_id)]
        assert totals.turn_count == len(ids)
        return [(self._said(asked, "input"), self._said(answered, "output")) for asked, answered in ids]

    def _said(self, span_id: str | None, side: str) -> str | None:
        text = next((getattr(record, side) for record in self.records if record.span_id == span_id), None)
        if text is None or not text.startswith("[{"):
            return text
        return str(text.rpartition('"content":"')[2].partition('"')[0])


def test_a_chat_loop_in_one_trace_is_a_turn_for_each_message_of_the_user() -> None:
    call = Call()
    root = call.span("chat loop", asked='{"args":[],"kwargs":{}}')
    history = [System]
    for question, answer in (("Hi", "Hello"), ("Lima?", "Sunny"), ("yes", "Fine"), ("yes", "Bye")):
        history.append(user(question))
        call.model(root, *history, says=answer)
        history.append(agent(answer))

    assert call.turns == [("Hi", "Hello"), ("Lima?", "Sunny"), ("yes", "Fine"), ("yes", "Bye")]


def test_a_history_that_forgets_its_beginning_still_tells_the_turns() -> None:
    call = Call()
    history: list[dict[str, Any]] = []
    for number in range(30):
        history = [*history, user(f"question {number}")][-9:]
        call.model(None, System, *history, says=f"answer {number}")
        history.append(agent(f"answer {number}"))

    assert call.turns == [(f"question {number}", f"answer {number}") for number in range(30)]


def test_tools_within_a_turn_belong_to_it() -> None:
    call = Call()
    root = call.span("loop")
    asks = {"role": "assistant", "content": "", "tool_calls": [{"id": "1", "name": "weather", "arguments": {}}]}
    told = {"role": "tool", "content": "sunny", "tool_call_id": "1"}
    call.span("chat", root, asked=messages(user("Lima?")), answered=messages(asks), kind=Kind.GENERATION)
    call.span("weather", root, asked="{}", answered="sunny", kind=Kind.TOOL)
    call.model(root, user("Lima?"), asks, told, says="Sunny")
    call.model(root, user("Lima?"), asks, told, agent("Sunny"), user("Thanks"), says="Bye")

    assert call.turns == [("Lima?", "Sunny"), ("Thanks", "Bye")]
    assert [turn["span_count"] for turn in roll_up(call.rows, {}).exchanges or ()] == [3, 1]


def test_a_search_before_an_answer_belongs_to_that_answer() -> None:
    call = Call()
    root = call.span("loop")
    at = START + timedelta(minutes=5)
    call.model(root, user("Lima?"), says="Sunny")
    call.span("search", root, asked="Quito", kind=Kind.RETRIEVER, started_at=at, ended_at=at)
    call.model(root, user("Lima?"), agent("Sunny"), user("Quito?"), says="Rain", started_at=at, ended_at=at)

    assert [turn["span_count"] for turn in roll_up(call.rows, {}).exchanges or ()] == [1, 2]


def test_every_order_of_arrival_tells_the_same_turns() -> None:
    call = Call()
    root = call.span("loop")
    call.model(root, user("a"), says="A")
    call.model(root, user("a"), agent("A"), user("b"), says="B")
    call.model(root, user("a"), agent("A"), user("b"), agent("B"), user("c"), says="C")

    found = [roll_up(rows, {}).exchanges for rows in permutations(call.rows)]
    assert len(found[0] or ()) == 3
    assert all(exchanges == found[0] for exchanges in found)


def test_runs_of_an_agent_that_share_their_history_are_turns() -> None:
    call = Call()
    for told, answer in (([user("a")], "A"), ([user("a"), agent("A"), user("b")], "B")):
        run = call.span("invoke_agent", asked=messages(*told), answered=messages(agent(answer)), kind=Kind.AGENT)
        call.model(run, *told, says="{}")
        call.model(run, *told, agent("{}"), user("That is no answer. Try again."), says=answer)

    assert call.turns == [("a", "A"), ("b", "B")]


ONE_TURN: dict[str, Call] = {}


def one_turn(name: str) -> Call:
    ONE_TURN[name] = Call()
    return ONE_TURN[name]


def _one_turn_each() -> None:
    call = one_turn("an agent that asks another one twice, by a tool")
    root = call.span("run")
    call.model(root, user("Plan a trip"), says=None)
    tool = call.span("ask expert", root, asked="{}", answered="ok", kind=Kind.TOOL)
    call.model(tool, user("Where?"), says="Lima")
    call.model(tool, user("Where?"), agent("Lima"), user("When?"), says="In May")
    call.model(root, user("Plan a trip"), says="Lima in May")

    call = one_turn("an agent that asks another one twice, side by side")
    root = call.span("run")
    call.model(root, user("Plan a trip"), says=None)
    call.model(root, user("Where?"), says="Lima")
    call.model(root, user("Where?"), agent("Lima"), user("When?"), says="In May")
    call.model(root, user("Plan a trip"), says="Lima in May")

    call = one_turn("a turn of a long chat, its title and its suggestions")
    root = call.span("run", asked="And now?", answered="Done")
    past = [user("a"), agent("A"), user("b"), agent("B"), user("And now?")]
    call.model(root, *past, says="Done")
    call.model(root, *past, agent("Done"), user("Suggest a title"), says="A talk")

    call = one_turn("sub-agents with prompts of their own")
    root = call.span("crew", asked="Write about Lima", answered="Lima is nice")
    for name in ("researcher", "writer", "critic"):
        inner = call.span(name, root, asked=f"You are the {name}", answered=f"{name} done", kind=Kind.AGENT)
        call.model(inner, user(f"You are the {name}"), says=f"{name} done")

    call = one_turn("a group chat of agents")
    root = call.span("team")
    said: list[dict[str, Any]] = [user("Write about Lima")]
    for number, name in enumerate(["writer", "critic", "writer", "critic"]):
        call.model(root, *said, says=f"draft {number}")
        said.append(user(f"draft {number}", name=name))

    call = one_turn("a group chat whose messages name their speakers")
    said = [user("Write about Lima")]
    for number, name in enumerate(["writer", "critic", "writer", "critic"]):
        call.model(None, *said, says=f"draft {number}")
        said.append(user(f"{name} said:\ndraft {number}"))

    call = one_turn("answers that are read aloud")
    root = call.span("run", asked="Where?", answered="Lima", kind=Kind.AGENT)
    call.model(root, user("Where?"), says="Let me see")
    call.model(root, user("Summarise"), says="Lima")
    call.span("tts", root, answered="Lima", kind=Kind.SPEECH)

    call = one_turn("the loop of an agent whose steps are called turns")
    root = call.span("agent", kind=Kind.AGENT)
    for number in range(3):
        step = call.span(f"turn {number}", root)
        call.model(step, user("Where?"), says="Let me see")

    call = one_turn("documents that are summed up one by one")
    root = call.span("batch")
    for number in range(3):
        call.model(root, user(f"Summarise: document {number}"), says=f"summary {number}")

    call = one_turn("retries of a workflow that asks and answers")
    root = call.span("workflow", asked="q", answered="fine", kind=Kind.CHAIN)
    call.model(root, user("q"), says="{")
    call.model(root, user("q"), agent("{"), user("Invalid JSON"), says="fine")


_one_turn_each()


@pytest.mark.parametrize("name", ONE_TURN)
def test_what_only_looks_like_a_conversation_is_one_turn(name: str) -> None:
    assert len(ONE_TURN[name].turns) == 1


def test_a_message_of_the_user_to_a_group_of_agents_begins_a_turn() -> None:
    call = Call()
    said: list[dict[str, Any]] = [user("Write about Lima", name="user")]
    for number, words in enumerate(["draft", "better", None, "final"]):
        if words is None:
            said.append(user("Shorter, please", name="user"))
            continue
        call.model(None, *said, says=f"{words} {number}")
        said.append(user(f"{words} {number}", name="writer"))

    assert call.turns == [("Write about Lima", "better 1"), ("Shorter, please", "final 3")]


def test_a_call_with_spans_for_turns_is_a_turn_for_each_of_them() -> None:
    """Pipecat's shape: what is heard, answered and spoken is below a span `turn`; the root comes last or never."""
    call = Call()
    greeting = call.span("turn", "conversation")
    call.model(greeting, System, says="Hello, how can I help?")
    call.span("tts", greeting, answered="Hello, how can I help?", kind=Kind.SPEECH)
    history = [System, agent("Hello, how can I help?")]
    for question, answer in (("Lima?", "Sunny"), ("Bye", None), ("Hello?", "Bye")):
        turn = call.span("turn", "conversation")
        call.span("stt", turn, asked=question, kind=Kind.TRANSCRIPTION)
        history.append(user(question))
        call.model(turn, *history, says=answer)
        history.append(agent(answer or "..."))

    assert call.turns == [
        (None, "Hello, how can I help?"), ("Lima?", "Sunny"), ("Bye", None), ("Hello?", "Bye"),
    ]  # fmt: skip


def test_a_call_without_spans_for_turns_is_a_turn_for_each_question() -> None:
    call = Call()
    root = call.span("call")
    call.span("tts", root, answered="Welcome", kind=Kind.SPEECH)
    for words, answer in ((["What is", "the weather in Lima?"], "Sunny"), (["yes"], "Fine"), (["yes"], "Bye")):
        for part in words:
            call.span("stt", root, asked=part, kind=Kind.TRANSCRIPTION)
        call.model(root, user(" ".join(words)), says=answer)
        call.span("tts", root, answered=answer, kind=Kind.SPEECH)
    call.model(root, user("Sum up the call"), says="They talked about Lima")

    assert call.turns[:-1] == [
        (None, "Welcome"), ("What is the weather in Lima?", "Sunny"), ("yes", "Fine"),
    ]  # fmt: skip
    assert call.turns[-1][0] == "yes"


def test_a_model_in_realtime_answers_turn_by_turn() -> None:
    call = Call()
    root = call.span("session")
    live: dict[str, Any] = {"kind": Kind.GENERATION, "model": "gpt-realtime"}
    call.span("response", root, answered="Hi there", **live)
    call.span("response", root, asked="Lima?", answered="Sunny", **live)
    call.span("response", root, asked="Bye", answered="Bye bye", **live)

    assert call.turns == [(None, "Hi there"), ("Lima?", "Sunny"), ("Bye", "Bye bye")]


@pytest.mark.parametrize("name", ["turn {}", "chat_turn", "Turn-{}", "handleTurn", "conversation.turn", "TURN {}"])
def test_turns_by_name_need_no_histories(name: str) -> None:
    call = Call()
    root = call.span("conversation")
    for number in range(3):
        call.span(name.format(number + 1), root, asked=f"q{number}", answered=f"a{number}")

    assert call.turns == [("q0", "a0"), ("q1", "a1"), ("q2", "a2")]


def test_turns_by_name_are_told_by_what_their_objects_say() -> None:
    call = Call()
    root = call.span("conversation")
    for question, answer in (("Where is it?", "In Lima."), ("Thanks a lot!", "You are welcome.")):
        asked = dump({"args": [], "kwargs": {"message": question, "user_id": "u-7"}})
        call.span("turn", root, asked=asked, answered=dump({"answer": answer}))

    assert [turn["output"] for turn in roll_up(call.rows, {}).exchanges or ()] == ["0001", "0002"]


def test_turns_by_name_may_hold_the_agents_that_speak() -> None:
    call = Call()
    root = call.span("session")
    for number in range(2):
        turn = call.span(f"turn {number}", root)
        call.span("agent", turn, asked=f"q{number}", answered=f"a{number}", kind=Kind.AGENT)

    assert call.turns == [("q0", "a0"), ("q1", "a1")]


@pytest.mark.parametrize("name", ["return", "saturn", "get_returns", "Turnover"])
def test_other_words_are_no_turns(name: str) -> None:
    call = Call()
    root = call.span("batch")
    for number in range(3):
        call.span(name, root, asked=f"q{number}", answered=f"a{number}")

    assert len(call.turns) == 1


def test_numbers_are_shared_out_where_spans_report_them() -> None:
    call = Call()
    root = call.span("loop", usage=Usage(input_tokens=1_000), model="gpt-4o")
    call.model(root, user("a"), says="A")
    call.model(root, user("a"), agent("A"), user("b"), says=None, level=Level.ERROR)
    totals = roll_up(call.rows, {})

    assert [turn["total_tokens"] for turn in totals.exchanges or ()] == [110, 110]
    assert [turn["error_count"] for turn in totals.exchanges or ()] == [0, 1]
    assert totals.total_tokens == 1_020


def heard_and_spoken(attributes: dict[str, Any], name: str = "request") -> SpanRecord:
    span = RawSpan(
        trace_id="t", span_id="s", parent_id=None, name=name, started_at=START, ended_at=START, attributes=attributes,
        events=[], status_code=0, status_message="", resource={}, scope_name="", scope_version="",
    )  # fmt: skip
    record = translate(span)
    assert record is not None
    return record


SPEECH: Sequence[tuple[str, dict[str, Any]]] = (
    ("tts", {"gen_ai.operation.name": "tts", "gen_ai.request.model": "sonic-2", "text": "Hi"}),
    ("speak", {"gen_ai.operation.name": "text_to_speech", "gen_ai.request.model": "m", "input": "Hi"}),
    ("tts_request", {"gen_ai.request.model": "gpt-4o-mini-tts", "lk.input_text": "Hi"}),
    ("audio.speech", {"gen_ai.request.model": "tts-1-hd", "input": "Hi"}),
    ("Text-to-Speech", {"gen_ai.request.model": "eleven_turbo_v2", "input": "Hi"}),
)
TRANSCRIPTION: Sequence[tuple[str, dict[str, Any]]] = (
    ("stt", {"gen_ai.operation.name": "stt", "gen_ai.request.model": "nova-2", "transcript": "Hi"}),
    ("user_turn", {"lk.user_transcript": "Hi"}),
    ("audio", {"gen_ai.request.model": "whisper-1", "output": "Hi"}),
    ("audio", {"gen_ai.request.model": "gpt-4o-transcribe", "output": "Hi"}),
    ("openai.audio.transcriptions", {"gen_ai.request.model": "m", "output": "Hi"}),
)


@pytest.mark.parametrize(("name", "attributes"), SPEECH)
def test_text_to_speech_is_a_step_that_speaks(name: str, attributes: dict[str, Any]) -> None:
    record = heard_and_spoken(attributes, name)
    assert (record.kind, record.input, record.output) == (Kind.SPEECH, None, "Hi")
    totals = roll_up([row_of(record, START)], {})
    assert (totals.call_count, totals.usage_by_model, totals.unpriced_count) == (0, {}, 0)


@pytest.mark.parametrize(("name", "attributes"), TRANSCRIPTION)
def test_speech_to_text_is_a_step_that_hears(name: str, attributes: dict[str, Any]) -> None:
    record = heard_and_spoken(attributes, name)
    assert (record.kind, record.input, record.output) == (Kind.TRANSCRIPTION, "Hi", None)


def test_a_model_that_speaks_is_a_model() -> None:
    said = {"gen_ai.operation.name": "chat", "gen_ai.request.model": "gpt-4o-audio-preview"}
    assert heard_and_spoken({**said, "gen_ai.output.type": "speech"}).kind == Kind.GENERATION
    assert heard_and_spoken({"gen_ai.request.model": "gpt-4o"}, "contrasts").kind == Kind.GENERATION
