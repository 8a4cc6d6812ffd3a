"""What a span is and how it ended, in the spelling of every SDK; frameworks without a capture after their tables."""

from datetime import UTC, datetime
from typing import Any

import pytest

from tests.tracing.reports import at
from tests.tracing.spans import event, messages, raw_span, translated, usage_of
from tracing.records import Kind, Level
from tracing.vocabularies import translate

EXCEPTION = event("exception", exception__type="ValueError", exception__message="boom")


@pytest.mark.parametrize(
    ("attributes", "kind"),
    [
        *[({"langfuse.observation.type": kind.name.lower()}, kind) for kind in Kind],
        *[({"langfuse.observation.type": kind.name}, kind) for kind in Kind],
        ({"langfuse.observation.type": "span", "gen_ai.request.model": "m"}, Kind.SPAN),
        ({"lmnr.span.type": "LLM"}, Kind.GENERATION),
        ({"lmnr.span.type": "TOOL"}, Kind.TOOL),
        ({"lmnr.span.type": "DEFAULT"}, Kind.SPAN),
        ({"lmnr.span.type": "DEFAULT", "gen_ai.operation.name": "chat"}, Kind.GENERATION),
        ({"lmnr.span.type": "EVALUATOR"}, Kind.EVALUATOR),
        ({"gen_ai.operation.name": "chat"}, Kind.GENERATION),
        ({"gen_ai.operation.name": "embeddings"}, Kind.EMBEDDING),
        ({"gen_ai.operation.name": "invoke_agent", "gen_ai.request.model": "m"}, Kind.AGENT),
        ({"gen_ai.operation.name": "agent_step"}, Kind.CHAIN),
        ({"gen_ai.operation.name": "execute_tool"}, Kind.TOOL),
        ({"gen_ai.tool.name": "lookup"}, Kind.TOOL),
        ({"openinference.span.kind": "LLM"}, Kind.GENERATION),
        ({"openinference.span.kind": "RERANKER"}, Kind.RETRIEVER),
        ({"openinference.span.kind": "GUARDRAIL"}, Kind.GUARDRAIL),
        ({"openinference.span.kind": "UNKNOWN"}, Kind.SPAN),
        ({"ai.operationId": "ai.generateText.doGenerate"}, Kind.GENERATION),
        ({"ai.operationId": "ai.embed.doEmbed"}, Kind.EMBEDDING),
        ({"ai.operationId": "ai.streamText", "ai.model.id": "m"}, Kind.AGENT),
        ({"ai.operationId": "ai.embed", "ai.model.id": "m"}, Kind.SPAN),
        ({"ai.operationId": "ai.toolCall"}, Kind.TOOL),
        ({"traceloop.span.kind": "workflow"}, Kind.CHAIN),
        ({"traceloop.span.kind": "agent"}, Kind.AGENT),
        ({"llm.request.type": "chat"}, Kind.GENERATION),
        ({"mlflow.spanType": '"CHAT_MODEL"'}, Kind.GENERATION),
        ({"mlflow.spanType": '"TOOL"'}, Kind.TOOL),
        ({"gen_ai.response.model": "m"}, Kind.GENERATION),
        ({"model": "m"}, Kind.SPAN),  # a car, perhaps
        ({"model": "m", "gen_ai.usage.input_tokens": 1}, Kind.GENERATION),
        ({}, Kind.SPAN),
    ],
    ids=str,
)
def test_kinds(attributes: dict[str, Any], kind: Kind) -> None:
    assert translated(attributes).kind == kind


@pytest.mark.parametrize(
    ("attributes", "name"),
    [
        ({}, "step"),
        ({"gen_ai.tool.name": "lookup", "logfire.msg": "running tool: lookup"}, "lookup"),
        ({"tool.name": "lookup"}, "lookup"),
        ({"ai.toolCall.name": "lookup", "ai.operationId": "ai.toolCall"}, "lookup"),
        ({"traceloop.span.kind": "tool", "traceloop.entity.name": "lookup"}, "lookup"),
        ({"traceloop.span.kind": "workflow", "traceloop.entity.name": "support"}, "step"),
        ({"logfire.msg": "turn 1"}, "turn 1"),
        ({"ai.operationId": "ai.generateText", "ai.telemetry.functionId": "support"}, "support:ai.generateText"),
        ({"ai.operationId": "ai.generateText"}, "ai.generateText"),
    ],
    ids=str,
)
def test_names(attributes: dict[str, Any], name: str) -> None:
    assert translated(attributes).name == name


