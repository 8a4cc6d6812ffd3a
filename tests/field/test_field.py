"""Reports from the field, as libraries send them, and the numbers that people expect of them."""

from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from django.test import Client

from projects.models import Project
from sessions.conversations.conversation import read_conversation
from sessions.models import Session
from sessions.rollup.tasks import recompute_dirty
from tests.conftest import Key
from tests.tracing import otlp
from tracing.models import IngestionIssue, Score, Span, Trace
from tracing.records import Kind, Level, Reason

FIELD = Path(__file__).parent
EXPECTED: dict[str, dict[str, Any]] = {
    # The agent's bill is that of the whole run, of which only one sub-agent reports anything.
    "wrapper-that-reports-more": {
        "total_cost": Decimal("2.42"),
        "total_tokens": 52_000,
        "unpriced_count": 0,
        "unmeasured_count": 0,
    },
    # A stream of an OpenAI-compatible server, which reports no usage.
    "a-call-without-usage-is-free": {
        "model_names": ["gpt-4o"],
        "unpriced_count": 1,
        "unmeasured_count": 1,
        "total_tokens": 0,
    },
}


# Tokens of the model that wrote and thought, by the name of the span; each costs what was written and thought.
THINKING = {
    "genai with total": (200, 100, Decimal("0.00031")),
    "genai, thinking larger than the answer": (200, 730, Decimal("0.00755")),
    "provider's own usage": (200, 100, Decimal("0.00031")),
    "OpenInference": (200, 100, Decimal("0.00031")),
    "Langfuse, no word of thinking": (200, 100, Decimal("0.00031")),
    "Langfuse, thinking as a bucket": (200, 100, Decimal("0.00031")),
}


def sent(client: Client, key: Key, name: str, signal: str = "traces") -> None:
    body = (FIELD / f"{name}.json").read_bytes()
    answer = client.post(f"/v1/{signal}", body, "application/json", headers={"Authorization": key.bearer})
    assert answer.status_code == 200


@pytest.mark.parametrize("name", EXPECTED)
def test_a_session_has_the_numbers_that_people_expect(client: Client, project: Project, key: Key, name: str) -> None:
    sent(client, key, name)
    recompute_dirty(project.pk)
    session = Session.objects.for_project(project).get()

    assert {field: getattr(session, field) for field in EXPECTED[name]} == EXPECTED[name]


def test_thinking_that_is_reported_apart_is_output_and_paid(client: Client, project: Project, key: Key) -> None:
    sent(client, key, "thinking-apart")

    rows = Span.objects.for_project(project).values_list("name", "input_tokens", "output_tokens", "total_cost")
    assert {name: numbers for name, *numbers in rows} == {name: list(known) for name, known in THINKING.items()}


# Tokens and cost of each span by its name; a gateway of voice, of a cache for an hour, and of two service tiers.
PRICED = {
    "audio-tokens-at-the-price-of-text": {"realtime_assistant_turn": (300, 120, Decimal("0.01304"))},
    "cache-write-for-an-hour": {
        "provider's own usage": (1_010, 100, Decimal("0.00753")),
        "both said": (1_010, 100, Decimal("0.00528")),
    },
    "service-tier": {
        "flex": (1_000_000, 100_000, Decimal("1.125")),
        "priority": (1_000_000, 100_000, Decimal("4.5")),
    },
}


@pytest.mark.parametrize("name", PRICED)
def test_what_has_a_price_of_its_own_costs_it(client: Client, project: Project, key: Key, name: str) -> None:
    sent(client, key, name)

    rows = Span.objects.for_project(project).values_list("name", "input_tokens", "output_tokens", "total_cost")
    assert {span: tuple(numbers) for span, *numbers in rows} == PRICED[name]


def test_a_cache_write_that_is_told_twice_is_written_once(client: Client, project: Project, key: Key) -> None:
    sent(client, key, "cache-write-for-an-hour")

    usage = Span.objects.for_project(project).filter(name="both said").values_list("input_tokens", "total_cost")
    assert list(usage) == [(1_010, Decimal("0.00528"))]


def test_placeholders_are_no_session_ids_and_are_reported(client: Client, project: Project, key: Key) -> None:
    sent(client, key, "placeholders-as-session-ids")

    assert set(Trace.objects.for_project(project).values_list("session_id", flat=True)) == {None}
    issue = IngestionIssue.objects.for_project(project).get()
    assert (issue.reason, issue.count) == (Reason.SESSION_ID_PLACEHOLDER, 5)


def test_a_tool_that_failed_is_a_failed_step_wherever_it_says_so(client: Client, project: Project, key: Key) -> None:
    sent(client, key, "tool-failures-inside-the-answer")

    levels = dict(Span.objects.for_project(project).filter(kind=Kind.TOOL).values_list("name", "level"))
    assert set(levels.values()) == {Level.ERROR}
    assert Trace.objects.for_project(project).get().error_count == len(levels) == 3


