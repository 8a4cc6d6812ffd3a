"""Langfuse's batch of events: any order gives the same rows, and each event has its own answer."""

import json
import random
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from projects.models import Project
from tests.conftest import Key
from tracing.models import IngestionIssue, Score, Span, SpanIO, Trace
from tracing.records import Kind, Level, Reason, SpanRecord, TraceRecord
from tracing.token_usage import Usage
from tracing.wire.langfuse import BatchEvent, decode_event
from tracing.wire.langfuse_usage import Costs, costs_of, usage_of

PAYLOADS = Path(__file__).parent / "payloads"
PATH = "/api/public/ingestion"


def event(kind: str, body: object, *, id: str = "e1", timestamp: str = "2026-11-21T03:00:00Z") -> dict[str, Any]:
    return {"id": id, "type": kind, "timestamp": timestamp, "body": body}


def post(client: Client, key: Key, payload: object):  # type: ignore[no-untyped-def]
    return client.post(PATH, json.dumps(payload), content_type="application/json", headers={"Authorization": key.basic})


def captured(number: int) -> list[dict[str, Any]]:
    return json.loads((PAYLOADS / f"langfuse_2_batch_{number}.json").read_text())["batch"]  # type: ignore[no-any-return]


def rows(project: Project) -> list[object]:
    """Everything stored but the times of arrival and what serves to recognise repeats."""
    hidden = {"received_at", "updated_at", "created_at", "repeat_count", "text_hash", "content_hash"}
    return [
        {key: shown(value) for key, value in row.items() if key not in hidden}
        for model in (Trace, Span, SpanIO, Score)
        for row in model.objects.for_project(project).order_by("pk").values()
    ]


def shown(value: object) -> object:
    return {key: item for key, item in value.items() if key != "text_hash"} if isinstance(value, dict) else value


@pytest.mark.django_db
def test_a_captured_batch_becomes_a_trace_with_its_spans_and_scores(client: Client, project: Project, key: Key) -> None:
    response = post(client, key, {"batch": captured(1), "metadata": {}})

    assert response.status_code == 207
    assert response.json()["errors"] == []
    assert [item["status"] for item in response.json()["successes"]] == [201] * 9
    trace = Trace.objects.for_project(project).get()
    assert (trace.session_id, trace.user_id, trace.name, trace.environment) == (
        "ticket-2611",
        "kunde-é",
        "support",
        "staging",
    )
    assert (trace.tags, trace.metadata, trace.public) == (["support"], {"plan": "pro"}, True)
    assert (trace.span_count, trace.input_tokens, trace.output_tokens, trace.total_cost) == (3, 3, 4, Decimal("0.01"))
    spans = {span.name: span for span in Span.objects.for_project(project)}
    assert {name: span.kind for name, span in spans.items()} == {"retrieval": 0, "llm": 1, "ev": 2}
    assert (spans["ev"].level, spans["ev"].status_message) == (Level.WARNING, "sm")
    assert spans["llm"].ended_at is not None
    assert SpanIO.objects.for_project(project).get(span_id=spans["llm"].span_id).output == "ici"
    scores = {score.name: score for score in Score.objects.for_project(project)}
    assert (scores["helpful"].value, scores["csat"].string_value) == (1.0, "good")
    assert scores["csat"].span_id == spans["llm"].span_id


@pytest.mark.django_db
@pytest.mark.parametrize("seed", range(4))
def test_events_in_any_order_and_any_batches_give_the_same_rows(
    client: Client, project: Project, other_project: Project, key: Key, seed: int
) -> None:
    events = captured(1) + captured(2)
    post(client, key, {"batch": events})
    expected = rows(project)
    for model in (Trace, Span, SpanIO, Score):
        model.objects.for_project(project).delete()

    random.Random(seed).shuffle(events)
    for start in range(0, len(events), 4):
        post(client, key, {"batch": events[start : start + 4]})
    post(client, key, {"batch": events})

    assert rows(project) == expected


