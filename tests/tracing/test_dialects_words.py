"""In every dialect and under every key of a text: sentences in objects, placeholders, and conversations of any size."""

import json
from collections.abc import Iterator
from typing import Any, NamedTuple

import pytest

from tests.tracing.spans import messages, translated
from tracing.store.previews import spoken_text
from tracing.vocabularies import VOCABULARIES
from tracing.vocabularies.tables import Together

QUESTION = "Where is my order?"
ROLES = {"input": "user", "output": "assistant"}
# Readers of several keys that a span need not all have.
WHOLE = {"input.value", "output.value", "gen_ai.input.messages", "ai.response.text", "lk.response.text"}
# Keys of one form: lists of values, events, and what voice agents say or hear, which changes its side.
FORMS = ("ai.values", "events", "lk.input_text", "lk.user_transcript", "lk.user_input", "llm.")


class TextKey(NamedTuple):
    """A key of a vocabulary that holds a text of one side of a span."""

    side: str
    key: str
    scope: str

    def read(self, value: str) -> str | None:
        record = translated({self.key: value}, scope_name=self.scope)
        found: str | None = getattr(record, self.side)
        return found


def text_keys() -> Iterator[TextKey]:
    for vocabulary in VOCABULARIES:
        for side in ROLES:
            for key, reader in vocabulary.table.get(side, {}).items():
                if (key in WHOLE or not isinstance(reader, Together)) and not key.startswith(FORMS):
                    yield TextKey(side, key, min(vocabulary.scopes, default="shop"))


KEYS = sorted(set(text_keys()))


def is_of_a_tool(text_key: TextKey) -> bool:
    return "tool" in text_key.key.lower()


def test_most_keys_of_texts_are_asked() -> None:
    assert len(KEYS) > 30


@pytest.mark.parametrize("text_key", KEYS, ids=lambda key: f"{key.scope}:{key.key}")
def test_an_object_around_a_sentence_is_that_sentence(text_key: TextKey) -> None:
    wrapped: list[Any] = [
        {"message": QUESTION},
        {"q": QUESTION, "user_id": "u-1", "stream": True},
        {"args": [QUESTION], "kwargs": {}},
        [QUESTION],
        json.dumps({"message": QUESTION}),
    ]
    for value in wrapped:
        read = text_key.read(json.dumps(value))
        assert read is not None
        assert spoken_text(read, role=ROLES[text_key.side]) == QUESTION


ANSWER = "It arrives tomorrow."
SPOKEN = [  # by name, by the last word of a name, beside instructions, and inside of the text of a field
    {"body": json.dumps({"message": QUESTION}), "headers": {"user-agent": "Mozilla/5.0 (Windows NT 10.0)"}},
    {"system": "You are kind.", "user": QUESTION},
    {"system_prompt": "You are a kind assistant.", "user_prompt": QUESTION},
    {"final_output": QUESTION, "last_agent": "Support Agent"},
    {"finalOutput": QUESTION, "lastAgent": "Support Agent"},
    {"task": {"description": QUESTION, "expected_output": "A short answer."}},
]
TRANSCRIPTS = [
    ("speaker", "text", "customer", "agent"),
    ("author", "text", "user", "bot"),
    ("sender", "message", "User", "Bot"),
    ("from", "value", "human", "gpt"),
]
DELTAS = ["It ", "arrives ", "tomorrow."]
STREAMS = {
    "OpenAI": "".join(f"data: {json.dumps({'choices': [{'delta': {'content': d}}]})}\n\n" for d in DELTAS)
    + "data: [DONE]\n\n",
    "Anthropic": 'event: message_start\ndata: {"type": "message_start", "message": {"role": "assistant"}}\n\n'
    + "".join(
        f"event: content_block_delta\ndata: {json.dumps({'type': 'content_block_delta', 'delta': {'text': d}})}\n\n"
        for d in DELTAS
    ),
}


@pytest.mark.parametrize("said", SPOKEN, ids=str)
def test_the_field_that_speaks_is_found_by_its_name_and_shape(said: dict[str, Any]) -> None:
    assert spoken_text(translated({"input.value": json.dumps(said)}).input or "", role="user") == QUESTION


