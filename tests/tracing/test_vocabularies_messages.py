"""Chat messages in the spelling of every SDK become the one shape that tracing/vocabularies/messages.py documents."""

import json
from typing import Any

import pytest

from tests.tracing.spans import event, messages, translated
from tracing.vocabularies.messages import normalised

USER = {"role": "user", "content": "¿Dónde está?"}
SYSTEM = {"role": "system", "content": "Be kind"}
ASKED = [SYSTEM, USER]
CALL = {"id": "call_1", "name": "lookup", "arguments": {"order": "4821"}}
CALLING = {"role": "assistant", "content": "", "tool_calls": [CALL]}
ANSWER = {"role": "tool", "content": '{"ok":true}', "tool_call_id": "call_1"}
SAID = {"role": "assistant", "content": "Encontrei! 📦"}
WORDS, ARGUMENTS = "¿Dónde está?", '{"order": "4821"}'


def dumps(value: Any) -> str:
    return json.dumps(value)


def oi(side: str, *leaves: tuple[str, Any]) -> dict[str, Any]:
    return {f"llm.{side}_messages.{path}": value for path, value in leaves}


PYDANTIC_EVENTS = [
    {"event.name": "gen_ai.system.message", "content": "Be kind", "role": "system", "gen_ai.message.index": 0},
    {"event.name": "gen_ai.user.message", "content": WORDS, "role": "user"},
    {"event.name": "gen_ai.choice", "index": 0, "message": {"role": "assistant", "content": "Encontrei! 📦"}},
]


@pytest.mark.parametrize(
    "attributes",
    [
        {"gen_ai.input.messages": dumps(
            [{"role": "system", "parts": [{"type": "text", "content": "Be kind"}]},
             {"role": "user", "parts": [{"type": "text", "content": WORDS}]}]
        )},
        {"gen_ai.input.messages": dumps([{"role": "user", "parts": [{"type": "text", "content": WORDS}]}]),
         "gen_ai.system_instructions": dumps([{"type": "text", "content": "Be kind"}])},
        {"gen_ai.input.messages": [{"role": "user", "parts": [{"type": "text", "content": WORDS}]}],
         "gen_ai.system_instructions": [{"type": "text", "content": "Be kind"}]},
        {"gen_ai.input.messages": dumps([USER]), "gen_ai.system_instructions": "Be kind"},
        {"langfuse.observation.input": dumps(ASKED)},
        {"lmnr.span.input": dumps(ASKED)},
        {"input.value": dumps({"model": "gpt-4o", "messages": ASKED, "tools": []})},
        {"input.value": dumps({"model": "gpt-4o", "instructions": "Be kind", "input": WORDS})},
        {"mlflow.spanInputs": dumps({"model": "m", "messages": ASKED})},
        {"mlflow.spanInputs": dumps({"model": "claude", "system": [{"type": "text", "text": "Be kind"}],
                                     "messages": [{"role": "user", "content": [{"type": "text", "text": WORDS}]}]})},
        oi("input", ("0.message.role", "system"), ("0.message.content", "Be kind"),
           ("1.message.role", "user"), ("1.message.content", WORDS)),
        oi("input", ("10.message.role", "user"), ("10.message.contents.0.message_content.type", "text"),
           ("10.message.contents.0.message_content.text", WORDS),
           ("9.message.role", "system"), ("9.message.content", "Be kind")),
        {"gen_ai.prompt.0.role": "system", "gen_ai.prompt.0.content": "Be kind",
         "gen_ai.prompt.1.role": "user", "gen_ai.prompt.1.content": dumps([{"type": "text", "text": WORDS}])},
        {"ai.prompt.messages": dumps([SYSTEM, {"role": "user", "content": [{"type": "text", "text": WORDS}]}])},
        {"ai.prompt": dumps({"system": "Be kind", "messages": [USER]})},
        {"ai.prompt": dumps({"system": "Be kind", "prompt": WORDS})},
        {"pydantic_ai.all_messages": dumps(ASKED)} | {"gen_ai.input.messages": dumps(ASKED)},
        {"events": dumps(PYDANTIC_EVENTS)},
        {"llm.openai.messages": str(ASKED)},
        {"gcp.vertex.agent.llm_request": dumps(
            {"model": "gemini", "system_instruction": "Be kind",
             "contents": [{"role": "user", "parts": [{"text": WORDS}]}]}
        )},
        {"input.value": dumps({"messages": [[  # LangChain's batch of one
            {"lc": 1, "type": "constructor", "id": ["langchain", "schema", "SystemMessage"],
             "kwargs": {"content": "Be kind", "type": "system"}},
            {"lc": 1, "type": "constructor", "id": ["langchain", "schema", "HumanMessage"],
             "kwargs": {"content": WORDS, "type": "human"}}]]})},
        {"input.value": dumps({"messages": [["system", "Be kind"], ["human", WORDS]]})},
        {"input.value": dumps({"messages": [{"type": "system", "data": {"content": "Be kind"}},
                                            {"type": "human", "content": WORDS}]})},
        {"lk.chat_ctx": dumps({"items": [{"id": "i", "type": "message", **SYSTEM}, {"type": "message", **USER}]})},
    ],
    ids=lambda attributes: next(iter(attributes)),
)  # fmt: skip
def test_what_a_model_was_given(attributes: dict[str, Any]) -> None:
    found = messages(translated(attributes).input)

    assert [{"role": m["role"], "content": m["content"]} for m in found] == ASKED


