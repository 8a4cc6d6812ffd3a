"""Steps that say nothing of the conversation are folded into one line, and change no number."""

from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from projects.models import Project, User
from tests.conftest import Key
from tests.tracing import otlp
from tests.tracing.reports import span
from tracing.ingest.pipeline import ingest
from tracing.models import Trace
from tracing.reading.spans import tree_of
from tracing.records import Kind, Level
from tracing.token_usage import Usage

AGENT = {"resource": {"service.name": "claude-code"}, "scope": "com.anthropic.claude_code.tracing"}


def folded(project: Project) -> list[list[str | None]]:
    """The names of the steps in each fold of the only trace."""
    groups = tree_of(Trace.objects.for_project(project).get()).groups
    return [[row.span.name for row in group.rows] for group in groups if group.is_folded]


def shown(project: Project) -> list[str | None]:
    groups = tree_of(Trace.objects.for_project(project).get()).groups
    return [row.span.name for group in groups if not group.is_folded for row in group.rows]


def coding_session() -> bytes:
    """A prompt of Claude Code with a model call, a tool that waits and runs, hooks, and requests by HTTP."""
    prompt = otlp.span("claude_code.interaction", span__type="interaction", user_prompt="Fix it", session__id="s")
    above = {"parent": int.from_bytes(prompt.span_id, "big"), "session__id": "s"}
    hook = otlp.span("claude_code.hook", span__type="hook", **above)
    in_hook = {"parent": int.from_bytes(hook.span_id, "big")}
    requests = [
        otlp.span("GET", http__request__method="GET", url__full="https://example.com/settings", **in_hook),
        otlp.span("config.load", **above),
    ]
    usage = {"input_tokens": 1_000, "output_tokens": 100}
    call = otlp.span("claude_code.llm_request", span__type="llm_request", model="claude-opus-4-5", **usage, **above)
    tool = otlp.span("claude_code.tool", span__type="tool", tool_name="Bash", **above)
    of_tool = {"parent": int.from_bytes(tool.span_id, "big"), "session__id": "s"}
    return otlp.body(
        *(prompt, hook, *requests, call, tool),
        otlp.span("claude_code.tool.blocked_on_user", span__type="tool.blocked_on_user", **of_tool),
        otlp.span("claude_code.tool.execution", span__type="tool.execution", success=True, **of_tool),
        **AGENT,
    )


def test_hooks_and_requests_of_a_coding_agent_are_folded(client: Client, project: Project, key: Key) -> None:
    client.post("/v1/traces", coding_session(), otlp.PROTOBUF, headers={"Authorization": key.bearer})

    trace = Trace.objects.for_project(project).get()
    assert folded(project) == [
        ["claude_code.hook", "GET", "config.load"],
        ["claude_code.tool.blocked_on_user", "claude_code.tool.execution"],
    ]
    assert shown(project) == ["claude_code.interaction", "claude_code.llm_request", "Bash"]
    assert (trace.span_count, trace.total_tokens, trace.total_cost) == (8, 1_100, Decimal("0.0075"))


SPEAKING: list[dict[str, Any]] = [
    {"input": "a word"},
    {"output": "a word"},
    {"usage": Usage(0, 1)},
    {"total_cost": Decimal("0.1")},
    {"model": "gpt-4o"},
    {"level": Level.ERROR},
    {"level": Level.WARNING},
    *({"kind": kind} for kind in Kind if kind is not Kind.SPAN),
]


@pytest.mark.parametrize("fields", SPEAKING, ids=str)
def test_what_says_or_counts_something_is_not_folded(project: Project, fields: dict[str, Any]) -> None:
    inner = [span("t", f"inner {n}", "outer", name=f"inner {n}") for n in range(2)]
    ingest(project.pk, [span("t", "outer", name="outer"), *inner, span("t", "told", "outer", name="told", **fields)])

    assert folded(project) == [["inner 0", "inner 1"]]
    assert shown(project) == ["outer", "told"]


def test_what_lies_above_a_step_that_says_something_stays(project: Project) -> None:
    ingest(
        project.pk,
        [
            span("t", "a", name="a"),
            span("t", "b", "a", name="b"),
            span("t", "c", "b", name="c", input="words"),
            span("t", "d", "b", name="d"),
            span("t", "e", "b", name="e"),
            span("t", "f", "a", name="f"),
        ],
    )

    assert shown(project) == ["a", "b", "c", "f"]
    assert folded(project) == [["d", "e"]]


def test_a_trace_of_internal_steps_alone_is_shown(project: Project) -> None:
    ingest(project.pk, [span("t", f"s{n}", "s0" if n else None, name=f"s{n}") for n in range(4)])

    assert folded(project) == []
    assert shown(project) == ["s0", "s1", "s2", "s3"]


def test_a_fold_opens_without_a_script_and_for_the_step_that_is_asked_for(
    client: Client, alice: User, project: Project
) -> None:
    spoken = span("t", "root", name="root", input="words")
    ingest(project.pk, [spoken, *(span("t", f"s{n:02}", "root", name=f"load {n % 6}") for n in range(30))])
    client.force_login(alice)
    page = reverse("trace", args=[project.pk, "t"])

    html = client.get(page).content.decode()
    assert "30 internal steps" in html
    assert "load 0, load 1, load 2, load 3</span>" in html
    assert html.count('class="span-row"') == 31
    assert "<details open>" not in html
    assert "<details open>" in client.get(page, {"span": "s29"}).content.decode()
