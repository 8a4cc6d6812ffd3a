"""What people said and were told, as they read it in lists, on pages and in exports, whatever library recorded it."""

import json
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from projects.models import Project, User
from sessions.conversations.conversation import read_conversation
from sessions.models import Session
from sessions.replay.finding import found_in
from sessions.rollup.tasks import recompute_dirty
from sessions.search.index import rows_of
from sessions.translation.payload import document_of
from tests.conftest import Key
from tests.field.test_field import FIELD
from tests.tracing.reports import at, call, in_session, span
from tests.wire.scenarios import HERE, name_of, records_of
from tracing.ingest.pipeline import ingest
from tracing.models import Span, SpanIO, Trace
from tracing.reading.sides import load_side
from tracing.records import Kind

QUESTIONS = (
    "Hola, mi pedido #4821 no ha llegado. ¿Me pueden ayudar?",
    "É ana@example.com. Onde está o meu pacote? 📦",
    "届かない場合は返金してもらえますか?",
)
ANSWERS = (
    "¡Hola! Claro que sí, lamento la demora. ¿Me confirma su correo electrónico, por favor?",
    "Encontrei! O pedido 4821 está em trânsito e chega na sexta-feira. 📦",
)
# Captures of one conversation of three turns, of which the last one failed.
CAPTURES = sorted(
    scenario
    for library in (
        "google-adk-2.13.0/gemini_content*",
        "strands-agents-*/*",
        "openinference-haystack-*/*",
        "lmnr-py-anthropic-*/*",
        "mastra-*/*",
        "openinference-openai-0.1.66/app_root",
        "mlflow-tracing-3.17.2/autolog_root*",
        "pydantic-ai-2.68.0/*",
        "traceloop-sdk-0.62.4/workflow*",
        "vercel-ai-5.0.277/*Text",
    )
    for scenario in HERE.glob(library)
    if scenario.is_dir()
)


def previews(project: Project) -> list[tuple[str, str]]:
    traces = Trace.objects.for_project(project).order_by("started_at", "trace_id")
    return list(traces.values_list("input_preview", "output_preview"))


@pytest.mark.parametrize("scenario", CAPTURES, ids=name_of)
def test_every_turn_of_a_capture_reads_as_it_was_said(project: Project, scenario: Path) -> None:
    ingest(project.pk, records_of(scenario))

    asked, answered = zip(*previews(project), strict=True)
    assert asked == QUESTIONS
    assert answered[:2] == ANSWERS


SEEDS = {
    "InteractiveAI": {"langfuse.observation.input": '{"message": "My order #12345 hasn\'t arrived yet"}'},
    "Laminar": {"lmnr.span.input": '{"message":"My order #12345 hasn\'t arrived yet"}'},
    "arguments": {"input.value": '{"args": ["My order #12345 hasn\'t arrived yet"], "kwargs": {"lang": "en"}}'},
    "another name": {"gen_ai.prompt": '{"frage": "My order #12345 hasn\'t arrived yet", "user_id": "u-1", "n": 3}'},
    "printed": {"traceloop.entity.input": "{'message': \"My order #12345 hasn't arrived yet\"}"},
    "an unknown library": {"acme.agent.run.input": '{"task": "My order #12345 hasn\'t arrived yet"}'},
}
SAID = "My order #12345 hasn't arrived yet"


def post(client: Client, key: Key, path: str, body: bytes) -> None:
    answer = client.post(path, body, "application/json", headers={"Authorization": key.bearer})
    assert answer.status_code == 200


def otlp(**attributes: Any) -> bytes:
    said = [{"key": name, "value": {"stringValue": value}} for name, value in attributes.items()]
    times = {
        "startTimeUnixNano": str(int(at(0).timestamp() * 1e9)),
        "endTimeUnixNano": str(int(at(1).timestamp() * 1e9)),
    }
    spans = [{"traceId": "1" * 32, "spanId": "2" * 16, "name": "turn", "attributes": said, **times}]
    return json.dumps({"resourceSpans": [{"scopeSpans": [{"scope": {"name": "shop"}, "spans": spans}]}]}).encode()


