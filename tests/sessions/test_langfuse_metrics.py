"""Metrics as the clients of Langfuse ask for them are the numbers of the list, and what they cannot be is refused."""

import json
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.utils.http import urlencode

from projects.models import Project
from sessions.rollup.session_rows import recompute
from tests.conftest import Key
from tests.tracing.reports import at, call, failed, in_session, span, usd
from tracing.ingest.pipeline import ingest
from tracing.records import Kind, ScoreRecord

pytestmark = pytest.mark.django_db
TIME = {"fromTimestamp": at(-3600).isoformat(), "toTimestamp": at(3 * 86_400).isoformat()}
COSTS = {"measure": "totalCost", "aggregation": "sum"}
COUNTS = {"measure": "count", "aggregation": "count"}


class Metrics:
    def __init__(self, client: Client, key: Key) -> None:
        self.client, self.headers = client, {"Authorization": key.basic}

    def get(self, path: str, status: int = 200, **params: Any) -> Any:
        answer = self.client.get(f"/api/public/{path}?{urlencode(params, doseq=True)}", headers=self.headers)
        assert answer.status_code == status, answer.content
        return json.loads(answer.content)

    def __call__(self, view: str, *metrics: dict[str, str], path: str = "metrics", **query: Any) -> list[Any]:
        asked = {"view": view, "metrics": metrics, **TIME, **query}
        found: list[Any] = self.get(path, query=json.dumps(asked))["data"]
        return found

    def refused(self, path: str = "metrics", **query: Any) -> str:
        asked = {"view": "observations", "metrics": [COUNTS], **TIME, **query}
        said = self.get(path, 400, query=json.dumps(asked))
        assert said["code"] == "invalid_request"
        return str(said["message"])


@pytest.fixture
def metrics(client: Client, key: Key) -> Metrics:
    return Metrics(client, key)


@pytest.fixture
def told(project: Project, other_project: Project) -> None:
    """A wrapped call, a failed tool and an unpriced call, over two days, and the same in another tenant."""
    first = in_session("s1", user_id="ana", tags=["vip", "en"], name="chat")
    for tenant in (project, other_project):
        ingest(tenant.pk, [
            span("t1", "w", kind=Kind.GENERATION, model="gpt-4o", total_cost=usd("0.5"), claims=first, ended_at=at(4)),
            call("t1", "a", "w", total_cost=usd("0.5")),
            failed("t1", "tool", "w", kind=Kind.TOOL, name="search"),
            call("t2", "b", model="claude-sonnet-4-5", total_cost=usd("0.25"), claims=in_session("s1", name="chat"),
                 started_at=at(86_400), ended_at=at(86_402)),
            call("t3", "c", model="of-nobody", claims=in_session("s2", environment="staging"),
                 started_at=at(86_400), ended_at=at(86_401)),
            ScoreRecord("n1", "quality", "NUMERIC", 4.0, trace_id="t1", scored_at=at(5)),
            ScoreRecord("n2", "quality", "NUMERIC", 2.0, trace_id="t2", scored_at=at(6)),
            ScoreRecord("n3", "solved", "BOOLEAN", 1.0, string_value="True", session_id="s1", scored_at=at(7)),
            ScoreRecord("n4", "topic", "CATEGORICAL", string_value="refund", trace_id="t1", scored_at=at(8)),
        ])  # fmt: skip
        recompute(tenant.pk, ["s1", "s2"])


def test_sums_are_those_of_the_dashboard(metrics: Metrics, told: None, client: Client, key: Key) -> None:
    times = {"from": TIME["fromTimestamp"], "to": TIME["toTimestamp"]}
    ours = client.get(
        "/api/v1/metrics?" + urlencode({"measure": "cost", "split": "model", **times}),
        headers={"Authorization": key.bearer},
    ).json()["data"]
    expected = {row["value"]: None if row["total"] is None else Decimal(row["total"]) for row in ours}
    by_model = metrics("observations", COSTS, dimensions=[{"field": "providedModelName"}])
    assert {row["providedModelName"]: row["sum_totalCost"] for row in by_model} == expected
    assert expected == {"gpt-4o": Decimal("0.5"), "claude-sonnet-4-5": Decimal("0.25"), "of-nobody": None}
    assert metrics("observations", COSTS) == metrics("traces", COSTS) == [{"sum_totalCost": 0.75}]