@pytest.mark.parametrize(
    ("attributes", "model", "provider"),
    [
        (
            {"gen_ai.request.model": "asked", "gen_ai.response.model": "served", "gen_ai.system": "OpenAI"},
            "served",
            "openai",
        ),
        ({"gen_ai.request.model": "asked", "gen_ai.provider.name": "aws.bedrock"}, "asked", "aws"),
        ({"langfuse.observation.model.name": "m", "gen_ai.response.model": "served"}, "m", None),
        ({"llm.model_name": "served", "llm.provider": "azure", "llm.system": "openai"}, "served", "azure"),
        ({"llm.invocation_parameters": '{"model": "asked"}'}, "asked", None),
        ({"embedding.model_name": "e"}, "e", None),
        (
            {"ai.model.id": "asked", "ai.response.model": "served", "ai.model.provider": "openai.chat"},
            "served",
            "openai",
        ),
        ({"ai.model.id": "asked", "gen_ai.response.model": "served"}, "served", None),
        ({"mlflow.llm.model": '"served"'}, "served", None),
        ({"mlflow.spanType": '"LLM"', "model": '"asked"'}, "asked", None),
        ({"llm.openai.model": "served"}, "served", None),
    ],
    ids=str,
)
def test_models(attributes: dict[str, Any], model: str, provider: str | None) -> None:
    record = translated(attributes)

    assert (record.model, record.provider) == (model, provider)


@pytest.mark.parametrize(
    ("attributes", "parameters"),
    [
        (
            {"langfuse.observation.model.parameters": '{"temperature": 0.2, "stop": null}'},
            {"temperature": 0.2, "stop": None},
        ),
        ({"gen_ai.request.model": "m", "gen_ai.request.temperature": 0.2}, {"temperature": 0.2}),
        ({"llm.invocation_parameters": '{"temperature": 0.2}'}, {"temperature": 0.2}),
        ({"ai.settings.temperature": 0.2, "ai.settings.context.sessionId": "s"}, {"temperature": 0.2}),
    ],
    ids=str,
)
def test_model_parameters(attributes: dict[str, Any], parameters: dict[str, Any]) -> None:
    record = translated(attributes)

    assert record.model_parameters == parameters
    assert record.raw is not None
    assert record.raw["model_parameters"] == parameters


@pytest.mark.parametrize(
    ("fields", "level", "message"),
    [
        ({}, Level.DEFAULT, None),
        ({"attributes": {"langfuse.observation.level": "WARNING"}}, Level.WARNING, None),
        ({"attributes": {"langfuse.observation.level": "DEFAULT"}, "status_code": 2}, Level.DEFAULT, None),
        ({"status_code": 2, "status_message": "no"}, Level.ERROR, "no"),
        ({"status_code": 2, "events": [EXCEPTION]}, Level.ERROR, "boom"),
        ({"events": [EXCEPTION]}, Level.ERROR, "boom"),  # Laminar's JavaScript SDK
        ({"status_code": 1, "events": [EXCEPTION]}, Level.DEFAULT, None),  # handled, says the OK
        ({"status_code": 2, "attributes": {"error.type": "T", "error.message": "m"}}, Level.ERROR, "m"),  # LiteLLM
        ({"status_code": 2, "attributes": {"error.type": "T"}}, Level.ERROR, "T"),  # the Anthropic SDK
        ({"attributes": {"error.type": "T"}}, Level.DEFAULT, None),
        ({"attributes": {"logfire.level_num": 17}}, Level.ERROR, None),
        ({"attributes": {"logfire.level_num": 13}}, Level.WARNING, None),
        ({"attributes": {"logfire.level_num": 9}}, Level.DEFAULT, None),
        ({"attributes": {"logfire.level_num": 5}}, Level.DEBUG, None),
        ({"attributes": {"logfire.level_num": 9}, "status_code": 2}, Level.ERROR, None),
        ({"attributes": {"mlflow.spanLogLevel": "40"}}, Level.ERROR, None),
        (
            {"attributes": {"langfuse.observation.status_message": "mine"}, "status_message": "other"},
            Level.DEFAULT,
            "mine",
        ),
    ],
    ids=str,
)
def test_levels_and_status_messages(fields: dict[str, Any], level: Level, message: str | None) -> None:
    record = translated(**fields)

    assert (record.level, record.status_message) == (level, message)