@pytest.mark.parametrize("seed", SEEDS.values(), ids=SEEDS)
def test_an_object_that_says_one_thing_is_that_sentence_everywhere(
    client: Client, project: Project, key: Key, alice: User, seed: dict[str, str]
) -> None:
    post(client, key, "/v1/traces", otlp(**{"session.id": "s", **seed}))
    recompute_dirty(project.pk)
    session = Session.objects.for_project(project).get()
    trace = Trace.objects.for_project(project).get()

    assert (session.first_input, trace.input_preview) == (SAID, SAID)
    assert list(read_conversation(session)) == [{"role": "user", "content": SAID}]
    (row,) = rows_of(project.pk, [trace.trace_id])
    assert row.folded == SAID.lower()
    assert found_in(session, "message").hits == []
    assert document_of(load_side(project.pk, [trace], "input")[trace.trace_id]).leaves == (SAID,)
    client.force_login(alice)
    page = client.get(reverse("session", args=[project.pk, "s"])).content.decode()
    assert SAID.replace("'", "&#x27;") in page
    assert page.count("As it was sent") == 1


def test_tools_of_google_adk_have_their_arguments(client: Client, project: Project, key: Key) -> None:
    post(client, key, "/v1/traces", (FIELD / "adk-tools-without-arguments.json").read_bytes())

    tool = Span.objects.for_project(project).get(kind=Kind.TOOL)
    texts = SpanIO.objects.for_project(project).get(span_id=tool.span_id)
    assert (texts.input, texts.output) == ('{"sides": 6}', '{"result": 4}')
    assert previews(project) == [("Roll a die", "You rolled 4")]


def test_messages_inside_of_the_content_of_an_event_are_read(client: Client, project: Project, key: Key) -> None:
    for number, path in ((1, "/v1/traces"), (2, "/v1/traces"), (3, "/v1/logs")):
        post(client, key, path, (FIELD / f"messages-as-json-inside-a-message-{number}.json").read_bytes())

    assert sorted(previews(project)) == [("Hallo Welt", "Guten Tag"), ("こんにちは", "はい")]
    stored = load_side(project.pk, list(Trace.objects.for_project(project)), "output")
    contents = {message["content"] for text in stored.values() for message in json.loads(text)}
    assert contents == {"Guten Tag", "はい"}


def test_prompts_without_numbers_are_read(client: Client, project: Project, key: Key) -> None:
    post(client, key, "/v1/traces", (FIELD / "langsmith-otel.json").read_bytes())

    assert previews(project) == [("Hola", "Buenas")]
    call = Span.objects.for_project(project).get(kind=Kind.GENERATION)
    texts = SpanIO.objects.for_project(project).get(span_id=call.span_id)
    assert texts.input == '[{"role":"user","content":"Hola"}]'


ORDER = '[{"role":"user","content":"Where is my order?"}]'
ARRIVES = '[{"role":"assistant","content":"It arrives tomorrow."}]'
# Calls beside the conversation, before and after its answer: a guard, a router and a title, told by different signs.
GUARD = {"input": '[{"role":"user","content":"Is this message safe? Where is my order?"}]', "output": "safe"}
ROUTER = {"name": "route_request", "input": ORDER, "output": "orders"}
TITLE = {"input": ORDER, "output": '[{"role":"assistant","content":"{\\"title\\": \\"Order status\\"}"}]'}
NAMED_TITLE = {"name": "generate-title", "input": '[{"role":"user","content":"Name it"}]', "output": "Order status"}


@pytest.mark.parametrize("aside", [GUARD, TITLE, NAMED_TITLE, ROUTER, {**GUARD, "name": "SafetyCheck"}])
@pytest.mark.parametrize("start", [1, 9])
def test_a_call_beside_the_conversation_does_not_speak_for_it(
    client: Client, project: Project, key: Key, aside: dict[str, str], start: int
) -> None:
    body = json.loads(otlp(**{"http.request.method": "POST"}))
    spans = body["resourceSpans"][0]["scopeSpans"][0]["spans"]
    for number, (name, said, second) in enumerate(
        [("chat", {"input": ORDER, "output": ARRIVES}, 5), (aside.get("name", "chat"), aside, start)]
    ):
        moment = str(int(at(second).timestamp() * 1e9))
        attributes = {
            "gen_ai.operation.name": "chat",
            "gen_ai.request.model": "gpt-4o",
            "input.value": said["input"],
            "output.value": said["output"],
        }
        said_of = [{"key": k, "value": {"stringValue": v}} for k, v in attributes.items()]
        ids = {"traceId": "1" * 32, "spanId": str(3 + number) * 16, "parentSpanId": "2" * 16}
        spans.append(
            {**ids, "name": name, "startTimeUnixNano": moment, "endTimeUnixNano": moment, "attributes": said_of}
        )
    post(client, key, "/v1/traces", json.dumps(body).encode())

    assert previews(project) == [("Where is my order?", "It arrives tomorrow.")]


