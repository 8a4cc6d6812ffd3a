"""Kinds, levels, first tokens and failed tools in the words of every dialect."""

from typing import Any

import pytest

from tests.tracing.reports import at
from tests.tracing.spans import event, said, translated
from tracing.records import Kind, Level

KINDS: dict[str, dict[str, Kind]] = {
    "gen_ai.operation.name": {
        "chat": Kind.GENERATION,
        "completion": Kind.GENERATION,
        "text_completion": Kind.GENERATION,
        "generate_content": Kind.GENERATION,
        "embeddings": Kind.EMBEDDING,
        "invoke_agent": Kind.AGENT,
        "create_agent": Kind.AGENT,
        "invoke_workflow": Kind.CHAIN,
        "execute_tool": Kind.TOOL,
        "retrieval": Kind.RETRIEVER,
    },
    "openinference.span.kind": {
        "LLM": Kind.GENERATION,
        "EMBEDDING": Kind.EMBEDDING,
        "CHAIN": Kind.CHAIN,
        "RETRIEVER": Kind.RETRIEVER,
        "RERANKER": Kind.RETRIEVER,
        "TOOL": Kind.TOOL,
        "AGENT": Kind.AGENT,
        "GUARDRAIL": Kind.GUARDRAIL,
        "EVALUATOR": Kind.EVALUATOR,
    },
    "mlflow.spanType": {
        "CHAT_MODEL": Kind.GENERATION,
        "LLM": Kind.GENERATION,
        "EMBEDDING": Kind.EMBEDDING,
        "AGENT": Kind.AGENT,
        "TOOL": Kind.TOOL,
        "CHAIN": Kind.CHAIN,
        "WORKFLOW": Kind.CHAIN,
        "RETRIEVER": Kind.RETRIEVER,
        "RERANKER": Kind.RETRIEVER,
        "EVALUATOR": Kind.EVALUATOR,
        "GUARDRAIL": Kind.GUARDRAIL,
    },
    "lmnr.span.type": {
        "LLM": Kind.GENERATION,
        "CACHED": Kind.GENERATION,
        "TOOL": Kind.TOOL,
        "EVALUATION": Kind.EVALUATOR,
        "EVALUATOR": Kind.EVALUATOR,
        "HUMAN_EVALUATOR": Kind.EVALUATOR,
        "EXECUTOR": Kind.CHAIN,
        "PIPELINE": Kind.CHAIN,
    },
    "traceloop.span.kind": {
        "workflow": Kind.CHAIN,
        "task": Kind.CHAIN,
        "agent": Kind.AGENT,
        "tool": Kind.TOOL,
    },
    "llm.request.type": {
        "chat": Kind.GENERATION,
        "completion": Kind.GENERATION,
        "embedding": Kind.EMBEDDING,
        "rerank": Kind.RETRIEVER,
    },
    "genkit:metadata:subtype": {
        "model": Kind.GENERATION,
        "embedder": Kind.EMBEDDING,
        "tool": Kind.TOOL,
        "tool.v2": Kind.TOOL,
        "flow": Kind.CHAIN,
        "agent": Kind.AGENT,
        "retriever": Kind.RETRIEVER,
        "reranker": Kind.RETRIEVER,
        "evaluator": Kind.EVALUATOR,
    },
}
VERCEL = {
    "ai.generateText": Kind.AGENT,
    "ai.generateText.doGenerate": Kind.GENERATION,
    "ai.streamText": Kind.AGENT,
    "ai.streamText.doStream": Kind.GENERATION,
    "ai.generateObject": Kind.AGENT,
    "ai.generateObject.doGenerate": Kind.GENERATION,
    "ai.streamObject.doStream": Kind.GENERATION,
    "ai.embed": Kind.SPAN,
    "ai.embed.doEmbed": Kind.EMBEDDING,
    "ai.embedMany.doEmbed": Kind.EMBEDDING,
    "ai.toolCall": Kind.TOOL,
}
WORDS = [(key, word, kind) for key, words in KINDS.items() for word, kind in words.items()]
# What a tool's span and its answer look like.
TOOLS: dict[str, tuple[dict[str, Any], str]] = {
    "Langfuse": ({"langfuse.observation.type": "tool"}, "langfuse.observation.output"),
    "GenAI": ({"gen_ai.operation.name": "execute_tool"}, "gen_ai.tool.call.result"),
    "Laminar": ({"lmnr.span.type": "TOOL"}, "lmnr.span.output"),
    "OpenInference": ({"openinference.span.kind": "TOOL"}, "output.value"),
    "Traceloop": ({"traceloop.span.kind": "tool"}, "traceloop.entity.output"),
    "Vercel": ({"ai.operationId": "ai.toolCall"}, "ai.toolCall.result"),
    "MLflow": ({"mlflow.spanType": '"TOOL"'}, "mlflow.spanOutputs"),
    "Google": ({"gen_ai.tool.name": "lookup"}, "gcp.vertex.agent.tool_response"),
    "LiveKit": ({"lk.function_tool.name": "lookup"}, "lk.function_tool.output"),
}
FAILED = '{"isError": true, "content": [{"type": "text", "text": "boom"}]}'