@pytest.mark.parametrize(
    ("attributes", "events"),
    [
        ({"langfuse.observation.completion_start_time": f'"{at(0.5).isoformat()}"'}, []),
        ({"ai.response.msToFirstChunk": 500.0}, []),
        ({"gen_ai.server.time_to_first_token": 0.5}, []),
        ({}, [event("First Token Stream Event")]),
        ({}, [event("gen_ai.content.completion.chunk"), event("gen_ai.content.completion.chunk")]),
    ],
    ids=str,
)
def test_the_time_of_the_first_token(attributes: dict[str, Any], events: list[dict[str, Any]]) -> None:
    assert translated(attributes, events=events).completion_started_at == at(0.5)


def test_a_completion_start_encoded_twice() -> None:
    record = translated({"langfuse.observation.completion_start_time": '"2026-11-21T02:59:04.018802Z"'})

    assert record.completion_started_at == datetime(2026, 11, 21, 2, 59, 4, 18802, tzinfo=UTC)


@pytest.mark.parametrize(
    "key", ["langfuse.internal.as_root", "langfuse.internal.is_app_root", "lmnr.internal.override_parent_span"]
)
def test_marks_of_a_root(key: str) -> None:
    assert translated({key: True}, parent_id="gone").is_root is True


def test_a_span_that_must_not_be_stored() -> None:
    assert translate(raw_span({"lmnr.internal.tracing_level": "off"})) is None


def test_a_span_that_must_be_stored_without_its_texts() -> None:
    said = {
        "lmnr.span.input": '"secret"',
        "gen_ai.input.messages": '[{"role": "user", "content": "secret"}]',
        "llm.output_messages.0.message.content": "secret",
        "langfuse.trace.output": "secret",
        "gen_ai.usage.input_tokens": 5,
    }
    secret = event("gen_ai.user.message", content="secret")
    record = translated(said | {"lmnr.internal.tracing_level": "meta_only"}, events=[secret, EXCEPTION])

    assert "secret" not in str(record)
    assert usage_of(said) == {"input": 5}


def test_a_report_that_came_as_logs_judges_nothing() -> None:
    """It may arrive after its span, and what it says counts then."""
    choice = event("gen_ai.choice", message={"role": "assistant", "content": "hi"})
    record = translated({"gen_ai.system": "openai"}, name="", started_at=None, ended_at=None, events=[choice])

    assert (record.name, record.kind, record.level, record.usage) == (None, None, None, None)
    assert messages(record.output) == [{"role": "assistant", "content": "hi"}]


def test_the_raw_part_has_all_that_the_record_has_not() -> None:
    attributes = {"langfuse.observation.input": "in", "session.id": "s", "custom": {"a": [1]}}
    events = [event("gen_ai.content.completion.chunk"), EXCEPTION]
    record = translated(attributes, events=events, resource={"service.name": "shop"})

    assert record.raw == {
        "attributes": {"session.id": "s", "custom": {"a": [1]}},
        "events": [EXCEPTION],
        "resource": {"service.name": "shop"},
        "scope": {"name": "shop", "version": "1"},
    }


def test_a_second_best_source_of_a_text_stays_raw() -> None:
    record = translated({"lmnr.span.input": '"first"', "input.value": "second"})

    assert record.input == "first"
    assert record.raw is not None
    assert record.raw["attributes"] == {"input.value": "second"}