PLACEHOLDERS = ["{}", "[]", '""', "null", '{"args": [], "kwargs": {}}', '[{"role": "assistant", "content": ""}]']


@pytest.mark.parametrize("nothing", PLACEHOLDERS)
@pytest.mark.parametrize("key_name", ["input.value", "langfuse.observation.input", "lmnr.span.input", "gen_ai.prompt"])
def test_a_placeholder_never_stands_before_a_text(
    client: Client, project: Project, key: Key, key_name: str, nothing: str
) -> None:
    post(client, key, "/v1/traces", otlp(**{key_name: nothing, "acme.input": "Where is my order?"}))
    assert previews(project) == [("Where is my order?", "")]

    post(client, key, "/v1/traces", otlp(**{key_name: nothing}))
    assert previews(project) == [("Where is my order?", "")]


def test_a_turn_shows_whatever_there_is(project: Project) -> None:
    calling = '[{"role":"assistant","content":"","tool_calls":[{"id":"1","name":"find_order","arguments":{}}]}]'
    sole = {
        "a": span("a", "1", "root", kind=Kind.RETRIEVER, input="returns", output='[{"content": "Rule 7"}]'),
        "b": span("b", "1", "root", kind=Kind.TOOL, name="roll", input='{"sides": 6}', output='{"sum": 4}'),
        "c": call("c", "1", "root", input=ORDER),
        "d": span("d", "1", "root", input='{"q": "Hola"}', output="Buenas"),
        "e": call("e", "1", "root", input=ORDER, output=calling),
    }
    ingest(project.pk, [record for trace_id, child in sole.items() for record in (span(trace_id, "root"), child)])

    assert previews(project) == [
        ("returns", "Rule 7"),
        ('{"sides": 6}', '{"sum": 4}'),
        ("Where is my order?", ""),
        ("Hola", "Buenas"),
        ("Where is my order?", "find_order"),
    ]


LIMIT = 200_000
ASKED = {"latin": "Final question?", "chinese": "你好，我的订单在哪里？", "thai": "พัสดุของฉันอยู่ที่ไหน", "emoji": "📦📦?"}


@pytest.mark.parametrize("size", [LIMIT - 1, LIMIT, LIMIT + 1, 3 * LIMIT])
@pytest.mark.parametrize("asked", ASKED.values(), ids=ASKED)
@pytest.mark.parametrize("is_in_bytes", [False, True])
def test_long_inputs_show_what_was_asked_last(
    client: Client, project: Project, alice: User, asked: str, size: int, *, is_in_bytes: bool
) -> None:
    """Sizes in characters and in bytes, because lists count the former and pages the latter."""
    rules = "规" if is_in_bytes else "r"
    question = {"role": "user", "content": asked}
    around = json.dumps([{"role": "system", "content": ""}, question], ensure_ascii=False, separators=(",", ":"))
    known = len(around.encode()) if is_in_bytes else len(around)
    system = rules * ((size - known) // len(rules.encode() if is_in_bytes else rules))
    text = around.replace('"content":""', f'"content":"{system}"')
    ingest(project.pk, [call("t", "a", input=text, output="Done.", claims=in_session("s"))])
    recompute_dirty(project.pk)

    assert previews(project) == [(asked, "Done.")]
    client.force_login(alice)
    assert asked in client.get(reverse("session", args=[project.pk, "s"])).content.decode()


def test_the_reported_long_inputs_show_their_questions(client: Client, project: Project, key: Key) -> None:
    rules = "".join(f"Rule number {n} of the house. " for n in range(7_200))
    past = [("user", "assistant")[n % 2] for n in range(700)]
    history = [
        {"role": role, "parts": [{"type": "text", "content": f"{n}: " + "x" * 300}]} for n, role in enumerate(past)
    ]
    calls = [
        ({"gen_ai.system_instructions": [{"type": "text", "content": rules}]}, [], ASKED["chinese"]),
        ({}, history, ASKED["latin"]),
    ]
    for instructions, before, asked in calls:
        messages = [*before, {"role": "user", "parts": [{"type": "text", "content": asked}]}]
        said = {"gen_ai.operation.name": "chat", "gen_ai.input.messages": messages, **instructions}
        sent = {name: value if isinstance(value, str) else json.dumps(value) for name, value in said.items()}
        post(client, key, "/v1/traces", otlp(**sent))
        assert previews(project) == [(asked, "")]
    said = {"question": ASKED["chinese"], "context": rules}
    post(client, key, "/v1/traces", otlp(**{"input.value": json.dumps(said), "openinference.span.kind": "CHAIN"}))
    assert previews(project) == [(ASKED["chinese"], "")]