@pytest.mark.parametrize(("key", "word", "kind"), WORDS)
def test_every_word_for_a_kind_however_it_is_written(key: str, word: str, kind: Kind) -> None:
    for written in (word, word.lower(), word.upper(), f'"{word}"'):
        assert translated({key: written}).kind == kind, written


GENKIT_ANSWER = (
    '{"message": {"role": "model", "content": [{"text": "On its way."}]}, "finishReason": "stop",'
    ' "usage": {"inputTokens": 100, "outputTokens": 20, "thoughtsTokens": 10, "totalTokens": 130}}'
)


def test_only_a_model_of_genkit_has_the_name_and_the_usage_of_one() -> None:
    """The flow around it answers with an object of its own, which may well have a usage."""
    sent = {"genkit:name": "googleai/gemini-2.5-flash", "genkit:output": GENKIT_ANSWER}
    call = translated(sent | {"genkit:metadata:subtype": "model"})
    flow = translated(sent | {"genkit:metadata:subtype": "flow"})

    assert (call.model, said(call.usage)) == (
        "googleai/gemini-2.5-flash",
        {"input": 100, "output": 30, "total": 130, "reasoning": 10},
    )
    assert call.output == '[{"role":"assistant","content":"On its way."}]'
    assert (flow.kind, flow.model, flow.usage) == (Kind.CHAIN, None, None)


@pytest.mark.parametrize(("operation", "kind"), VERCEL.items())
def test_vercels_operations(operation: str, kind: Kind) -> None:
    assert translated({"ai.operationId": operation, "ai.model.id": "m"}).kind == kind


@pytest.mark.parametrize("key", KINDS)
@pytest.mark.parametrize("nonsense", ["", "DEFAULT", "UNKNOWN", "quux", None, 5, True, [], {}], ids=repr)
def test_an_unknown_word_leaves_the_kind_to_what_else_is_known(key: str, nonsense: Any) -> None:
    assert translated({key: nonsense}).kind == Kind.SPAN
    assert translated({key: nonsense, "gen_ai.response.model": "m"}).kind == Kind.GENERATION
    assert translated({key: nonsense, "gen_ai.tool.name": "lookup"}).kind == Kind.TOOL


@pytest.mark.parametrize(("key", "word", "kind"), WORDS)
def test_the_applications_own_kind_beats_every_librarys(key: str, word: str, kind: Kind) -> None:
    said = "guardrail" if kind != Kind.GUARDRAIL else "event"

    assert translated({key: word, "langfuse.observation.type": said}).kind == Kind[said.upper()]


@pytest.mark.parametrize(
    ("key", "value", "level"),
    [
        *[("langfuse.observation.level", level.name, level) for level in Level],
        *[("langfuse.observation.level", level.name.lower(), level) for level in Level],
        *[("logfire.level_num", number, Level.DEBUG) for number in (1, 5, 8)],
        *[("logfire.level_num", number, Level.DEFAULT) for number in (9, 10, 12)],
        *[("logfire.level_num", number, Level.WARNING) for number in (13, 16)],
        *[("logfire.level_num", number, Level.ERROR) for number in (17, 21, "17")],
        ("mlflow.spanLogLevel", "10", Level.DEBUG),
        ("mlflow.spanLogLevel", "20", Level.DEFAULT),
        ("mlflow.spanLogLevel", "30", Level.WARNING),
        ("mlflow.spanLogLevel", 40, Level.ERROR),
        ("mlflow.spanLogLevel", "50", Level.ERROR),
        ("gen_ai.tool.status", "error", Level.ERROR),
        ("gen_ai.tool.status", "failed", Level.ERROR),
        ("gen_ai.tool.status", "success", Level.DEFAULT),
        ("langfuse.observation.level", "LOUD", Level.DEFAULT),
        ("logfire.level_num", "loud", Level.DEFAULT),
    ],
)
def test_every_level(key: str, value: Any, level: Level) -> None:
    assert translated({key: value}).level == level