@pytest.mark.parametrize(("who", "what", "person", "machine"), TRANSCRIPTS)
def test_a_transcript_is_a_conversation_whoever_speaks(who: str, what: str, person: str, machine: str) -> None:
    lines = [(person, "Hello"), (machine, ANSWER), (person, QUESTION)]
    sent = [{who: speaker, what: words, "at": 5} for speaker, words in lines]
    roles = ["user", "assistant", "user"]
    for value in (sent, {"messages": sent}, {"history": sent}):
        assert messages(translated({"input.value": json.dumps(value)}).input) == [
            {"role": role, "content": words, "at": 5} for role, (_, words) in zip(roles, lines, strict=True)
        ]


@pytest.mark.parametrize(
    "sent", [[{"from": "Ana", "text": "Hello"}], [{"from": "user", "text": "Hello", "tool_calls": [1]}], [{"from": 1}]]
)
def test_a_list_of_something_else_is_no_transcript(sent: Any) -> None:
    assert translated({"input.value": json.dumps(sent)}).input == json.dumps(sent)


@pytest.mark.parametrize("stream", STREAMS.values(), ids=STREAMS)
def test_the_body_of_a_stream_is_the_answer_in_it(stream: str) -> None:
    record = translated({"output.value": stream})
    assert spoken_text(record.output or "", role="assistant") == ANSWER
    assert (record.raw or {})["attributes"]["output.value"] == stream, "what was sent stays"
    broken = stream + "data: {\n\n"
    assert translated({"output.value": broken}).output == broken


@pytest.mark.parametrize("text_key", KEYS, ids=lambda key: f"{key.scope}:{key.key}")
@pytest.mark.parametrize("nothing", ["{}", "[]", "null", '{"args": [], "kwargs": {}}'])
def test_a_placeholder_is_no_text(text_key: TextKey, nothing: str) -> None:
    if not is_of_a_tool(text_key):
        assert text_key.read(nothing) is None


@pytest.mark.parametrize("text_key", KEYS, ids=lambda key: f"{key.scope}:{key.key}")
def test_a_placeholder_of_a_tool_stands_behind_every_text(text_key: TextKey) -> None:
    record = translated(
        {text_key.key: "{}", f"acme.{text_key.side}": QUESTION, "gen_ai.tool.name": "f"}, scope_name=text_key.scope
    )
    assert getattr(record, text_key.side) == QUESTION


@pytest.mark.parametrize("text_key", KEYS, ids=lambda key: f"{key.scope}:{key.key}")
@pytest.mark.parametrize("size", [10, 199_999, 200_001])
@pytest.mark.parametrize("words", [QUESTION, "你好，我的订单在哪里？"])
def test_the_last_message_of_a_side_is_found_at_any_size(text_key: TextKey, size: int, words: str) -> None:
    role = ROLES[text_key.side]
    told = [
        {"role": "system", "content": "r" * size},
        {"role": role, "content": "One"},
        {"role": role, "content": words},
    ]
    for is_ascii in (True, False):
        read = text_key.read(json.dumps(told, ensure_ascii=is_ascii))
        assert read is not None
        assert spoken_text(read, role=role) == words


@pytest.mark.parametrize("text_key", KEYS, ids=lambda key: f"{key.scope}:{key.key}")
def test_messages_that_python_printed_are_read_in_every_dialect(text_key: TextKey) -> None:
    read = text_key.read(f"{{'messages': [HumanMessage(content='{QUESTION}'), AIMessage(content='{QUESTION}')]}}")
    assert read is not None
    assert spoken_text(read, role=ROLES[text_key.side]) == QUESTION


def test_half_a_character_does_not_hide_a_conversation() -> None:
    cut = r'[{"role": "user", "content": "Where is it? \ud83d"}, {"role": "assistant", "content": "Here \ud83d\udce6"}]'

    asked, answered = messages(translated({"input.value": cut}).input)
    assert (asked["content"], answered["content"]) == ("Where is it? \ufffd", "Here 📦")


def test_documents_that_were_found_are_the_output_of_a_search() -> None:
    record = translated({
        "openinference.span.kind": "RETRIEVER",
        "input.value": "returns",
        "retrieval.documents.1.document.content": "Rule 8",
        "retrieval.documents.0.document.content": "Rule 7",
        "retrieval.documents.0.document.score": 0.5,
    })  # fmt: skip

    assert record.input == "returns"
    assert json.loads(record.output or "") == [{"content": "Rule 7", "score": 0.5}, {"content": "Rule 8"}]
