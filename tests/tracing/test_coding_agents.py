"""Sessions of coding agents: from their spans, from their log records in any number of requests, and from both."""

import json
from typing import Any

import pytest
from django.test import Client
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.logs.v1.logs_pb2 import LogRecord

from projects.models import Project
from tests.conftest import Key
from tests.tracing import otlp
from tests.tracing.spans import event, raw_span, translated, usage_of
from tracing.models import IngestionIssue, Span, SpanIO, Trace
from tracing.records import Issue, Kind, Level, Reason
from tracing.vocabularies import translate
from tracing.vocabularies.coding_agents import tools_with_failures
from tracing.wire.logs import decode_logs

SECOND = 1_000_000_000
CALL = {"model": "claude-opus-4-5", "input_tokens": 100, "output_tokens": 20, "duration_ms": 500}


def log(name: str, at: float = 0, *, ids: tuple[int, int] = (0, 0), **attributes: Any) -> LogRecord:
    """A record of an agent's event; attribute names have `__` in the place of dots."""
    return LogRecord(
        trace_id=ids[0].to_bytes(16, "big") if ids[0] else b"",
        span_id=ids[1].to_bytes(8, "big") if ids[1] else b"",
        event_name=name,
        time_unix_nano=otlp.START + int(at * SECOND),
        attributes=otlp.pairs({key.replace("__", "."): value for key, value in attributes.items()}),
    )


def claude(name: str, at: float = 0, **attributes: Any) -> LogRecord:
    return log(f"claude_code.{name}", at, **{"session__id": "s", "prompt__id": "p1", **attributes})


def codex(name: str, at: float = 0, **attributes: Any) -> LogRecord:
    return log(f"codex.{name}", at, **{"conversation__id": "c", "model": "gpt-5.1-codex", **attributes})


def body_of(*records: LogRecord) -> bytes:
    request = ExportLogsServiceRequest()
    request.resource_logs.add().scope_logs.add().log_records.extend(records)
    return request.SerializeToString()


def post(client: Client, key: Key, *records: LogRecord) -> None:
    answer = client.post("/v1/logs", body_of(*records), otlp.PROTOBUF, headers={"Authorization": key.bearer})
    assert (answer.status_code, answer.content) == (200, b"")


def tree(project: Project) -> dict[str | None, str | None]:
    """The name of each span, with that of its parent."""
    spans = list(Span.objects.for_project(project))
    names = {span.span_id: span.name for span in spans}
    return {span.name: names.get(span.parent_id or "") for span in spans}


@pytest.mark.django_db
def test_a_prompt_is_a_turn_with_its_calls_and_tools(client: Client, project: Project, key: Key) -> None:
    post(
        client,
        key,
        claude("user_prompt", prompt="Fix it"),
        claude("api_request", 2, **CALL, cost_usd=0.5, request_id="r1"),
    )
    post(client, key, claude("tool_result", 3, tool_name="Bash", tool_use_id="t1", success="false", error="exit 1",
                             tool_input='{"command": "pytest"}', duration_ms="800"))  # fmt: skip
    post(client, key, claude("assistant_response", 4, response="Fixed.", request_id="r1"))
    post(client, key, claude("user_prompt", 60, prompt="Thanks", prompt__id="p2"))

    first, second = Trace.objects.for_project(project).order_by("started_at")
    assert (first.session_id, second.session_id) == ("s", "s")
    assert (first.input_preview, first.output_preview, second.input_preview) == ("Fix it", "Fixed.", "Thanks")
    assert (first.tool_names, first.error_count, first.call_count, str(first.total_cost)) == (
        ["Bash"],
        1,
        1,
        "0.500000000000",
    )
    prompt = "claude_code.user_prompt"
    call, tool = Span.objects.for_project(project).exclude(kind=Kind.AGENT).order_by("started_at")
    assert (call.kind, tool.kind, tool.level, tool.status_message) == (
        Kind.GENERATION,
        Kind.TOOL,
        Level.ERROR,
        "exit 1",
    )
    assert (call.ended_at - call.started_at).total_seconds() == 0.5
    assert (tool.ended_at - tool.started_at).total_seconds() == 0.8
    assert json.loads(SpanIO.objects.for_project(project).get(span_id=tool.span_id).input) == {"command": "pytest"}
    assert tree(project) == {prompt: None, "claude_code.api_request": prompt, "Bash": prompt}
    assert not IngestionIssue.objects.for_project(project).exists()