@pytest.mark.django_db
def test_an_event_of_a_trace_with_a_null_character_leaves_its_neighbour_stored(
    client: Client, project: Project, key: Key
) -> None:
    batch = [event("span-update", {"traceId": "\x00"}, id="null"), event("trace-create", {"id": "t"}, id="good")]

    assert post(client, key, {"batch": batch}).status_code == 207
    assert Trace.objects.for_project(project).filter(trace_id="t").exists()


@pytest.mark.django_db
def test_every_event_has_its_own_answer(client: Client, project: Project, key: Key) -> None:
    batch = [
        event("trace-create", {"id": "t"}, id="good"),
        event("trace-create", [], id="no-body"),
        event("zoo-create", {}, id="no-type"),
        event("score-create", {"traceId": "t", "name": "s", "value": "x", "dataType": "NUMERIC"}, id="no-number"),
        event("trace-create", {"id": "x" * 201}, id="long"),
        event("sdk-log", {"log": "hello"}, id="log"),
        "nonsense",
    ]

    answer = post(client, key, {"batch": batch}).json()

    assert answer["successes"] == [{"id": "good", "status": 201}, {"id": "log", "status": 201}]
    assert {error["id"]: error["error"] for error in answer["errors"]} == {
        "no-body": "invalid_event",
        "no-type": "unknown_event_type",
        "no-number": "invalid_score",
        "long": "invalid_id",
        "": "invalid_event",
    }
    assert all(error["message"] and error["status"] == 400 for error in answer["errors"])
    assert dict(IngestionIssue.objects.for_project(project).values_list("reason", "count")) == {
        Reason.INVALID_EVENT: 2,
        Reason.UNKNOWN_EVENT_TYPE: 1,
        Reason.INVALID_SCORE: 1,
        Reason.INVALID_ID: 1,
    }
    assert Trace.objects.for_project(project).get().trace_id == "t"


@pytest.mark.django_db
@pytest.mark.parametrize("payload", ["[]", "{}", '{"batch": 1}', "nope", '{"batch": {"id": 1}}'])
def test_what_is_no_batch_is_refused_as_a_whole(client: Client, key: Key, payload: str) -> None:
    response = client.post(PATH, payload, content_type="application/json", headers={"Authorization": key.basic})

    assert response.status_code == 400
    assert "batch" in response.json()["message"] or "JSON" in response.json()["message"]


@pytest.mark.django_db
def test_half_a_surrogate_pair_in_an_id_comes_back_as_it_was_sent(client: Client, project: Project, key: Key) -> None:
    answer = post(client, key, {"batch": [event("trace-create", {"id": "t"}, id="cut \ud83d")]})

    assert answer.json()["successes"] == [{"id": "cut \ud83d", "status": 201}]


def test_an_observation_that_names_no_trace_is_a_trace_of_its_own() -> None:
    record = decode_event(event("span-create", {"id": "o"})).record

    assert isinstance(record, SpanRecord)
    assert (record.trace_id, record.span_id) == ("o", "o")


@pytest.mark.parametrize(
    ("kind", "body", "expected"),
    [
        ("span-create", {}, Kind.SPAN),
        ("generation-update", {}, Kind.GENERATION),
        ("agent-create", {}, Kind.AGENT),
        ("guardrail-create", {}, Kind.GUARDRAIL),
        ("observation-create", {"type": "TOOL"}, Kind.TOOL),
        ("observation-update", {"type": "nonsense"}, None),
        ("observation-update", {}, None),
    ],
)
def test_the_kind_comes_from_the_event_or_from_the_body(kind: str, body: dict[str, Any], expected: Kind | None) -> None:
    record = decode_event(event(kind, {"id": "o", "traceId": "t", **body})).record

    assert isinstance(record, SpanRecord)
    assert record.kind == expected


