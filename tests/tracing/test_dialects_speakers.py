"""In every dialect: whose words stand for a turn, told by spans as its libraries send them."""

import json
from collections.abc import Callable
from typing import NamedTuple

import pytest

from projects.models import Project
from tests.tracing.reports import NOON, at
from tests.tracing.spans import Attributes, raw_span
from tests.tracing.test_speakers import MUTE
from tracing.ingest.pipeline import ingest
from tracing.models import Trace
from tracing.records import SpanRecord
from tracing.store.rows import priced, row_of
from tracing.store.trace_totals import roll_up
from tracing.vocabularies import translate

ASKED, ANSWERED = "Where is my order?", "It arrives tomorrow."
EMPTY = ("{}", "[]", '""', "null", '{"args": [], "kwargs": {}}')
MODEL = {"gen_ai.request.model": "gpt-4o"}


def chat(asked: str, answered: str) -> tuple[str, str]:
    """Return both sides of a model call as OpenAI has them."""
    given = [{"role": "system", "content": "Be kind."}, {"role": "user", "content": asked}]
    return json.dumps(given), json.dumps([{"role": "assistant", "content": answered}])


def parts(asked: str, answered: str) -> tuple[str, str]:
    """Return both sides of a model call in the parts of OpenTelemetry's conventions."""
    roles = ("user", asked), ("assistant", answered)
    return tuple(json.dumps([{"role": r, "parts": [{"type": "text", "content": words}]}]) for r, words in roles)  # type: ignore[return-value]


def gemini(asked: str, answered: str) -> tuple[str, str]:
    request = {"contents": [{"role": "user", "parts": [{"text": asked}]}], "config": {"system_instruction": "Be kind."}}
    return json.dumps(request), json.dumps({"content": {"role": "model", "parts": [{"text": answered}]}})


def genkit(asked: str, answered: str) -> tuple[str, str]:
    request = {"messages": [{"role": "user", "content": [{"text": asked}]}], "tools": []}
    return json.dumps(request), json.dumps({"message": {"role": "model", "content": [{"text": answered}]}})


def leaves(prefix: str, inner: str, role: str, words: str) -> Attributes:
    return {f"{prefix}.0.{inner}role": role, f"{prefix}.0.{inner}content": words}


class Dialect(NamedTuple):
    """How a dialect marks an agent and a model call, and the keys and the form of their texts."""

    agent: Attributes
    call: Attributes
    agent_keys: tuple[str, str]
    call_keys: tuple[str, str] = ("", "")
    form: Callable[[str, str], tuple[str, str]] = chat
    scope: str = "shop"
    name_key: str = ""  # where the name of a span is another one than its own

    def agent_with(self, asked: str, answered: str) -> Attributes:
        return self.agent | dict(zip(self.agent_keys, (asked, answered), strict=True))

    def call_with(self, asked: str, answered: str) -> Attributes:
        return self.call | dict(zip(self.call_keys, self.form(asked, answered), strict=True))


class Flattened(Dialect):
    """Messages of its calls have one attribute for each leaf."""

    def call_with(self, asked: str, answered: str) -> Attributes:
        inner = "message." if "llm." in self.call_keys[0] else ""
        sides = zip(self.call_keys, ("user", "assistant"), (asked, answered), strict=True)
        return self.call | {k: v for side in sides for k, v in leaves(side[0], inner, *side[1:]).items()}