@pytest.mark.parametrize(
    "attributes",
    [
        {"langfuse.observation.completion_start_time": at(0.25).isoformat()},
        {"gen_ai.response.time_to_first_chunk": 0.25},
        {"gen_ai.server.time_to_first_token": 0.25},
        {"ai.response.msToFirstChunk": 250},
        {"ai.stream.msToFirstChunk": 250.0},
        {"lk.response.ttft": 0.25},
    ],
    ids=str,
)
def test_every_first_token(attributes: dict[str, Any]) -> None:
    later = [event("First Token Stream Event")]  # at half a second

    assert translated(attributes).completion_started_at == at(0.25)
    assert translated(attributes, events=later).completion_started_at == at(0.25), "an attribute is read first"


@pytest.mark.parametrize(("span", "answer_key"), TOOLS.values(), ids=TOOLS)
def test_a_tool_fails_by_its_answer_in_every_dialect(span: dict[str, Any], answer_key: str) -> None:
    part = '[{"type": "tool_result", "is_error": true, "content": "boom"}]'
    printed = "CallToolResult(content=[TextContent(type='text', text='boom')], isError=True)"
    named = '{"success": false, "error": "boom"}'
    for answer in (FAILED, FAILED.replace("isError", "is_error"), FAILED.replace(" ", ""), part, printed, named):
        record = translated(span | {answer_key: answer})
        assert (record.kind, record.level) == (Kind.TOOL, Level.ERROR), answer


@pytest.mark.parametrize(("span", "answer_key"), TOOLS.values(), ids=TOOLS)
@pytest.mark.parametrize(
    "answer",
    [
        FAILED.replace("true", "false"),
        '{"isError": "true"}',
        '{"log": {"isError": true}}',
        '{"text": "\\"isError\\": true"}',
        "isError: true",
        "CallToolResult(content=[], isError=False)",
        "Result(log='isError=True')",
        '{"success": false}',
        '{"success": false, "error": null}',
        '{"success": true, "error": "none"}',
        '{"content": "all well"}',
    ],
)
def test_a_tool_whose_answer_only_looks_failed_is_well(span: dict[str, Any], answer_key: str, answer: str) -> None:
    assert translated(span | {answer_key: answer}).level == Level.DEFAULT


@pytest.mark.parametrize(("span", "answer_key"), TOOLS.values(), ids=TOOLS)
def test_a_status_of_ok_or_a_level_decides_before_the_answer(span: dict[str, Any], answer_key: str) -> None:
    said = span | {answer_key: FAILED}

    assert translated(said, status_code=1).level == Level.DEFAULT
    assert translated(said | {"langfuse.observation.level": "WARNING"}).level == Level.WARNING


@pytest.mark.parametrize(("span", "answer_key"), TOOLS.values(), ids=TOOLS)
def test_an_errors_type_fails_a_tool_without_a_status(span: dict[str, Any], answer_key: str) -> None:
    record = translated(span | {answer_key: "late", "error.type": "TimeoutError"})

    assert (record.level, record.status_message) == (Level.ERROR, "TimeoutError")


@pytest.mark.parametrize(
    "attributes",
    [
        {"gen_ai.tool.name": "lookup"},
        {"tool.name": "lookup"},
        {"ai.toolCall.name": "lookup"},
        {"lk.function_tool.name": "lookup"},
        {"traceloop.span.kind": "tool", "traceloop.entity.name": "lookup"},
        {"gen_ai.tool.name": '"lookup"', "traceloop.entity.name": "other"},
    ],
    ids=str,
)
def test_a_tools_span_is_named_after_the_tool(attributes: dict[str, Any]) -> None:
    assert translated(attributes, name="execute_tool").name == "lookup"