def test_times_without_an_offset_are_utc_and_nonsense_is_not_said() -> None:
    body = {"id": "o", "startTime": "2026-01-02T03:04:05", "endTime": "soon", "completionStartTime": 5}

    record = decode_event(event("span-create", body)).record

    assert isinstance(record, SpanRecord)
    assert record.started_at == datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
    assert (record.ended_at, record.completion_started_at) == (None, None)


def test_what_no_column_holds_is_kept() -> None:
    body = {"id": "o", "metadata": {"k": 1}, "promptName": "greet", "promptVersion": 3, "zoo": None}

    record = decode_event(event("generation-create", body)).record

    assert isinstance(record, SpanRecord)
    assert record.raw == {"attributes": {"promptName": "greet", "promptVersion": 3}, "metadata": {"k": 1}}


def test_a_session_id_that_is_a_number_is_taken_as_text() -> None:
    record = decode_event(event("trace-create", {"id": "t", "sessionId": 42})).record

    assert isinstance(record, TraceRecord)
    assert record.claims.session_id == "42"


def test_a_body_that_nests_without_end_is_refused_alone() -> None:
    deep: list[Any] = []
    for _ in range(300):
        deep = [deep]

    assert decode_event(event("span-create", {"id": "o", "input": deep})) == BatchEvent(
        "e1", reason=Reason.NESTED_TOO_DEEP, message="body: nests more than 100 levels deep"
    )


@pytest.mark.parametrize(
    ("details", "legacy", "expected"),
    [
        ({"input": 3, "output": 4}, None, Usage(3, 4, 7)),
        ({"input": 3, "output": 4, "total": 9}, {"input": 99}, Usage(3, 6, 9)),
        (
            {"input": 10, "cache_read_input_tokens": 5, "cache_creation_input_tokens": 2, "output": 1},
            None,
            Usage(17, 1, 18, 5, 2),
        ),
        ({"input": 10, "output": 4, "output_reasoning_tokens": 6}, None, Usage(10, 10, 20, None, None, 6)),
        (
            {
                "prompt_tokens": 10,
                "completion_tokens": 4,
                "total_tokens": 14,
                "prompt_tokens_details": {"cached_tokens": 6},
                "completion_tokens_details": {"reasoning_tokens": 2},
            },
            None,
            Usage(10, 4, 14, 6, None, 2),
        ),
        (
            {"input_tokens": 8, "output_tokens": 2, "input_tokens_details": {"cached_tokens": 1}},
            None,
            Usage(8, 2, None, 1),
        ),
        (None, {"promptTokens": 3, "completionTokens": 4, "totalTokens": 7}, Usage(3, 4, 7)),
        (None, {"input": 3, "output": 4, "total": 7, "unit": "TOKENS"}, Usage(3, 4, 7)),
        (None, {"input": 300, "unit": "CHARACTERS"}, None),
        ({"input": "12", "output": None}, None, Usage(12, None, 12)),
        ({"input": -1, "output": float("nan"), "total": True}, None, None),
        ("nonsense", [1], None),
    ],
)
def test_usage_in_every_shape_that_langfuse_has(details: object, legacy: object, expected: Usage | None) -> None:
    assert usage_of(details, legacy) == expected


@pytest.mark.parametrize(
    ("details", "legacy", "expected"),
    [
        ({"total": 0.01}, None, Costs(total=Decimal("0.01"))),
        ({"input": 0.1, "output": 0.2}, None, Costs(Decimal("0.1"), Decimal("0.2"), Decimal("0.3"))),
        ({"input": 1, "cache_read_input_tokens": 2}, None, Costs(Decimal(3), None, Decimal(3))),
        (None, {"inputCost": 1, "outputCost": 2, "totalCost": 3}, Costs(Decimal(1), Decimal(2), Decimal(3))),
        ({"total": "NaN"}, None, Costs()),
        (5, 5, Costs()),
    ],
)
def test_costs_in_every_shape_that_langfuse_has(details: object, legacy: object, expected: Costs) -> None:
    assert costs_of(details, legacy) == expected