LANGFUSE = ("langfuse.observation.input", "langfuse.observation.output")
LAMINAR = ("lmnr.span.input", "lmnr.span.output")
OPENINFERENCE = ("input.value", "output.value")
TRACELOOP = ("traceloop.entity.input", "traceloop.entity.output")
GENAI = ("gen_ai.input.messages", "gen_ai.output.messages")
MLFLOW = ("mlflow.spanInputs", "mlflow.spanOutputs")
GENKIT = ("genkit:input", "genkit:output")
PROMPT = ("gen_ai.prompt", "gen_ai.completion")
DIALECTS = {
    "Langfuse": Dialect(
        {"langfuse.observation.type": "agent"}, {"langfuse.observation.type": "generation"}, LANGFUSE, LANGFUSE
    ),
    "Laminar": Dialect({"lmnr.span.type": "EXECUTOR"}, {"lmnr.span.type": "LLM"}, LAMINAR, LAMINAR, scope="lmnr"),
    "OpenInference": Dialect(
        {"openinference.span.kind": "AGENT"}, {"openinference.span.kind": "LLM"}, OPENINFERENCE, OPENINFERENCE
    ),
    "OpenInference's leaves": Flattened(
        *({"openinference.span.kind": "CHAIN"}, {"openinference.span.kind": "LLM"}, OPENINFERENCE),
        ("llm.input_messages", "llm.output_messages"),
    ),
    "GenAI": Dialect(
        *({"gen_ai.operation.name": "invoke_agent"}, {"gen_ai.operation.name": "chat"} | MODEL, GENAI, GENAI), parts
    ),
    "Traceloop": Flattened(
        *({"traceloop.span.kind": "workflow"}, {"llm.request.type": "chat"} | MODEL, TRACELOOP, PROMPT)
    ),
    "MLflow": Dialect({"mlflow.spanType": '"AGENT"'}, {"mlflow.spanType": '"CHAT_MODEL"'}, MLFLOW, MLFLOW),
    "Vercel": Dialect(
        {"ai.operationId": "ai.generateText"},
        {"ai.operationId": "ai.generateText.doGenerate", "ai.model.id": "gpt-4o"},
        ("ai.prompt", "ai.response.text"),
        ("ai.prompt.messages", "ai.response.text"),
        lambda asked, answered: (chat(asked, answered)[0], answered),
        name_key="ai.telemetry.functionId",
    ),
    "pydantic-ai": Dialect(
        *({"agent_name": "support"}, {"gen_ai.operation.name": "chat"} | MODEL),
        *(("pydantic_ai.all_messages", "final_result"), GENAI, parts),
        scope="pydantic-ai",
    ),
    "Logfire": Dialect(
        *({"gen_ai.operation.name": "invoke_agent"}, {"gen_ai.operation.name": "chat"} | MODEL, GENAI),
        *(("all_messages_events", "gen_ai.output.messages"), parts),
        scope="logfire.openai",
    ),
    "LiteLLM": Dialect(
        *({"gen_ai.operation.name": "invoke_agent"}, MODEL, GENAI, ("llm.openai.messages", "llm.openai.choices")),
        lambda asked, answered: (
            repr([{"role": "user", "content": asked}]),
            repr([{"index": 0, "message": {"role": "assistant", "content": answered}}]),
        ),
    ),
    "Google ADK": Dialect(
        *({"gen_ai.operation.name": "invoke_agent"}, MODEL, GENAI),
        *(("gcp.vertex.agent.llm_request", "gcp.vertex.agent.llm_response"), gemini),
    ),
    "Genkit": Dialect(
        *({"genkit:metadata:subtype": "flow"}, {"genkit:metadata:subtype": "model", "genkit:name": "googleai/g"}),
        *(GENKIT, GENKIT, genkit),
    ),
    "LangSmith": Dialect({"langsmith.span.kind": "chain"}, {"langsmith.span.kind": "llm"} | MODEL, PROMPT, PROMPT),
    "Claude Code": Dialect(
        *({"span.type": "interaction"}, {"span.type": "llm_request", "model": "claude-opus-4-5"}),
        *(("user_prompt", "output"), ("request_text", "response.model_output")),
        lambda asked, answered: (chat(asked, answered)[0], answered),
    ),
    "by hand": Dialect({}, {"gen_ai.request.model": "gpt-4o"}, ("input", "output"), ("input", "output")),
}


