"""Which rows the lists of the Langfuse-compatible API answer with, by each of their parameters."""

import json
from typing import Any
from urllib.parse import urlencode

import pytest
from django.test import Client

from projects.models import Project, User
from sessions.annotation import comments, queues
from sessions.rollup.session_rows import recompute
from tests.conftest import Key
from tests.tracing.reports import at, call, in_session, span
from tracing.ingest.pipeline import ingest
from tracing.records import Kind, Level, ScoreRecord

pytestmark = pytest.mark.django_db
TRACE_PARAMETERS = (
    "environment, fields, filter, fromTimestamp, limit, name, orderBy, page, release, sessionId, tags, "
    "toTimestamp, userId, version"
)


class Lists:
    """Asks for a list and gives its ids back, or the reason of a refusal."""

    def __init__(self, client: Client, key: Key) -> None:
        self.client, self.headers = client, {"Authorization": key.basic}

    def __call__(self, path: str, **params: Any) -> list[str] | str:
        answer = self.client.get(f"/api/public/{path}?{urlencode(params, doseq=True)}", headers=self.headers)
        body = json.loads(answer.content)
        if answer.status_code == 400:
            return str(body["message"])
        assert answer.status_code == 200, answer.content
        return [row["id"] for row in body["data"]]


@pytest.fixture
def lists(client: Client, key: Key) -> Lists:
    return Lists(client, key)


@pytest.fixture
def told(project: Project) -> None:
    """Three traces an hour apart, each in a session of its own, the last in another environment."""
    said: list[dict[str, Any]] = [
        {"user_id": "ana", "tags": ["vip", "en"], "version": "1", "name": "chat"},
        {"user_id": "bo", "tags": ["vip"], "release": "r2", "name": "chat"},
        {"user_id": "ana", "environment": "staging", "tags": ["en"], "name": "search"},
    ]
    for number, claims in enumerate(said):
        began = at(3600 * number)
        said_here = in_session(f"s{number}", **claims)
        ingest(project.pk, [
            call(f"t{number}", f"a{number}", claims=said_here, started_at=began, ended_at=at(3600 * number + 1)),
            span(f"t{number}", f"b{number}", f"a{number}", kind=[Kind.TOOL, None, Kind.SPAN][number], name="step",
                 level=[Level.ERROR, None, None][number], started_at=began, ended_at=at(3600 * number + 1)),
        ])  # fmt: skip
    recompute(project.pk, ["s0", "s1", "s2"])


def hour(number: float) -> str:
    return at(3600 * number).isoformat()


@pytest.mark.parametrize(
    ("params", "found"),
    [
        ({}, ["t2", "t1", "t0"]),
        ({"userId": "ana"}, ["t2", "t0"]),
        ({"userId": "ana", "version": "1"}, ["t0"]),
        ({"userId": " ana"}, []),
        ({"userId": ""}, ["t2", "t1", "t0"]),
        ({"name": "chat"}, ["t1", "t0"]),
        ({"sessionId": "s1"}, ["t1"]),
        ({"release": "r2"}, ["t1"]),
        ({"tags": "vip"}, ["t1", "t0"]),
        ({"tags": ["vip", "en"]}, ["t0"]),
        ({"environment": "staging"}, ["t2"]),
        ({"environment": ["staging", "default"]}, ["t2", "t1", "t0"]),
        ({"fromTimestamp": hour(1)}, ["t2", "t1"]),
        ({"toTimestamp": hour(1)}, ["t0"]),
        ({"orderBy": "timestamp.asc"}, ["t0", "t1", "t2"]),
        ({"orderBy": "userId.desc"}, ["t1", "t2", "t0"]),
        ({"colour": "red"}, f"colour: /api/public/traces has no such parameter. It takes {TRACE_PARAMETERS}."),
        ({"limit": 2, "page": 2}, ["t0"]),
        ({"page": 3}, []),
        ({"limit": 101}, "limit: a whole number from 1 to 100"),
        ({"page": 0}, "page: a whole number from 1 to 100000"),
        ({"fromTimestamp": "noon"}, "fromTimestamp: an ISO 8601 time in the years 1900 to 2999"),
        ({"toTimestamp": "0001-01-01T00:00:00+23:59"}, "toTimestamp: an ISO 8601 time in the years 1900 to 2999"),
    ],
)
def test_traces(lists: Lists, told: None, params: dict[str, Any], found: list[str] | str) -> None:
    assert lists("traces", **params) == found