# Frameworks of which there is no captured request, after what they are known to send


def test_the_anthropic_sdks_own_span() -> None:
    attributes = {
        "gen_ai.request.model": "claude-a",
        "gen_ai.response.model": "claude-b",
        "gen_ai.usage.input_tokens": 120,
        "gen_ai.usage.output_tokens": 25,
        "gen_ai.usage.cache_read.input_tokens": 64,
        "gen_ai.usage.cache_write.input_tokens": 32,
    }
    record = translated(attributes, scope_name="com.anthropic.sdk.python")

    assert (record.kind, record.model) == (Kind.GENERATION, "claude-b")
    assert usage_of(attributes) == {"input": 120, "output": 25, "cached": 64, "cache_write": 32}


def test_the_agents_sdks_span_says_ok_though_a_child_failed() -> None:
    record = translated({"openinference.span.kind": "AGENT"}, status_code=1)

    assert (record.kind, record.level) == (Kind.AGENT, Level.DEFAULT)


def test_langchains_facts_may_all_be_in_metadata() -> None:
    metadata = '{"thread_id": "s", "user_id": "u", "tags": ["a"], "ls_provider": "openai"}'
    claims = translated({"openinference.span.kind": "CHAIN", "metadata": metadata}).claims

    assert (claims.session_id, claims.user_id, claims.tags) == ("s", "u", ["a"])


def test_litellms_raw_request_below_an_applications_span() -> None:
    """The attributes of its own span are lost then; the raw ones are what Python prints."""
    record = translated(
        {
            "llm.openai.id": "chatcmpl-1",
            "llm.openai.model": "gpt-4o-mini-2024-07-18",
            "llm.openai.messages": "[{'role': 'user', 'content': '¿Dónde?'}]",
            "llm.openai.choices": "[{'index': 0, 'message': {'role': 'assistant', 'content': \"It's here\"}}]",
            "llm.openai.usage": "{'prompt_tokens': 120, 'completion_tokens': 25, 'total_tokens': 145,"
            " 'prompt_tokens_details': {'cached_tokens': 64}}",
        },
        scope_name="litellm",
    )

    assert (record.kind, record.model) == (Kind.GENERATION, "gpt-4o-mini-2024-07-18")
    assert record.usage is not None
    assert (record.usage.input_tokens, record.usage.cached_tokens) == (120, 64)
    assert messages(record.input) == [{"role": "user", "content": "¿Dónde?"}]
    assert messages(record.output) == [{"role": "assistant", "content": "It's here"}]


def test_pydantic_ais_agent_run_of_version_1() -> None:
    record = translated(
        {
            "agent_name": "support",
            "model_name": "gpt-4o-mini",
            "gen_ai.usage.input_tokens": 420,
            "all_messages_events": '[{"event.name": "gen_ai.user.message", "role": "user", "content": "hi"},'
            ' {"event.name": "gen_ai.assistant.message", "role": "assistant", "content": "yo"}]',
            "final_result": "yo",
        },
        name="agent run",
        scope_name="pydantic-ai",
    )

    assert (record.kind, record.model, record.output) == (Kind.AGENT, "gpt-4o-mini", "yo")
    assert [m["role"] for m in messages(record.input)] == ["user", "assistant"]


def test_pydantic_ais_tool_of_version_1() -> None:
    attributes = {"gen_ai.tool.name": "lookup", "tool_arguments": '{"id":1}', "tool_response": '"ok"'}
    record = translated(attributes, name="running tool", scope_name="pydantic-ai")

    assert (record.kind, record.name, record.input, record.output) == (Kind.TOOL, "lookup", '{"id":1}', "ok")


def test_a_voice_agents_turn() -> None:
    heard = translated({"lk.user_transcript": "where is it"}, name="user_turn")
    said = translated({"lk.response.text": "here", "lk.response.ttft": 0.5}, name="agent_turn")

    assert (heard.input, said.output, said.completion_started_at) == ("where is it", "here", at(0.5))