def test_a_single_pair_of_a_role_and_a_text_is_a_message() -> None:
    asked = translated({"input.value": dumps({"messages": [["human", WORDS]]})}).input
    assert messages(asked) == [{"role": "user", "content": WORDS}]


@pytest.mark.parametrize(
    "attributes",
    [
        {"gen_ai.output.messages": dumps([{"role": "assistant", "parts": [
            {"type": "tool_call", "id": "call_1", "name": "lookup", "arguments": {"order": "4821"}}]}])},
        {"gen_ai.output.messages": dumps([{"role": "assistant", "parts": [
            {"type": "tool_call", "id": "call_1", "name": "lookup", "arguments": ARGUMENTS}]}])},
        {"langfuse.observation.output": dumps({"role": "assistant", "content": None, "tool_calls": [
            {"id": "call_1", "type": "function", "function": {"name": "lookup", "arguments": ARGUMENTS}}]})},
        {"lmnr.span.output": dumps([{"role": "assistant", "content": [
            {"type": "tool_use", "id": "call_1", "name": "lookup", "input": {"order": "4821"}}]}])},
        {"output.value": dumps({"choices": [{"finish_reason": "tool_calls", "index": 0, "message": {
            "role": "assistant", "content": None, "refusal": None, "tool_calls": [
                {"id": "call_1", "type": "function", "function": {"name": "lookup", "arguments": ARGUMENTS}}]}}]})},
        {"output.value": dumps({"object": "response", "output": [
            {"type": "function_call", "id": "fc_1", "call_id": "call_1", "name": "lookup", "arguments": ARGUMENTS}]})},
        oi("output", ("0.message.role", "assistant"),
           ("0.message.tool_calls.0.tool_call.id", "call_1"),
           ("0.message.tool_calls.0.tool_call.function.name", "lookup"),
           ("0.message.tool_calls.0.tool_call.function.arguments", ARGUMENTS),
           ("0.message.contents.0.message_content.type", "tool_use"),  # Anthropic's calls are spelled twice
           ("0.message.contents.0.tool_call.id", "call_1"),
           ("0.message.contents.0.tool_call.function.name", "lookup"),
           ("0.message.contents.0.tool_call.function.arguments", ARGUMENTS)),
        {"gen_ai.completion.0.finish_reason": "tool_calls", "gen_ai.completion.0.role": "assistant",
         "gen_ai.completion.0.tool_calls.0.id": "call_1", "gen_ai.completion.0.tool_calls.0.name": "lookup",
         "gen_ai.completion.0.tool_calls.0.arguments": ARGUMENTS},
        {"ai.response.text": "", "ai.response.toolCalls": dumps([
            {"toolCallType": "function", "toolCallId": "call_1", "toolName": "lookup", "args": ARGUMENTS}])},
        {"ai.response.toolCalls": dumps([
            {"type": "tool-call", "toolCallId": "call_1", "toolName": "lookup", "input": {"order": "4821"}}])},
        {"llm.openai.choices": str([{"index": 0, "message": {"role": "assistant", "content": None, "tool_calls": [
            {"id": "call_1", "type": "function", "function": {"name": "lookup", "arguments": ARGUMENTS}}]}}])},
        {"output.value": dumps({"generations": [[{"text": "", "message": {
            "lc": 1, "type": "constructor", "id": ["x", "AIMessage"],
            "kwargs": {"content": "", "tool_calls": [
                {"id": "call_1", "name": "lookup", "args": {"order": "4821"}, "type": "tool_call"}]}}}]]})},
        {"gcp.vertex.agent.llm_response": dumps({"content": {"role": "model", "parts": [
            {"function_call": {"id": "call_1", "name": "lookup", "args": {"order": "4821"}}}]}})},
        {"output.value": dumps({"output": {"message": {"role": "assistant", "content": [
            {"toolUse": {"toolUseId": "call_1", "name": "lookup", "input": {"order": "4821"}}}]}}})},
    ],
    ids=lambda attributes: next(iter(attributes)),
)  # fmt: skip
def test_what_a_model_called(attributes: dict[str, Any]) -> None:
    record = translated(attributes)

    (found,) = messages(record.output)
    assert {key: found[key] for key in CALLING} == CALLING
    assert record.claims.tool_names == ["lookup"]


