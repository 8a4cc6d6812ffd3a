"""What a value says is judged by its shape: one text in it that is language, and nothing of a placeholder."""

import json
from typing import Any

import pytest

from tests.tracing.spans import event, messages, translated
from tracing.reading.sayings import saying
from tracing.store.previews import preview, spoken_text
from tracing.vocabularies.messages import normalised
from tracing.vocabularies.printed import MAX_PRINTED_CHARACTERS, MAX_PRINTED_DEPTH, unprinted
from tracing.vocabularies.speech import MAX_FIELDS, MAX_VISITS, is_silent, says_nothing, sentence

QUESTION = "Where is my order?"
ONE_SENTENCE: list[tuple[Any, str]] = [
    *(
        ({name: QUESTION}, QUESTION)
        for name in ("message", "question", "q", "pregunta", "質問", "task", "user_message")
    ),
    ({"q": "hi"}, "hi"),
    ({"message": "12345"}, "12345"),
    ({"q": "Hola", "lang": "es", "user_id": "u-1", "stream": True}, "Hola"),
    ({"message": "yes", "history": []}, "yes"),
    ({"message": QUESTION, "url": "https://shop.example/orders", "model": "gpt-4o"}, QUESTION),
    ({"question": "我的订单在哪里？", "context": "The house has many rules. Rule 1."}, "我的订单在哪里？"),
    ({"data": {"query": {"text": QUESTION}}, "config": {"model": "gpt-4o", "n": 1}}, QUESTION),
    ({"args": [QUESTION], "kwargs": {}}, QUESTION),
    ({"args": ["<__main__.Bot object at 0x7f3a>", QUESTION], "kwargs": {"lang": "en"}}, QUESTION),
    ({"args": [], "kwargs": {"message": QUESTION}}, QUESTION),
    (["Hello there", "How are you?"], "Hello there\nHow are you?"),
    (["I", " am", " here", "."], "I am here."),
    ({"answer": "It arrives.", "sources": ["doc one", "doc two"], "score": 0.9}, "It arrives."),
    ({"status": "success", "content": "Done."}, "Done."),
]


@pytest.mark.parametrize(("value", "said"), ONE_SENTENCE)
def test_an_object_with_one_speaking_field_says_that(value: Any, said: str) -> None:
    assert sentence(value) == said
    assert spoken_text(json.dumps(value), role="user") == said