class Turn:
    """One trace, of which each span begins a second after the one before."""

    def __init__(self, name: str, dialect: Dialect) -> None:
        self.name, self.dialect, self.spans = name, dialect, list[SpanRecord]()

    def add(self, attributes: Attributes, *, below: int | None = None, name: str = "step") -> "Turn":
        number = len(self.spans)
        named = {self.dialect.name_key: name} if self.dialect.name_key and name != "step" else {}
        place = {"trace_id": self.name, "span_id": str(number), "parent_id": None if below is None else str(below)}
        times = {"started_at": at(number), "ended_at": at(number + 1 if below else 20)}
        record = translate(raw_span(attributes | named, name=name, scope_name=self.dialect.scope, **place, **times))
        assert record is not None
        self.spans.append(record)
        return self


HTTP = {"http.request.method": "POST", "url.path": "/chat"}
SAFE = "Is this message safe? Where is my order?"
TITLED = '{"title": "Order status"}'


def turns(name: str, dialect: Dialect) -> list[Turn]:
    """Return traces in which somebody asks and is told the same, each with its words in another place."""
    said = dialect.call_with(ASKED, ANSWERED)
    made = [
        Turn(f"{name}: a root that says it", dialect).add(dialect.agent_with(ASKED, ANSWERED)),
        Turn(f"{name}: a call alone", dialect).add(said),
        Turn(f"{name}: an agent below a silent root", dialect)
        .add(HTTP)
        .add(dialect.agent_with(ASKED, ANSWERED), below=0)
        .add(dialect.call_with(SAFE, "safe"), below=1),
        Turn(f"{name}: a call below silent spans", dialect).add(HTTP).add(dialect.agent, below=0).add(said, below=1),
        Turn(f"{name}: objects", dialect).add(
            dialect.agent_with(
                json.dumps({"frage": ASKED, "user_id": "u-1", "stream": True}), json.dumps({"antwort": ANSWERED})
            )
        ),
        Turn(f"{name}: asides", dialect)
        .add(HTTP)
        .add(dialect.call_with(SAFE, "safe"), below=0)
        .add(dialect.call_with(ASKED, "orders"), below=0, name="route_request")
        .add(said, below=0)
        .add(dialect.call_with(ASKED, TITLED), below=0)
        .add(dialect.call_with("Name it", "Order status"), below=0, name="generate-title"),
    ]
    for nothing in (*EMPTY, *MUTE.values()):
        silent = dialect.agent_with(nothing, nothing)
        made.append(Turn(f"{name}: {nothing} before a call", dialect).add(silent).add(said, below=0))
        if dialect.agent or nothing in EMPTY:  # an object of a plain span yields to calls and agents alone
            inner = dialect.agent_with(ASKED, ANSWERED)
            made.append(Turn(f"{name}: {nothing} before an agent", dialect).add(silent).add(inner, below=0))
    return made


@pytest.mark.parametrize("name", DIALECTS)
def test_whoever_says_it_a_turn_shows_what_was_asked_and_answered(project: Project, name: str) -> None:
    ingest(project.pk, [record for turn in turns(name, DIALECTS[name]) for record in turn.spans])

    found = Trace.objects.for_project(project).values_list("trace_id", "input_preview", "output_preview")
    assert [turn for turn in found if turn[1:] != (ASKED, ANSWERED)] == []


@pytest.mark.parametrize("name", DIALECTS)
def test_a_call_that_reports_no_usage_is_unknown_and_never_0(name: str) -> None:
    """Neither is the agent around it, and a call that was refused is only a failure."""
    dialect = DIALECTS[name]
    agent, call = dialect.agent_with(ASKED, ANSWERED), dialect.call_with(ASKED, ANSWERED)
    turn = Turn(name, dialect).add(agent).add(call, below=0)
    found = roll_up([priced(row_of(record, NOON)) for record in turn.spans], {})

    assert (found.call_count, found.unmeasured_count, found.unpriced_count) == (1, 1, 1)
    assert (found.total_tokens, found.total_cost) == (0, 0)
    assert [usage["unpriced_count"] for usage in found.usage_by_model.values()] == [1]

    refused = translate(raw_span(dialect.call, status_code=2, status_message="429", scope_name=dialect.scope))
    assert refused is not None
    found = roll_up([priced(row_of(refused, NOON))], {})
    assert (found.call_count, found.unmeasured_count, found.error_count) == (0, 0, 1)