def test_an_order_that_there_is_not_is_refused_with_those_that_there_are(lists: Lists, told: None) -> None:
    for order in ("colour.asc", "timestamp.up", "timestamp"):
        assert str(lists("traces", orderBy=order)).startswith("orderBy: one of id, timestamp,")


@pytest.mark.parametrize(
    ("params", "found"),
    [
        ({}, ["s2", "s1", "s0"]),
        ({"environment": "staging"}, ["s2"]),
        ({"fromTimestamp": hour(1), "toTimestamp": hour(2)}, ["s1"]),
    ],
)
def test_sessions(lists: Lists, told: None, params: dict[str, Any], found: list[str]) -> None:
    assert lists("sessions", **params) == found


@pytest.mark.parametrize(
    ("params", "found"),
    [
        ({"type": "TOOL"}, ["b0"]),
        ({"type": "span"}, ["b2", "b1"]),
        ({"type": "zoo"}, "type: one of SPAN, GENERATION, EVENT, EMBEDDING, AGENT, TOOL, CHAIN, RETRIEVER, EVALUATOR, GUARDRAIL"),  # noqa: E501
        ({"level": "ERROR"}, ["b0"]),
        ({"level": "default", "name": "step"}, ["b2", "b1"]),
        ({"level": "loud"}, "level: one of DEBUG, DEFAULT, WARNING, ERROR"),
        ({"name": "step"}, ["b2", "b1", "b0"]),
        ({"parentObservationId": "a1"}, ["b1"]),
        ({"traceId": "t1", "type": "SPAN"}, ["b1"]),
        ({"userId": "bo"}, ["a1", "b1"]),
        ({"environment": "staging", "name": "step"}, ["b2"]),
        ({"version": "1"}, ["a0", "b0"]),
        ({"traceId": "t1", "userId": "ana"}, []),
        ({"fromStartTime": "noon"}, "fromStartTime: an ISO 8601 time in the years 1900 to 2999"),
    ],
)  # fmt: skip
def test_observations(lists: Lists, told: None, params: dict[str, Any], found: list[str] | str) -> None:
    assert lists("observations", **params) == found


@pytest.fixture
def scored(project: Project, told: None) -> None:
    """Five scores, an hour apart."""
    ingest(project.pk, [
        ScoreRecord("n1", "quality", "NUMERIC", 1.0, trace_id="t0", span_id="a0", scored_at=at(0)),
        ScoreRecord("n2", "quality", "NUMERIC", 2.5, trace_id="t1", scored_at=at(3600), source="eval"),
        ScoreRecord("b1", "solved", "BOOLEAN", 1.0, string_value="True", session_id="s1", scored_at=at(7200)),
        ScoreRecord("c1", "topic", "CATEGORICAL", None, string_value="refund", trace_id="t2", scored_at=at(10_800),
                    environment="staging", queue_id="q", config_id="c"),
        ScoreRecord("x1", "why", "TEXT", None, string_value="because", trace_id="t2", scored_at=at(14_400)),
    ])  # fmt: skip