def test_the_outermost_agent_speaks_for_a_turn_whose_root_is_silent(client: Client, project: Project, key: Key) -> None:
    """A web framework's span is the root; a guard and a title are model calls before and after the answer."""
    sent(client, key, "texts-of-a-nested-agent")

    texts = Trace.objects.for_project(project).values_list("input_preview", "output_preview")
    assert list(texts) == [("Where is my order?", "It arrives tomorrow.")] * 2


def test_a_call_is_a_turn_for_each_exchange_and_the_agent_greets(client: Client, project: Project, key: Key) -> None:
    sent(client, key, "a-voice-call-is-one-turn")
    recompute_dirty(project.pk)
    session = Session.objects.for_project(project).get()

    assert list(read_conversation(session)) == [
        {"role": "assistant", "content": "Hello, how can I help?"},
        {"role": "user", "content": "What is the weather in Lima?"},
        {"role": "assistant", "content": "It is sunny in Lima."},
        {"role": "user", "content": "Thank you, bye"},
        {"role": "assistant", "content": "Goodbye!"},
    ]
    assert (session.trace_count, session.turn_count) == (1, 3)
    assert (session.first_input, session.last_output) == ("What is the weather in Lima?", "Goodbye!")
    assert (session.model_names, session.unpriced_count, session.total_tokens) == (["gpt-4.1-mini"], 0, 220)
    assert Trace.objects.for_project(project).get().call_count == 2


def test_the_api_says_null_for_what_nobody_knows(client: Client, project: Project, key: Key) -> None:
    sent(client, key, "a-call-without-usage-is-free")
    recompute_dirty(project.pk)

    session_id = Session.objects.for_project(project).get().session_id
    row = client.get(f"/api/v1/sessions/{session_id}", headers={"Authorization": key.bearer}).json()

    usage = row["usage_by_model"]["gpt-4o"]
    assert (row["total_tokens"], row["total_cost"], row["unmeasured_count"]) == (None, None, 1)
    assert (usage["total_tokens"], usage["total_cost"], usage["call_count"]) == (None, None, 1)


def test_ids_in_other_scripts_are_ids(client: Client, project: Project, key: Key) -> None:
    sent(client, key, "ids-in-other-scripts")

    known = {"客服-2026-001", "conversación-7"}
    assert set(Trace.objects.for_project(project).values_list("session_id", flat=True)) == known
    assert not IngestionIssue.objects.for_project(project).exists()
    recompute_dirty(project.pk)
    for session_id in known:
        row = client.get(f"/api/v1/sessions/{quote(session_id)}", headers={"Authorization": key.bearer}).json()
        assert (row["id"], row["trace_count"]) == (session_id, 1)


def test_ids_that_look_the_same_are_one_session(client: Client, project: Project, key: Key) -> None:
    for number, sent_id in enumerate(("conversaci\u00f3n", "conversacio\u0301n", " conversaci\u00f3n "), 1):
        body = otlp.body(otlp.span(trace=number, session__id=sent_id, user__id="Jose\u0301"))
        client.post("/v1/traces", body, otlp.PROTOBUF, headers={"Authorization": key.bearer})
    recompute_dirty(project.pk)

    session = Session.objects.for_project(project).get()
    assert (session.session_id, session.trace_count, session.user_ids) == ("conversaci\u00f3n", 3, ["Jos\u00e9"])


def test_langsmiths_own_export_says_whose_it_is(client: Client, project: Project, key: Key) -> None:
    sent(client, key, "langsmith-otel")

    trace = Trace.objects.for_project(project).get()
    assert (trace.session_id, trace.user_id, trace.tags, trace.name) == (
        "c-ls",
        "ls-user",
        ["green", "prod"],
        "LangGraph",
    )
    assert (trace.input_preview, trace.output_preview) == ("Hola", "Buenas")
    kinds = Span.objects.for_project(project).values_list("name", "kind")
    assert dict(kinds) == {"LangGraph": Kind.CHAIN, "ChatOpenAI": Kind.GENERATION}
    call = Span.objects.for_project(project).get(kind=Kind.GENERATION)
    assert (call.input_tokens, call.cached_tokens, call.reasoning_tokens) == (25, 10, 2)
    assert call.total_cost == Decimal("0.0000072")


def test_a_body_in_snake_case_is_read(client: Client, project: Project, key: Key) -> None:
    sent(client, key, "snake-case")

    span = Span.objects.for_project(project).get()
    assert (span.name, span.model, span.input_tokens, span.output_tokens) == ("chat", "gpt-4o", 60_000, 5)
    assert Trace.objects.for_project(project).get().session_id == "s-c-snake"


@pytest.mark.parametrize(
    ("name", "says"), [("logs-for-traces", "send it to /v1/logs"), ("made-up-body", "no list resourceSpans, but spans")]
)
def test_a_body_without_traces_is_refused_and_named(
    client: Client, project: Project, key: Key, name: str, says: str
) -> None:
    body = (FIELD / f"{name}.json").read_bytes()
    answer = client.post("/v1/traces", body, "application/json", headers={"Authorization": key.bearer})

    issue = IngestionIssue.objects.for_project(project).get()
    assert (answer.status_code, issue.reason) == (400, Reason.BODY_UNREADABLE)
    assert says in answer.json()["message"]
    assert says in issue.sample