@pytest.mark.parametrize(
    "value",
    [
        {"safe": True},
        {"sides": 6, "count": 2},
        {"subject": "The first order", "body": "The second order"},
        [{"id": 1, "name": "One order"}, {"id": 2, "name": "Two orders"}],
        {f"field {n}": "Some words" for n in range(MAX_FIELDS + 1)},
        [["x"] * 100] * (MAX_VISITS // 50),
        [],
        7,
    ],
)
def test_an_object_that_says_nothing_or_several_things_stays_as_it_is(value: Any) -> None:
    assert sentence(value) is None


def test_values_that_nest_without_end_say_nothing() -> None:
    value: Any = "Where is it?"
    for _ in range(50):
        value = {"inner": value}

    assert sentence(value) is None
    assert not is_silent(value)


@pytest.mark.parametrize("text", ["{}", "[]", '""', "null", "None", "[{}, null]", '{"args":[],"kwargs":{}}',
                                  "<app.Request object at 0x7f>", '[{"role":"assistant","content":""}]'])  # fmt: skip
def test_placeholders_say_nothing(text: str) -> None:
    assert says_nothing(text)


@pytest.mark.parametrize("text", ["0", "false", "[0]", '{"a":false}', "nothing", "None of them", "<b>Hi</b>", "x",
                                  '[{"role":"assistant","content":"","tool_calls":[{"name":"f"}]}]'])  # fmt: skip
def test_what_is_short_may_say_something(text: str) -> None:
    assert not says_nothing(text)


ASKED, SAID = {"role": "user", "content": 'it\'s "here"\n'}, {"role": "assistant", "content": "Sí"}
PRINTED = {
    "LangChain": (
        "[HumanMessage(content='it\\'s \"here\"\\n', additional_kwargs={}, id='1'), AIMessage(content='Sí')]",
        [ASKED, SAID],
    ),
    "LangChain without its class": ("content='Sí' additional_kwargs={} response_metadata={'model': 'm'} id='run-1'",
                                    [SAID]),
    "LangGraph's state": ("{'messages': [HumanMessage(content='it\\'s \"here\"\\n')], 'step': 1}", [ASKED]),
    "Haystack": (
        "ChatMessage(_role=<ChatRole.ASSISTANT: 'assistant'>, _content=[TextContent(text='Sí')], _name=None, _meta={})",
        [SAID],
    ),
    "LlamaIndex": (
        "[ChatMessage(role=<MessageRole.ASSISTANT: 'assistant'>, additional_kwargs={}, blocks=[TextBlock(text='Sí')])]",
        [SAID],
    ),
    "pydantic-ai": ("[ModelResponse(parts=[TextPart(content='Sí')], timestamp=datetime.datetime(2026, 1, 1, 0, 0))]",
                    [SAID]),
    "dictionaries": ("[{'role': 'assistant', 'content': 'Sí'}]", [SAID]),
    "pairs": ("[('human', 'it\\'s \"here\"\\n'), ('ai', 'Sí')]", [ASKED, SAID]),
    "printed in JSON": (json.dumps({"data": {"agent": {"messages": ["AIMessage(content='Sí')"]}}}), [SAID]),
}  # fmt: skip


@pytest.mark.parametrize(("text", "known"), PRINTED.values(), ids=PRINTED)
def test_messages_that_python_printed_are_read(text: str, known: list[dict[str, Any]]) -> None:
    read = messages(normalised(text, "assistant"))

    assert [{key: message[key] for key in ("role", "content")} for message in read] == known


def test_a_printed_call_and_its_result_are_read() -> None:
    printed = (
        "[ChatMessage(_role=<ChatRole.ASSISTANT: 'assistant'>, _content=[ToolCall(tool_name='find', "
        "arguments={'order': '7'}, id='1')]), ChatMessage(_role=<ChatRole.TOOL: 'tool'>, _content=[ToolCallResult("
        "result='on its way', origin=ToolCall(tool_name='find', arguments={'order': '7'}, id='1'), error=False)])]"
    )

    calling, result = messages(normalised(printed, "assistant"))
    assert calling["tool_calls"] == [{"id": "1", "name": "find", "arguments": {"order": "7"}}]
    assert (result["role"], result["content"], result["tool_call_id"]) == ("tool", "on its way", "1")


@pytest.mark.parametrize(
    "text",
    ["Hello (world)", "f(x=1", "{'a': ", "[1, 2]", "(see above)", "x = 1", "Note: call f(x=1)", "{'a' 1}", "a='b",
     "[" * 50 + "'x'", "{'a': " * (MAX_PRINTED_DEPTH + 2) + "1" + "}" * (MAX_PRINTED_DEPTH + 2),
     f"['{'x' * MAX_PRINTED_CHARACTERS}']"],
)  # fmt: skip
def test_what_python_did_not_print_is_a_text(text: str) -> None:
    assert unprinted(text) is None
    assert normalised(text, "user") == text


def test_an_answer_in_chunks_is_one_message() -> None:
    chunks = [{"role": "assistant", "parts": [{"type": "text", "content": piece}], "finish_reason": reason}
              for piece, reason in (("¡Ho", ""), ("la! ", ""), ("Sí.", "stop"))]  # fmt: skip

    (said,) = messages(translated({"gen_ai.output.messages": json.dumps(chunks)}).output)
    assert said == {"role": "assistant", "content": "¡Hola! Sí.", "finish_reason": "stop"}


@pytest.mark.parametrize(
    "chunks",
    [
        [{"choices": [{"delta": {"role": "assistant", "content": ""}}]}, {"choices": [{"delta": {"content": "¡Ho"}}]},
         {"choices": [{"delta": {"content": "la!"}}]}, {"choices": [], "usage": {"total_tokens": 3}}],
        [{"type": "content_block_delta", "delta": {"type": "text_delta", "text": "¡Ho"}},
         {"type": "content_block_delta", "delta": {"type": "text_delta", "text": "la!"}}, {"type": "message_stop"}],
        [{"type": "response.output_text.delta", "delta": "¡Ho"},
         {"type": "response.output_text.delta", "delta": "la!"}],
        ["¡Ho", "la!", " "],
    ],
)  # fmt: skip
def test_a_recorded_stream_is_one_answer(chunks: list[Any]) -> None:
    read = normalised(json.dumps(chunks), "assistant")
    assert read is not None
    assert spoken_text(read, role="assistant").strip() == "¡Hola!"


def test_two_answers_are_not_chunks_of_one() -> None:
    answers = [{"role": "assistant", "content": text, "finish_reason": "stop"} for text in ("One", "Two")]

    assert len(messages(translated({"gen_ai.output.messages": json.dumps(answers)}).output)) == 2


def test_parts_inside_the_content_of_any_message_are_read() -> None:
    inner = json.dumps([{"text": "Hola"}, {"toolUse": {"toolUseId": "1", "name": "find", "input": {"order": "7"}}}])
    spoken = {
        "event": translated(events=[event("gen_ai.assistant.message", content=inner)]).input,
        "attribute": translated({"input.value": json.dumps([{"role": "assistant", "content": inner}])}).input,
        "leaf": translated({"gen_ai.prompt.0.role": "assistant", "gen_ai.prompt.0.content": inner}).input,
    }

    for text in spoken.values():
        (message,) = messages(text)
        assert message["content"] == "Hola"
        assert message["tool_calls"] == [{"id": "1", "name": "find", "arguments": {"order": "7"}}]


def test_a_list_that_somebody_wrote_stays_their_words() -> None:
    written = '[{"city": "Lima", "text": "a"}]'
    assert messages(normalised(json.dumps([{"role": "user", "content": written}]), "user"))[0]["content"] == written


def test_newest_parts_are_read() -> None:
    call = {
        "type": "server_tool_call",
        "id": "1",
        "name": "web_search",
        "server_tool_call": {"type": "x", "query": "q"},
    }
    result = {"type": "server_tool_call_response", "id": "1", "server_tool_call_response": {"results": []}}
    document = {"type": "document", "title": "Rules", "source": {"type": "text", "data": "Rule 7"}}
    compaction = {"type": "compaction", "content": "They asked for an order."}
    said = [{"role": "assistant", "parts": [compaction, call, result]}, {"role": "user", "content": [document]}]

    answer, found, user = messages(translated({"gen_ai.input.messages": json.dumps(said)}).input)
    assert answer["reasoning"] == "They asked for an order."
    assert (answer["tool_calls"][0]["name"], found["role"], found["tool_call_id"]) == ("web_search", "tool", "1")
    assert user["content"] == "Rules\nRule 7"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (r"\u4f60\u597d, \ud83d\udce6", "你好, 📦"),
        (r'{"q": "\\u4f60\\u597d"}', "你好"),
        (r"\ud83d \u4f60", "\ufffd 你"),
        (r"the escape \u4f60", r"the escape \u4f60"),
        (r"你 is \u4f60\u4f60", r"你 is \u4f60\u4f60"),
    ],
)
def test_characters_that_were_escaped_once_too_often_are_shown(text: str, words: str) -> None:
    said = saying(text)

    assert (said.words, preview(text, role="user")) == (words, words)
    assert (said.sent is None) == (words == text)


CUT = ['[{"role":"system","content":"Be kind"},{"role":"user","content":"Where is it?"},{"role":"assista',
       '[{"role": "user", "content": "Where is it?"}, {"role": "tool", "content": "x',
       '[{"role":"user","content":"Where is it? \\\\u4f6']  # fmt: skip


@pytest.mark.parametrize("text", CUT)
def test_a_conversation_whose_end_was_cut_off_shows_the_last_question_in_it(text: str) -> None:
    assert spoken_text(text, role="user").startswith("Where is it?")