@pytest.mark.parametrize(
    ("params", "found"),
    [
        ({}, ["x1", "c1", "b1", "n2", "n1"]),
        ({"name": "quality"}, ["n2", "n1"]),
        ({"sessionId": "s1"}, ["b1"]),
        ({"traceId": "t2"}, ["x1", "c1"]),
        ({"observationId": "a0"}, ["n1"]),
        ({"configId": "c"}, ["c1"]),
        ({"queueId": "q"}, ["c1"]),
        ({"environment": ["staging", "other"]}, ["c1"]),
        ({"source": "EVAL"}, ["n2"]),
        ({"dataType": "NUMERIC"}, ["n2", "n1"]),
        ({"dataType": "CATEGORICAL"}, ["x1", "c1"]),
        ({"scoreIds": "n1,b1"}, ["b1", "n1"]),
        ({"datasetRunId": "any"}, []),
        ({"userId": "ana"}, ["x1", "c1", "n1"]),
        ({"traceTags": "vip,en"}, ["n1"]),
        ({"traceTags": ["vip", "en"], "userId": "bo"}, []),
        ({"value": "1"}, ["b1", "n1"]),
        ({"value": "1", "operator": ">"}, ["n2"]),
        ({"value": "1", "operator": ">=", "name": "quality"}, ["n2", "n1"]),
        ({"value": "2.5", "operator": "<"}, ["b1", "n1"]),
        ({"value": "1", "operator": "!=", "dataType": "NUMERIC"}, ["n2"]),
        ({"operator": "<"}, "value: needed beside operator"),
        ({"observationId": "a0,a1"}, ["n1"]),
        ({"fromTimestamp": hour(1), "toTimestamp": hour(3)}, ["b1", "n2"]),
        ({"value": "much"}, "value: a number"),
        ({"value": "1", "operator": "~"}, "operator: one of = != < <= > >="),
    ],
)
def test_scores(lists: Lists, scored: None, params: dict[str, Any], found: list[str] | str) -> None:
    assert lists("v2/scores", **params) == found


@pytest.mark.parametrize(
    ("params", "found"),
    [
        ({}, ["x1", "c1", "b1", "n2", "n1"]),
        ({"id": "n1,c1"}, ["c1", "n1"]),
        ({"name": "quality,topic"}, ["c1", "n2", "n1"]),
        ({"traceId": "t0,t1"}, ["n2", "n1"]),
        ({"source": "EVAL,ANNOTATION"}, ["n2"]),
        ({"dataType": "numeric,boolean"}, ["b1", "n2", "n1"]),
        ({"dataType": "CORRECTION"}, ["x1"]),
        ({"authorUserId": "1,somebody"}, []),
        ({"experimentId": "any"}, []),
        ({"value": "refund,other", "dataType": "CATEGORICAL"}, ["c1"]),
        ({"value": "true", "dataType": "BOOLEAN"}, ["b1"]),
        ({"value": "1,2.5", "dataType": "NUMERIC"}, ["n2", "n1"]),
        ({"valueMin": "2"}, ["n2"]),
        ({"valueMax": "2"}, ["n1"]),
        ({"fromTimestamp": hour(4)}, ["x1"]),
        ({"value": "1"}, "value: needs dataType=NUMERIC, BOOLEAN or CATEGORICAL"),
        ({"value": "much", "dataType": "NUMERIC"}, "value: a number"),
        ({"valueMin": "much"}, "valueMin: a number"),
        ({"valueMax": "NaN"}, "valueMax: a number"),
        ({"fields": "details,colour"}, "fields: colour is none of core, details, subject, annotation"),
        ({"limit": "0"}, "limit: a whole number from 1 to 100"),
        ({"cursor": "x"}, "cursor: This is not a cursor of this list. Send one from a response unchanged, or none."),
    ],
)
def test_scores_of_version_3(lists: Lists, scored: None, params: dict[str, Any], found: list[str] | str) -> None:
    assert lists("v3/scores", **params) == found


def test_comments_are_found_by_object_and_author_in_both_spellings(lists: Lists, project: Project, alice: User) -> None:
    mine = comments.add(project, "SESSION", "s", "hm", by=alice)
    other = comments.add(project, "TRACE", "t", "oh", by=alice, author="bot")
    assert lists("comments", objectType="session", objectId="s") == [mine.id]
    assert lists("comments", object_type="TRACE") == [other.id]
    assert lists("comments", objectId="s") == "objectType: needed beside objectId"
    assert lists("comments", authorUserId=str(alice.pk)) == [other.id, mine.id]
    assert lists("comments", author_user_id="nobody") == []


def test_items_are_found_by_status(lists: Lists, project: Project, alice: User, told: None) -> None:
    queue = queues.create(project, {"name": "Weekly"}, by=alice)
    queues.enqueue(queue, ["s1"], alice)
    (item,) = lists(f"annotation-queues/{queue.id}/items", status="pending")
    assert lists(f"annotation-queues/{queue.id}/items") == [item]
    assert lists(f"annotation-queues/{queue.id}/items", status="COMPLETED") == []
    assert str(lists(f"annotation-queues/{queue.id}/items", status="done")).startswith("status: one of PENDING")