def test_an_evaluation_in_a_log_record_is_a_score_of_its_span(client: Client, project: Project, key: Key) -> None:
    for _ in range(2):  # what comes again is the same score
        sent(client, key, "evaluation-events", "logs")
    sent(client, key, "evaluated")
    recompute_dirty(project.pk)

    score = Score.objects.for_project(project).get()
    assert (score.name, score.data_type, score.value, score.comment) == ("Relevance", "NUMERIC", 0.85, "on topic")
    assert (score.metadata, score.source, score.span_id) == ({"label": "relevant"}, "eval", "876d0bed547fd806")
    assert Session.objects.for_project(project).get().scores["Relevance"]["mean"] == 0.85
    assert Span.objects.for_project(project).count() == 1
    assert not IngestionIssue.objects.for_project(project).exists()


def test_spans_of_claude_code_tell_everything(client: Client, project: Project, key: Key) -> None:
    sent(client, key, "claude-code-traces")
    recompute_dirty(project.pk)

    session = Session.objects.for_project(project).get()
    assert (session.session_id, session.user_ids, session.tool_names) == ("c-cc", ["hash-of-user"], ["Bash"])
    assert (session.input_tokens, session.output_tokens) == (91_660, 1_200)
    assert (session.total_cost, session.error_count) == (Decimal("0.116641"), 1)
    spans = {span.name: span for span in Span.objects.for_project(project)}
    call = spans["claude_code.llm_request"]
    assert (call.cached_tokens, call.cache_write_tokens) == (84_562, 7_096)
    assert call.completion_started_at - call.started_at == timedelta(milliseconds=900)
    assert (spans["Bash"].kind, spans["Bash"].level, spans["Bash"].status_message) == (Kind.TOOL, Level.ERROR, "exit 1")
    assert Trace.objects.for_project(project).get().input_preview == "Fix the failing test"


def test_a_prompt_and_its_answer_are_in_the_spans_of_claude_code(client: Client, project: Project, key: Key) -> None:
    sent(client, key, "claude-code-native-spans")
    recompute_dirty(project.pk)

    session = Session.objects.for_project(project).get()
    assert (session.session_id, session.tool_names) == ("cec62d6f-60f8-43e8-a67b-000000000001", ["Bash"])
    assert (session.first_input, session.last_output) == ("Why does the test fail?", "I will look at the log.")
    assert (session.input_tokens, session.output_tokens, session.total_cost) == (91_660, 1_200, Decimal("0.116641"))
    call = Span.objects.for_project(project).get(kind=Kind.GENERATION)
    assert (call.cached_tokens, call.cache_write_tokens) == (84_562, 7_096)
    assert call.completion_started_at - call.started_at == timedelta(milliseconds=812)


def test_a_model_of_google_adk_thinks_and_reads_its_cache(client: Client, project: Project, key: Key) -> None:
    sent(client, key, "adk-tools-without-arguments")

    call = Span.objects.for_project(project).get(kind=Kind.GENERATION)
    assert (call.input_tokens, call.output_tokens, call.reasoning_tokens, call.cached_tokens) == (200, 100, 70, 50)


# Session, prompt, model, tokens of input and output, those from a cache, and the cost of the logs of each agent.
LOGGED = {
    "claude-code": ("c-ccl", "Fix the failing test", "claude-opus-4-5", 91_660, 1_200, 84_562, Decimal("0.1234")),
    "codex": ("c-codex", "Refactor it", "gpt-5.1-codex", 1_000, 100, 800, None),
    "gemini-cli": ("c-gem", "", "gemini-2.5-pro", 12_000, 770, 8_000, None),
}


@pytest.mark.parametrize("agent", LOGGED)
def test_logs_of_a_coding_agent_are_a_session(client: Client, project: Project, key: Key, agent: str) -> None:
    session_id, prompt, model, input_tokens, output_tokens, cached_tokens, cost = LOGGED[agent]
    for _ in range(2):  # what comes again is counted once
        sent(client, key, f"logs-of-{agent}", "logs")
    recompute_dirty(project.pk)

    session, trace = Session.objects.for_project(project).get(), Trace.objects.for_project(project).get()
    call = Span.objects.for_project(project).get(kind=Kind.GENERATION)
    assert (session.session_id, trace.call_count, session.model_names) == (session_id, 1, [model])
    assert (session.input_tokens, session.output_tokens, call.cached_tokens) == (
        input_tokens,
        output_tokens,
        cached_tokens,
    )
    assert (trace.input_preview or "") == prompt
    assert session.total_cost == cost if cost else session.total_cost > 0
    assert not IngestionIssue.objects.for_project(project).exists()
