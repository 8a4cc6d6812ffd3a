"""GET /api/public/v2/observations: pages by position, groups of fields, and the JSON filter of all lists."""

import json
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

import pytest
from django.test import Client

from projects.models import Project
from sessions.api.langfuse import span_pages
from tests.conftest import Key
from tests.tracing.reports import at, call, in_session, span
from tracing.ingest.pipeline import ingest
from tracing.records import Kind, Level, ScoreRecord
from tracing.token_usage import Usage

pytestmark = pytest.mark.django_db


class Reader:
    def __init__(self, client: Client, key: Key) -> None:
        self.client, self.headers = client, {"Authorization": key.basic}

    def __call__(self, path: str = "v2/observations", *, status: int = 200, **params: Any) -> Any:
        answer = self.client.get(f"/api/public/{path}?{urlencode(params, doseq=True)}", headers=self.headers)
        assert answer.status_code == status, answer.content
        return json.loads(answer.content)

    def ids(self, path: str = "v2/observations", **params: Any) -> list[str]:
        return [one["id"] for one in self(path, **params)["data"]]

    def meeting(self, path: str, *conditions: dict[str, Any]) -> list[str]:
        return self.ids(path, filter=json.dumps(conditions))


@pytest.fixture
def read(client: Client, key: Key) -> Reader:
    return Reader(client, key)


@pytest.fixture
def told(project: Project, other_project: Project) -> None:
    """Three traces an hour apart, each a call and the tool below it, a second later; and the same in another tenant."""
    for tenant in (project, other_project):
        for number, user in enumerate(("ana", "bo", "ana")):
            began = at(3600 * number)
            ingest(tenant.pk, [
                call(f"t{number}", f"call{number}", model="gpt-4o", input="Where?", started_at=began,
                     ended_at=began + timedelta(seconds=number + 1), usage=Usage(3, 2, 5),
                     claims=in_session(f"s{number}", user_id=user, tags=["vip"] * (number == 1), version="v2",
                                       metadata={"tier": "gold", "n": number})),
                span(f"t{number}", f"tool{number}", f"call{number}", kind=Kind.TOOL, name="lookup",
                     level=Level.ERROR if number == 2 else None, started_at=began + timedelta(seconds=1),
                     ended_at=began + timedelta(seconds=2)),
            ])  # fmt: skip
        ingest(tenant.pk, [
            ScoreRecord("n1", "quality", "NUMERIC", 1.0, trace_id="t0", metadata={"by": "ana"}),
            ScoreRecord("n2", "quality", "NUMERIC", 3.0, trace_id="t1"),
        ])  # fmt: skip


ALL_IDS = ["tool2", "call2", "tool1", "call1", "tool0", "call0"]


@pytest.mark.parametrize("limit", [1, 2, 3, 5, 6, 100])
def test_every_observation_is_in_exactly_one_page(read: Reader, told: None, limit: int) -> None:
    found, cursor = [], ""
    while True:
        page = read(limit=limit, **({"cursor": cursor} if cursor else {}))
        assert len(page["data"]) <= limit
        found += [one["id"] for one in page["data"]]
        if not (cursor := page["meta"].get("cursor", "")):
            break
    assert found == ALL_IDS