def test_traces_are_measured_by_what_they_say(metrics: Metrics, told: None) -> None:
    named = metrics("traces", COUNTS, {"measure": "latency", "aggregation": "p50"}, dimensions=[{"field": "name"}])
    assert named == [
        {"name": "chat", "count_count": 2, "p50_latency": 3000},
        {"name": None, "count_count": 1, "p50_latency": 1000},
    ]
    tags = metrics("traces", COUNTS, dimensions=[{"field": "tags"}], orderBy=[{"field": "tags", "direction": "asc"}])
    assert tags == [
        {"tags": "en", "count_count": 1},
        {"tags": "vip", "count_count": 1},
        {"tags": None, "count_count": 2},
    ]
    users = metrics("traces", {"measure": "uniqueUserIds", "aggregation": "uniq"})
    assert users == [{"uniq_uniqueUserIds": 1}]
    tokens = metrics("traces", {"measure": "totalTokens", "aggregation": "sum"}, dimensions=[{"field": "environment"}])
    assert {row["environment"]: row["sum_totalTokens"] for row in tokens} == {"default": 240, "staging": 120}


def test_observations_are_counted_as_they_are_and_their_usage_once(metrics: Metrics, told: None) -> None:
    kinds = metrics("observations", COUNTS, dimensions=[{"field": "type"}, {"field": "level"}])
    assert {(row["type"], row["level"]): row["count_count"] for row in kinds} == {
        ("GENERATION", "DEFAULT"): 4, ("TOOL", "ERROR"): 1,
    }  # fmt: skip
    both = metrics("observations", COUNTS, COSTS, dimensions=[{"field": "providedModelName"}])
    assert [(row["providedModelName"], row["count_count"], row["sum_totalCost"]) for row in both] == [
        ("gpt-4o", 2, 0.5), ("claude-sonnet-4-5", 1, 0.25), ("of-nobody", 1, None), (None, 1, None),
    ]  # fmt: skip
    slow = metrics("observations", {"measure": "latency", "aggregation": "max"}, filters=[
        {"column": "type", "type": "stringOptions", "operator": "any of", "value": ["TOOL", "EVENT"]}
    ])  # fmt: skip
    assert slow == [{"max_latency": 1000}]


@pytest.mark.parametrize(
    ("operator", "kind", "value", "expected"),
    [
        ("=", "string", "gpt-4o", 0.5),
        ("contains", "string", "claude", 0.25),
        ("starts with", "string", "gpt", 0.5),
        ("ends with", "string", "5", 0.25),
        ("does not contain", "string", "gpt", 0.25),
        ("any of", "stringOptions", ["gpt-4o", "x"], 0.5),
        ("none of", "stringOptions", ["gpt-4o"], 0.25),
        ("is null", "null", None, None),
        ("is not null", "null", None, 0.75),
    ],
)
def test_a_condition_on_the_model_meets_spans_and_usage_alike(
    metrics: Metrics, told: None, operator: str, kind: str, value: Any, expected: float | None
) -> None:
    condition = {"column": "providedModelName", "type": kind, "operator": operator, "value": value}
    (row,) = metrics("observations", COSTS, COUNTS, filters=[condition])
    assert row["sum_totalCost"] == expected
    assert row["count_count"] > 0


def test_conditions_on_traces_and_steps_of_time(metrics: Metrics, told: None) -> None:
    of_day = {"timeDimension": {"granularity": "day"}}
    days = metrics("traces", COUNTS, COSTS, **of_day)
    assert [(row["count_count"], row["sum_totalCost"]) for row in days] == [(1, 0.5), (2, 0.25)]
    assert [row["time_dimension"] for row in days] == [at(s).strftime("%Y-%m-%dT00:00:00.000Z") for s in (0, 86_400)]
    ana = [{"column": "userId", "type": "string", "operator": "=", "value": "ana"}]
    assert metrics("observations", COSTS, filters=ana, **of_day) == [
        {"time_dimension": days[0]["time_dimension"], "sum_totalCost": 0.5}
    ]
    hours = metrics("traces", COUNTS, timeDimension={"granularity": "auto"}, toTimestamp=at(3600).isoformat())
    assert len(hours) == 1
    assert metrics("traces", COUNTS, filters=[ana[0] | {"value": "nobody"}]) == [{"count_count": 0}]
    assert len(metrics("traces", COUNTS, config={"row_limit": 1}, dimensions=[{"field": "name"}])) == 1


def test_scores_are_measured_by_their_kind(metrics: Metrics, told: None) -> None:
    mean = {"measure": "value", "aggregation": "avg"}
    named = metrics("scores-numeric", mean, COUNTS, dimensions=[{"field": "name"}])
    assert named == [
        {"name": "quality", "avg_value": 3, "count_count": 2}, {"name": "solved", "avg_value": 1, "count_count": 1},
    ]  # fmt: skip
    truths = metrics("scores-boolean", COUNTS, dimensions=[{"field": "booleanValue"}], path="v2/metrics")
    assert truths == [{"booleanValue": True, "count_count": 1}]
    topics = metrics("scores-categorical", COUNTS, dimensions=[{"field": "stringValue"}, {"field": "source"}])
    assert topics == [{"stringValue": "refund", "source": "API", "count_count": 1}]