@pytest.mark.parametrize(
    "sent",
    [
        {"role": "tool", "tool_call_id": "call_1", "content": '{"ok":true}'},
        {"role": "tool", "parts": [{"type": "tool_call_response", "id": "call_1", "response": {"ok": True}}]},
        {"role": "tool", "parts": [{"type": "tool_call_response", "id": "call_1", "result": '{"ok":true}'}]},
        {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "call_1", "content": '{"ok":true}'}]},
        {"role": "user", "content": [
            {"type": "tool_result", "tool_use_id": "call_1", "content": [{"type": "text", "text": '{"ok":true}'}]}]},
        {"role": "tool", "content": [{"type": "tool-result", "toolCallId": "call_1", "result": {"ok": True}}]},
        {"role": "tool", "content": [
            {"type": "tool-result", "toolCallId": "call_1", "output": {"type": "json", "value": {"ok": True}}}]},
        {"type": "function_call_output", "call_id": "call_1", "output": '{"ok":true}'},
        {"role": "user", "parts": [{"functionResponse": {"id": "call_1", "response": {"ok": True}}}]},
        {"type": "tool", "tool_call_id": "call_1", "content": '{"ok":true}'},
    ],
    ids=str,
)  # fmt: skip
def test_a_tools_answer_is_a_message_of_its_own(sent: dict[str, Any]) -> None:
    assert messages(normalised(dumps([sent]), "user")) == [ANSWER]


def test_answers_come_between_the_call_and_what_the_user_says_next() -> None:
    sent = [
        {"role": "assistant", "content": [{"type": "tool_use", "id": "call_1", "name": "lookup", "input": {}}]},
        {"role": "user", "content": [
            {"type": "tool_result", "tool_use_id": "call_1", "content": "yes"}, {"type": "text", "text": "And?"}]},
    ]  # fmt: skip

    assert [(m["role"], m["content"]) for m in messages(normalised(dumps(sent), "user"))] == [
        ("assistant", ""),
        ("tool", "yes"),
        ("user", "And?"),
    ]


def test_an_agents_output_may_say_its_last_words_first() -> None:
    parts = [
        {"type": "text", "content": "Encontrei!"},
        {"type": "tool_call", "id": "call_1", "name": "lookup", "arguments": {}},
        {"type": "tool_call_response", "id": "call_1", "response": "ok"},
    ]
    record = translated({"gen_ai.output.messages": dumps([{"role": "assistant", "parts": parts}])})

    first, second = messages(record.output)
    assert (first["content"], first["tool_calls"][0]["name"]) == ("Encontrei!", "lookup")
    assert second == {"role": "tool", "content": "ok", "tool_call_id": "call_1"}


@pytest.mark.parametrize(
    "part",
    [
        {"type": "reasoning", "content": "hm"},
        {"type": "thinking", "thinking": "hm", "signature": "x"},
        {"type": "reasoning", "text": "hm"},
        {"type": "reasoning", "summary": [{"type": "summary_text", "text": "hm"}]},
        {"text": "hm", "thought": True},
        {"reasoningContent": {"reasoningText": {"text": "hm"}}},
    ],
    ids=str,
)
def test_what_a_model_thought_is_kept_apart(part: dict[str, Any]) -> None:
    (found,) = messages(
        normalised(dumps([{"role": "assistant", "content": [part, {"type": "text", "text": "yo"}]}]), "")
    )

    assert found == {"role": "assistant", "content": "yo", "reasoning": "hm"}


