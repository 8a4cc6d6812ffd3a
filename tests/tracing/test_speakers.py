"""Whose words stand for a turn when its root or its agents say something that is no sentence."""

import pytest

from projects.models import Project
from sessions.rollup.recomputing import drain
from tests.tracing.reports import at, call, span
from tests.wire.scenarios import HERE, records_of
from tracing.ingest.pipeline import ingest
from tracing.models import Trace
from tracing.records import Claims, Kind, SpanRecord

ORDER = '[{"role":"system","content":"Be kind"},{"role":"user","content":"Where is my order?"}]'
ARRIVES = '[{"role":"assistant","content":"It arrives tomorrow."}]'
# What frameworks keep of an agent or of a step: settings, tools, objects as Python prints them, ids.
MUTE = {
    "settings": '{"agent": {"role": "support", "goal": "Help everybody", "backstory": "You are kind."}, "context": ""}',
    "tools": '{"context": "", "tools": ["name=\'get_order\' description=\'Look up\'", "name=\'pay\' args=[]"]}',
    "an id": '{"init_state": {"n": 1, "steps": ["<Call(*, name: str) -> None>"]}, "tags": {"run_id": "jHCpyKkfEI"}}',
    "an event": '{"ctx": "<workflows.Context object at 0x7f60>", "ev": "AgentWorkflowStartEvent()"}',
    "printed": "AgentSetup(input=[6 items], current_agent_name='support')",
    "printed and cut": "StopEvent(result=AgentOutput(response=ChatMessage(role=<Role.ASSISTANT: 'as...",
    "numbers": '{"order": 4821, "limit": 5}',
}


def previews(project: Project) -> list[tuple[str, str]]:
    drain(project.pk)
    rows = Trace.objects.for_project(project).order_by("started_at", "trace_id")
    return list(rows.values_list("input_preview", "output_preview"))


def run(kind: Kind, mute: str) -> list[SpanRecord]:
    """A run whose root and agent say nothing in words, around a conversation of two calls."""
    tool = '[{"role":"assistant","content":"","tool_calls":[{"id":"1","name":"find","arguments":{}}]}]'
    return [
        span("t", "root", kind=kind, input=mute, output=mute, started_at=at(0), ended_at=at(9)),
        span("t", "agent", "root", kind=Kind.AGENT, input=mute, output=mute, started_at=at(1), ended_at=at(8)),
        call("t", "1", "agent", input=ORDER, output=tool, started_at=at(2), ended_at=at(3)),
        call("t", "2", "agent", input=ORDER, output=ARRIVES, started_at=at(4), ended_at=at(5)),
    ]


@pytest.mark.parametrize("mute", MUTE.values(), ids=MUTE)
@pytest.mark.parametrize("kind", [Kind.SPAN, Kind.AGENT, Kind.CHAIN])
def test_what_says_no_sentence_yields_to_the_conversation_of_the_calls(project: Project, kind: Kind, mute: str) -> None:
    ingest(project.pk, run(kind, mute))
    assert previews(project) == [("Where is my order?", "It arrives tomorrow.")]


def test_an_object_is_shown_where_no_call_says_more(project: Project) -> None:
    settings, verdict = MUTE["numbers"], '{"ok": true, "score": 7}'
    guard = '[{"role":"user","content":"Is this message safe? Where is my order?"}]'
    ingest(
        project.pk,
        [
            span("t", "root", input=settings, output=verdict),
            call("t", "1", "root", input=guard, claims=Claims(aside=True)),
        ],
    )
    assert previews(project) == [(settings, verdict)]


def test_an_answer_with_fields_stays_where_the_last_call_hands_it_to_a_tool(project: Project) -> None:
    """Agents with a result of a type of one's own: the model calls a tool with it, after it said something."""
    asked, result = '{"task": "Rate our service"}', '{"stars": 4, "is_final": true}'
    told = '[{"role":"assistant","content":"Let me see.","tool_calls":[{"id":"1","name":"final","arguments":{}}]}]'
    ingest(
        project.pk,
        [
            span("t", "root", kind=Kind.AGENT, input=asked, output=result),
            call("t", "1", "root", input=ORDER, output=ARRIVES, started_at=at(1)),
            call("t", "2", "root", input=ORDER, output=told, started_at=at(2), claims=Claims(tool_names=["final"])),
        ],
    )
    assert previews(project) == [("Rate our service", result)]


QUESTIONS = (
    "Hola, mi pedido #4821 no ha llegado.",
    "Onde está o meu pacote? 📦",
    "届かない場合は返金してもらえますか?",
)
ANSWERS = ("¡Hola! Claro que sí.", "Encontrei! 📦")


@pytest.mark.parametrize("library", ["openinference-llama-index-4.6.1", "openinference-crewai-1.1.21"])
def test_agents_that_keep_their_settings_as_input_read_as_what_was_said(project: Project, library: str) -> None:
    (scenario,) = (path for path in (HERE / library).iterdir() if path.is_dir())
    ingest(project.pk, records_of(scenario))

    asked, answered = zip(*previews(project), strict=True)
    assert asked == QUESTIONS
    assert answered[:2] == ANSWERS