@pytest.mark.parametrize(
    ("query", "reason"),
    [
        ({"view": "sessions"}, "view: 'sessions' is none of traces, observations"),
        ({"dimensions": [{"field": "colour"}]}, "dimensions: 'colour' is none of name, type"),
        ({"dimensions": {"field": "name"}}, "dimensions: a list"),
        ({"metrics": []}, "metrics: at least one"),
        ({"metrics": [{"measure": "joy", "aggregation": "sum"}]}, "measure: 'joy' is none of count"),
        ({"metrics": [{"measure": "count", "aggregation": "p99"}]}, "aggregation: that of count is one of count, sum"),
        ({"metrics": [{"measure": "totalCost", "aggregation": "avg"}]}, "aggregation: that of totalCost is one of sum"),
        ({"metrics": [{"measure": "latency", "aggregation": "histogram"}]}, "aggregation: that of latency is one of"),
        ({"filters": [{"column": "colour", "type": "string", "operator": "=", "value": "x"}]}, "filters: column"),
        ({"colour": "red"}, "query: 'colour' is none of view"),
        ({"fromTimestamp": "yesterday"}, "fromTimestamp: an ISO 8601 time"),
        ({"toTimestamp": at(-7200).isoformat()}, "toTimestamp: a time after"),
        ({"timeDimension": {"granularity": "year"}}, "granularity: 'year' is none of auto"),
        ({"orderBy": [{"field": "p95_latency", "direction": "asc"}]}, "orderBy: 'p95_latency' is none of count_count"),
        ({"config": {"row_limit": 1001}}, "row_limit: a whole number"),
        ({"config": {"bins": 10}}, "config: 'bins' is none of row_limit"),
        ({"metrics": [COSTS], "dimensions": [{"field": "name"}]}, "name: tokens and costs count once"),
    ],
)
def test_what_cannot_be_measured_is_refused(metrics: Metrics, query: dict[str, Any], reason: str) -> None:
    assert metrics.refused(**query).startswith(reason)


def test_a_query_is_one_object(metrics: Metrics) -> None:
    for query in ("[]", "{", "null", '"view"'):
        assert metrics.get("metrics", 400, query=query)["message"].startswith("query: ")
    assert metrics.get("v2/metrics", 400)["message"].startswith("query: what to measure")


def test_version_2_has_no_traces_and_no_dimension_of_too_many_values(metrics: Metrics, told: None) -> None:
    assert metrics.refused("v2/metrics", view="traces").startswith("view: 'traces' is none of observations")
    assert metrics.refused("v2/metrics", dimensions=[{"field": "userId"}]).startswith("dimensions: 'userId'")
    of_ana = [{"column": "userId", "type": "string", "operator": "=", "value": "ana"}]
    assert metrics("observations", COSTS, path="v2/metrics", filters=of_ana) == [{"sum_totalCost": 0.5}]


def test_days_have_their_traces_costs_and_what_models_used(metrics: Metrics, told: None) -> None:
    said = metrics.get("metrics/daily")
    assert said["meta"] == {"page": 1, "limit": 50, "totalItems": 2, "totalPages": 1}
    second, first = said["data"]
    assert (first["date"], first["countTraces"], first["countObservations"]) == (str(at(0).date()), 1, 3)
    assert first["usage"] == [
        {"model": "gpt-4o", "inputUsage": 100, "outputUsage": 20, "totalUsage": 120, "totalCost": 0.5,
         "countTraces": 1, "countObservations": 1},
    ]  # fmt: skip
    assert (second["countTraces"], second["totalCost"]) == (2, 0.25)
    assert [(row["model"], row["totalCost"]) for row in second["usage"]] == [
        ("claude-sonnet-4-5", 0.25),
        ("of-nobody", 0),
    ]
    assert [day["date"] for day in metrics.get("metrics/daily", page=2, limit=1)["data"]] == [first["date"]]
    assert metrics.get("metrics/daily", tags=["vip", "en"], userId="ana", traceName="chat")["data"] == [first]
    assert metrics.get("metrics/daily", environment=["staging", "x"])["data"][0]["countTraces"] == 1
    assert metrics.get("metrics/daily", toTimestamp=at(3600).isoformat())["data"] == [first]
    assert metrics.get("metrics/daily", userId="nobody")["data"] == []
    assert "colour" in metrics.get("metrics/daily", 400, colour="red")["message"]
    assert metrics.get("metrics/daily", 400, fromTimestamp="x")["message"].startswith("fromTimestamp: ")