@pytest.mark.django_db
def test_events_without_a_turn_belong_to_the_last_prompt_before_them(
    client: Client, project: Project, key: Key
) -> None:
    done = {"event__kind": "response.completed", "input_token_count": 10, "output_token_count": 5}
    post(client, key, codex("user_prompt", prompt="one"))
    post(
        client,
        key,
        codex("sse_event", 1, **done),
        codex("tool_result", 2, tool_name="shell", call_id="a", success="true"),
    )
    post(
        client,
        key,
        codex("sse_event", 3, **done),
        codex("user_prompt", 10, prompt="two"),
        codex("sse_event", 11, **done),
    )
    post(client, key, codex("tool_result", 12, tool_name="apply_patch", call_id="b", success="true", output="done"))

    first, second = Trace.objects.for_project(project).order_by("started_at")
    assert (first.input_preview, first.call_count, first.tool_names) == ("one", 2, ["shell"])
    assert (second.input_preview, second.call_count, second.tool_names) == ("two", 1, ["apply_patch"])
    assert (first.session_id, second.session_id, first.total_tokens) == ("c", "c", 30)


@pytest.mark.django_db
def test_what_a_sub_agent_does_is_below_it(client: Client, project: Project, key: Key) -> None:
    outer = {"query_source": "subagent", "agent_id": "a1", "agent__name": "researcher"}
    inner = {"agent_id": "a2", "parent_agent_id": "a1", "agent__name": "reader"}
    post(
        client,
        key,
        claude("user_prompt", prompt="Look around"),
        claude("tool_result", 1, tool_name="Read", tool_use_id="t1", success="true", **inner),
        claude("tool_result", 2, tool_name="Grep", tool_use_id="t2", success="true", **outer),
        claude("subagent_completed", 3, **outer),
        claude("tool_result", 4, tool_name="Edit", tool_use_id="t3", success="true"),
    )

    prompt = "claude_code.user_prompt"
    assert tree(project) == {
        prompt: None,
        "researcher": prompt,
        "reader": "researcher",
        "Read": "reader",
        "Grep": "researcher",
        "Edit": prompt,
    }
    assert Trace.objects.for_project(project).get().tool_names == ["Edit", "Grep", "Read"]


@pytest.mark.django_db
def test_logs_join_the_spans_that_they_name(client: Client, project: Project, key: Key) -> None:
    interaction = otlp.span(
        "claude_code.interaction", trace=9, session__id="s", user_prompt="Fix it", span__type="interaction"
    )
    number = int.from_bytes(interaction.span_id, "big")
    tool = otlp.span("claude_code.tool", trace=9, parent=number, session__id="s", span__type="tool", tool_name="Bash")
    headers = {"Authorization": key.bearer}
    client.post("/v1/traces", otlp.body(interaction, tool), otlp.PROTOBUF, headers=headers)
    within: dict[str, Any] = {"ids": (9, number)}
    post(
        client,
        key,
        claude("user_prompt", prompt="Fix it", **within),
        claude("api_request", 1, **CALL, cost_usd=0.5, **within),
        claude("tool_result", 2, tool_name="Bash", success="true", **within),
    )

    trace = Trace.objects.for_project(project).get()
    assert (trace.session_id, trace.input_preview, trace.tool_names, trace.call_count) == ("s", "Fix it", ["Bash"], 1)
    assert str(trace.total_cost) == "0.500000000000"
    assert Span.objects.for_project(project).filter(kind=Kind.TOOL).count() == 1
    assert Span.objects.for_project(project).filter(kind=Kind.EVENT).count() == 2


@pytest.mark.django_db
def test_what_is_no_known_event_of_a_session_is_named(client: Client, project: Project, key: Key) -> None:
    post(
        client,
        key,
        claude("tool_decision", tool_name="Bash"),
        claude("user_prompt", session__id="undefined", prompt="x"),
        log("codex.user_prompt", prompt="x"),
        codex("sse_event", event__kind="response.output_text.delta"),
        log("gemini_cli.api_request", session__id="s", request_text="x"),
    )

    issue = IngestionIssue.objects.for_project(project).get()
    assert (issue.reason, issue.count, issue.sample) == (Reason.LOG_IGNORED, 5, "claude_code.tool_decision")
    assert not Trace.objects.for_project(project).exists()


@pytest.mark.parametrize("prefix", ["claude_code.", "codex.", "gemini_cli.", "qwen-code.", ""])
@pytest.mark.parametrize("place", ["event name", "attribute", "body"])
def test_an_event_is_known_by_its_name_wherever_it_is(prefix: str, place: str) -> None:
    record = log(prefix + "user_prompt", session__id="s", prompt="Hi")
    if place != "event name":
        record.event_name = ""
        if place == "attribute":
            record.attributes.extend(otlp.pairs({"event.name": prefix + "user_prompt"}))
        else:
            record.body.string_value = prefix + "user_prompt"
    issues: list[Issue] = []

    (span,) = decode_logs(body_of(record), otlp.PROTOBUF, issues)

    assert (span.name, span.attributes["span.type"], issues) == (prefix + "user_prompt", "interaction", [])


def test_the_same_records_give_the_same_ids_and_others_do_not() -> None:
    records = [claude("user_prompt"), claude("api_request", 1, **CALL), claude("api_request", 2, **CALL),
               claude("user_prompt", prompt__id="p2"), claude("user_prompt", session__id="other")]  # fmt: skip

    spans = decode_logs(body_of(*records), otlp.PROTOBUF)

    ids = [(span.trace_id, span.span_id) for span in spans]
    assert ids == [(span.trace_id, span.span_id) for span in decode_logs(body_of(*records), otlp.PROTOBUF)]
    assert len(set(ids)) == 5
    assert len({trace for trace, _ in ids}) == 3
    assert all(len(trace) == 32 and len(span) == 16 for trace, span in ids)