def test_a_page_that_the_filter_leaves_empty_leads_on(
    read: Reader, told: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(span_pages, "MAX_RECENT_TRACES", 1)
    first = read(name="lookup", userId="ana", fromStartTime=at(0).isoformat())
    assert [one["id"] for one in first["data"]] == ["tool2"]
    second = read(name="lookup", userId="ana", fromStartTime=at(0).isoformat(), cursor=first["meta"]["cursor"])
    assert ([one["id"] for one in second["data"]], second["meta"]) == (["tool0"], {"limit": 50})
    assert read(level="ERROR", type="GENERATION")["data"] == []
    assert "cursor" in read(level="ERROR", type="GENERATION")["meta"]


def test_a_page_ends_early_when_its_texts_are_too_long(
    read: Reader, told: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(span_pages, "MAX_TEXT_OF_PAGE", 8)
    page = read(fields="core,io", type="GENERATION")
    assert [one["id"] for one in page["data"]] == ["call2"]
    following = read(fields="core,io", type="GENERATION", cursor=page["meta"]["cursor"])
    assert [one["id"] for one in following["data"]] == ["call1"]
    assert read.ids(type="GENERATION") == ["call2", "call1", "call0"]


def test_groups_of_fields_are_those_that_are_asked_for(read: Reader, told: None) -> None:
    core = {"id", "traceId", "startTime", "endTime", "projectId", "parentObservationId", "type"}
    assert set(read(traceId="t1", fields="core")["data"][0]) == core
    tool, call1 = read(traceId="t1")["data"]
    assert (tool["type"], tool["level"], tool["isRootObservation"]) == ("TOOL", "DEFAULT", False)
    assert (call1["userId"], call1["sessionId"], call1["version"]) == ("bo", "s1", "v2")
    _, whole = read(traceId="t1", fields="core,io,usage,model,metrics,trace_context")["data"]
    assert (whole["model"], whole["tags"], whole["latency"]) == ("gpt-4o", ["vip"], 2.0)
    assert whole["usageDetails"]["total"] > 0
    assert "name" not in whole
    assert isinstance(whole["input"], str)
    (unsaid,) = read(traceId="t1", type="TOOL", fields="usage")["data"]
    assert (unsaid["usageDetails"], unsaid["totalCost"]) == ({}, None)
    assert "colour is none of core, basic" in read(fields="colour", status=400)["message"]


@pytest.mark.parametrize(
    ("params", "found"),
    [
        ({"userId": "bo"}, ["tool1", "call1"]),
        ({"sessionId": "s0"}, ["tool0", "call0"]),
        ({"isRootObservation": "true"}, ["call2", "call1", "call0"]),
        ({"isRootObservation": "false", "userId": "bo"}, ["tool1"]),
        ({"level": "ERROR"}, ["tool2"]),
        ({"environment": "other"}, []),
        ({"fromStartTime": at(3600).isoformat(), "toStartTime": at(3601).isoformat()}, ["call1"]),
        ({"parseIoAsJson": "false", "traceId": "t0"}, ["tool0", "call0"]),
    ],
)
def test_filters(read: Reader, told: None, params: dict[str, str], found: list[str]) -> None:
    assert read.ids(**params) == found


def condition(column: str, operator: str, value: Any = None, type: str = "string", **more: Any) -> dict[str, Any]:
    return {"column": column, "operator": operator, "value": value, "type": type, **more}


@pytest.mark.parametrize(
    ("path", "conditions", "found"),
    [
        ("v2/observations", [condition("type", "=", "TOOL"), condition("userId", "=", "ana")], ["tool2", "tool0"]),
        ("v2/observations", [condition("latency", ">=", 2.5, "number")], ["call2"]),
        ("v2/observations", [condition("name", "contains", "look"), condition("level", "=", "ERROR")], ["tool2"]),
        ("v2/observations", [condition("traceTags", "any of", ["vip"], "arrayOptions")], ["tool1", "call1"]),
        ("v2/observations", [condition("isRootObservation", "<>", True, "boolean")], ["tool2", "tool1", "tool0"]),
        ("v2/observations", [condition("type", "none of", ["TOOL"], "stringOptions")], ["call2", "call1", "call0"]),
        ("v2/observations", [condition("model", "is null", type="null")], ["tool2", "tool1", "tool0"]),
        ("v2/observations", [condition("startTime", ">", at(3601).isoformat(), "datetime")], ["tool2", "call2"]),
        ("observations", [condition("traceId", "=", "t1"), condition("totalTokens", ">", 0, "number")], ["call1"]),
        ("traces", [condition("metadata", "=", "gold", "stringObject", key="tier")], ["t2", "t1", "t0"]),
        ("traces", [condition("metadata", ">=", 1, "numberObject", key="n")], ["t2", "t1"]),
        ("traces", [condition("metadata", "is not set", type="stringObject", key="tier")], []),
        ("traces", [condition("tags", "none of", ["vip"], "arrayOptions")], ["t2", "t0"]),
        ("traces", [condition("userId", "starts with", "b")], ["t1"]),
        ("traces", [condition("name", "does not contain", "zoo")], ["t2", "t1", "t0"]),
        ("v2/scores", [condition("value", ">", 2, "number")], ["n2"]),
        ("v2/scores", [condition("metadata", "contains", "an", "stringObject", key="by")], ["n1"]),
        ("v2/scores", [condition("source", "=", "API"), condition("traceId", "=", "t0")], ["n1"]),
    ],
)  # fmt: skip
def test_conditions_hold_together(
    read: Reader, told: None, path: str, conditions: list[dict[str, Any]], found: list[str]
) -> None:
    assert read.meeting(path, *conditions) == found


@pytest.mark.parametrize(
    ("told_filter", "reason"),
    [
        ("{", "filter: a JSON list of conditions"),
        ("{}", "filter: a JSON list of at most 50 conditions, each an object"),
        ('[{"column": "colour"}]', "filter: column 'colour' is none of id, name, type,"),
        ('[{"column": "name", "type": "number"}]', "filter: the type of a condition on name is one of string,"),
        ('[{"column": "name", "type": "string", "operator": "~"}]', "filter: the operator of type string is one of ="),
        ('[{"column": "name", "type": "string", "operator": "=", "value": 3}]', "filter: the value of a condition on"),
        ('[{"column": "type", "type": "string", "operator": "=", "value": "ZOO"}]', "filter: 'ZOO' is none of SPAN,"),
    ],
)
def test_a_condition_that_cannot_be_followed_is_refused(read: Reader, told_filter: str, reason: str) -> None:
    assert read(filter=told_filter, status=400)["message"].startswith(reason)


@pytest.mark.parametrize("cursor", ["x", "WyJhIl0", "W251bGwsbnVsbCxudWxsLG51bGxd"])
def test_a_cursor_that_is_none_is_refused(read: Reader, cursor: str) -> None:
    assert read(cursor=cursor, status=400)["message"].startswith("cursor: not a cursor of this list")


def test_texts_are_never_parsed(read: Reader) -> None:
    assert "inputs and outputs are texts" in read(parseIoAsJson="true", status=400)["message"]