PNG = "iVBORw0KGgo="


@pytest.mark.parametrize(
    ("part", "media"),
    [
        ({"type": "image_url", "image_url": {"url": "https://x/a.png"}}, ("image", "https://x/a.png")),
        ({"type": "input_image", "image_url": "https://x/a.png"}, ("image", "https://x/a.png")),
        (
            {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": PNG}},
            ("image", f"data:image/png;base64,{PNG}"),
        ),
        ({"type": "image", "source": {"type": "url", "url": "https://x/a.png"}}, ("image", "https://x/a.png")),
        (
            {"type": "input_audio", "input_audio": {"data": PNG, "format": "wav"}},
            ("audio", f"data:audio/wav;base64,{PNG}"),
        ),
        (
            {"type": "blob", "modality": "image", "mime_type": "image/png", "content": PNG},
            ("image", f"data:image/png;base64,{PNG}"),
        ),
        ({"type": "uri", "modality": "video", "uri": "gs://b/a"}, ("video", "gs://b/a")),
        ({"type": "file", "data": PNG, "mediaType": "application/pdf"}, ("file", f"data:application/pdf;base64,{PNG}")),
        ({"type": "image", "image": f"data:image/png;base64,{PNG}"}, ("image", f"data:image/png;base64,{PNG}")),
        ({"inlineData": {"mimeType": "image/png", "data": PNG}}, ("image", f"data:image/png;base64,{PNG}")),
        ({"fileData": {"mimeType": "image/png", "fileUri": "gs://b/a"}}, ("image", "gs://b/a")),
        (
            {"image": {"format": "png", "source": {"bytes": PNG}}},
            ("image", f"data:image/png;base64,{PNG}"),
        ),
        ({"type": "image_url", "image_url": {"url": "@@@langfuseMedia:x@@@"}}, ("image", "@@@langfuseMedia:x@@@")),
    ],
    ids=str,
)
def test_files_stand_beside_the_text(part: dict[str, Any], media: tuple[str, str]) -> None:
    (found,) = messages(normalised(dumps([{"role": "user", "content": [{"type": "text", "text": "look"}, part]}]), ""))

    assert found["content"] == "look"
    assert found["media"] == [{"type": media[0], "url": media[1]}]


def test_openinferences_flattened_images() -> None:
    leaf = "0.message.contents.1.message_content"
    record = translated(
        oi("input", ("0.message.role", "user"), ("0.message.contents.0.message_content.text", "look"),
           (f"{leaf}.type", "image"), (f"{leaf}.image.image.url", "https://x/a.png"))
    )  # fmt: skip

    assert messages(record.input) == [
        {"role": "user", "content": "look", "media": [{"type": "image", "url": "https://x/a.png"}]}
    ]


@pytest.mark.parametrize(
    "events",
    [
        [event("gen_ai.system.message", content="Be kind"), event("gen_ai.user.message", content=WORDS),
         event("gen_ai.choice", index=0, finish_reason="stop", message=dumps(SAID))],
        [event("gen_ai.system.message", content="Be kind", gen_ai__system="openai"),
         event("gen_ai.user.message", content=WORDS, gen_ai__system="openai"),
         event("gen_ai.choice", index=0, finish_reason="stop", message=SAID)],
        [event("gen_ai.client.inference.operation.details",
               gen_ai__input__messages=dumps([USER]), gen_ai__system_instructions=dumps([{"content": "Be kind"}]),
               gen_ai__output__messages=[{"role": "assistant", "parts": [{"type": "text", "content": "Encontrei! 📦"}],
                                          "finish_reason": "stop"}])],
        [event("gen_ai.content.prompt", gen_ai__prompt=dumps(ASKED)),
         event("gen_ai.content.completion", gen_ai__completion=dumps([SAID | {"finish_reason": "stop"}]))],
    ],
    ids=lambda events: events[0]["name"],
)  # fmt: skip
def test_messages_in_span_events(events: list[dict[str, Any]]) -> None:
    record = translated({"gen_ai.operation.name": "chat"}, events=events)

    assert messages(record.input) == ASKED
    assert messages(record.output) == [SAID | {"finish_reason": "stop"}]
    assert record.raw is not None
    assert "events" not in record.raw  # the record has them


def test_events_in_an_attribute_are_input_and_output() -> None:
    record = translated({"events": dumps(PYDANTIC_EVENTS)})

    assert (messages(record.input), messages(record.output)) == (ASKED, [SAID])


@pytest.mark.parametrize(
    "sent",
    [
        "hi",
        "[not json",
        '{"message": "hi"}',
        '{"args": ["hi"], "kwargs": {}}',
        '[{"doc": 1, "score": 0.5, "type": "x"}]',
        '[{"role": "admin", "email": "a@example.com"}]',  # a list of people
        '{"role": "user", "id": 7}',
        '{"prompt": "draw a cat", "size": 2}',
        '{"type": "tool", "name": "x"',
        '[["a", "b"]]',
        "[]",
        '[{"role": "user", "content": "hi"}, {"x": 1}]',
    ],
)
def test_what_is_no_conversation_stays_as_it_was_sent(sent: str) -> None:
    assert normalised(sent, "user") == sent


def test_a_normalised_conversation_comes_out_unchanged() -> None:
    conversation = [*ASKED, CALLING, ANSWER | {"name": "lookup"}, SAID | {"reasoning": "hm", "finish_reason": "stop"}]
    conversation.append(USER | {"media": [{"type": "image", "url": "https://x/a.png"}], "custom": {"a": 1}})

    assert messages(normalised(json.dumps(conversation), "user")) == conversation


def test_of_a_chain_only_the_first_message_is_flattened() -> None:
    first = oi("input", ("0.message.role", "user"), ("0.message.content", "first"))
    whole = {"input.value": dumps({"messages": ASKED})}

    assert messages(translated(first | whole | {"openinference.span.kind": "CHAIN"}).input) == ASKED
    assert messages(translated(first | whole | {"openinference.span.kind": "LLM"}).input)[0]["content"] == "first"


def test_litellm_says_a_call_beside_an_answer_without_content() -> None:
    record = translated(
        {
            "gen_ai.output.messages": dumps([{"role": "assistant", "parts": [], "finish_reason": "tool_calls"}]),
            "gen_ai.completion.0.function_call.name": "lookup",
            "gen_ai.completion.0.function_call.arguments": ARGUMENTS,
        }
    )

    assert messages(record.output)[0]["tool_calls"] == [CALL | {"id": ""}]
    assert record.claims.tool_names == ["lookup"]


def test_a_crews_answer_is_its_raw_text() -> None:
    output = {"raw": "here", "pydantic": None, "messages": ASKED, "description": "Where is it?"}

    assert messages(translated({"output.value": dumps(output)}).output) == [{"role": "assistant", "content": "here"}]


def test_laminars_json_texts_lose_their_quotes() -> None:
    record = translated({"lmnr.span.input": '"hi \\u00e9"', "lmnr.span.output": "1"})

    assert (record.input, record.output) == ("hi é", "1")


def test_a_request_is_also_kept_raw_since_it_says_more_than_its_messages() -> None:
    request = dumps({"model": "m", "messages": ASKED, "tools": [1]})
    record = translated({"input.value": request, "output.value": dumps([SAID]), "x": 1})

    assert record.raw is not None
    assert record.raw["attributes"] == {"input.value": request, "x": 1}


def test_events_without_a_choice_end_with_the_answer() -> None:
    """Azure's agents have each message as JSON in an attribute of its event."""
    asked = dumps({"role": "user", "content": "Where is it?"})
    said = dumps({"role": "assistant", "content": {"text": {"value": "In Lima."}}})
    events = [
        event("gen_ai.user.message", gen_ai__event__content=asked),
        event("gen_ai.assistant.message", gen_ai__event__content=said),
    ]

    assert messages(translated(events=events).output) == [{"role": "assistant", "content": "In Lima."}]
    assert messages(translated(events=events).input)[0] == {"role": "user", "content": "Where is it?"}
    assert translated(events=[*events[::-1]]).output is None, "a history that ends with a question has no answer"