@pytest.mark.parametrize(
    ("name", "more"),
    [
        ("api_error", {"error": "Overloaded"}),
        ("api_refusal", {"error_message": "Overloaded"}),
        ("api_request", {"error.message": "Overloaded", "http.response.status_code": 529}),
        ("sse_event", {"error.message": "Overloaded", "event.kind": "response.failed"}),
    ],
)
def test_a_call_that_failed_says_why(name: str, more: dict[str, Any]) -> None:
    (span,) = decode_logs(body_of(claude(name, model="claude-opus-4-5", **more)), otlp.PROTOBUF)
    record = translate(span)

    assert record is not None
    assert (record.kind, record.level, record.status_message) == (Kind.GENERATION, Level.ERROR, "Overloaded")
    assert record.model == "claude-opus-4-5"


def test_the_time_of_a_record_may_be_in_an_attribute() -> None:
    record = codex("user_prompt", event__timestamp="2026-11-29T10:00:00Z")
    record.time_unix_nano = 0

    (span,) = decode_logs(body_of(record), otlp.PROTOBUF)

    assert str(span.started_at) == "2026-11-29 10:00:00+00:00"


@pytest.mark.parametrize(
    ("attributes", "known"),
    [
        (
            {"input_tokens": 2, "output_tokens": 1200, "cache_read_tokens": 84_562, "cache_creation_tokens": 7_096},
            {"input": 91_660, "output": 1_200, "cached": 84_562, "cache_write": 7_096},
        ),
        ({"input_tokens": 90_000, "cache_read_tokens": 10}, {"input": 90_010, "cached": 10}),
        ({"input_tokens": "90", "output_tokens": "9"}, {"input": 90, "output": 9}),
        (
            {
                "input_token_count": 1_000,
                "cached_token_count": 800,
                "output_token_count": 100,
                "reasoning_token_count": 64,
            },
            {"input": 1_000, "cached": 800, "output": 100, "reasoning": 64},
        ),
        (
            {
                "input_token_count": 12_000,
                "output_token_count": 350,
                "thoughts_token_count": 420,
                "total_token_count": 12_770,
            },
            {"input": 12_000, "output": 770, "reasoning": 420, "total": 12_770},
        ),
    ],
    ids=str,
)
def test_each_agent_counts_tokens_in_its_way(attributes: dict[str, Any], known: dict[str, int]) -> None:
    assert usage_of({"span.type": "llm_request", **attributes}) == known
    assert usage_of(attributes) == {}


@pytest.mark.parametrize(
    ("span_type", "attributes", "asked", "answered"),
    [
        ("interaction", {"user_prompt": "Hi"}, "Hi", None),
        ("interaction", {"user_prompt": "<REDACTED>"}, None, None),
        ("llm_request", {"response.model_output": "Hello"}, None, "Hello"),
        ("llm_request", {"request_text": "Hi", "response_text": "Hello"}, "Hi", "Hello"),
        ("tool", {"full_command": "ls", "tool_output": "a.py"}, "ls", "a.py"),
        ("tool", {"file_path": "a.py"}, "a.py", None),
        ("tool", {"function_args": '{"a": 1}', "function_response": "2"}, '{"a": 1}', "2"),
        ("hook", {"full_command": "ls"}, None, None),
    ],
    ids=str,
)
def test_each_span_says_what_its_type_says(
    span_type: str, attributes: dict[str, Any], asked: str | None, answered: str | None
) -> None:
    record = translated({"span.type": span_type, **attributes})

    assert (record.input, record.output) == (asked, answered)


def test_a_tool_answers_in_an_event() -> None:
    record = translated({"span.type": "tool", "tool_name": "Read"}, events=[event("tool.output", content="def f():")])

    assert (record.name, record.kind, record.output) == ("Read", Kind.TOOL, "def f():")


@pytest.mark.parametrize(("success", "level"), [(False, Level.ERROR), ("false", Level.ERROR), (True, Level.DEFAULT)])
def test_a_tool_whose_execution_failed_has_failed(success: Any, level: Level) -> None:
    tool = raw_span({"span.type": "tool", "tool_name": "Bash"}, span_id="b")
    execution = raw_span({"span.type": "tool.execution", "success": success, "error": "exit 1"}, parent_id="b")
    tools_with_failures([execution, tool])

    assert translated(tool.attributes).level == translated(execution.attributes).level == level


def test_bare_names_without_a_type_are_anybodys() -> None:
    record = translated({"tool_name": "x", "success": False, "input_tokens": 5, "response": "no"})

    assert (record.name, record.kind, record.level, record.output) == ("step", Kind.SPAN, Level.DEFAULT, None)
