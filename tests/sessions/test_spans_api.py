"""Spans of many traces by API: found by what they say, whole or with the time from which on they were looked for."""

import json
from typing import Any

import pytest
from django.test import Client
from django.utils.http import urlencode

from projects.models import Project
from sessions.api import recent
from tests.conftest import Key
from tests.tracing.reports import at, call, failed, in_session, span
from tracing.ingest.pipeline import ingest
from tracing.records import Kind

pytestmark = pytest.mark.django_db


class Spans:
    def __init__(self, client: Client, key: Key) -> None:
        self.client, self.headers = client, {"Authorization": key.bearer}

    def ask(self, status: int = 200, **params: Any) -> Any:
        answer = self.client.get(f"/api/v1/spans?{urlencode(params)}", headers=self.headers)
        assert answer.status_code == status, answer.content
        return json.loads(answer.content)

    def __call__(self, **params: Any) -> list[str]:
        return [f"{row['trace_id']}/{row['id']}" for row in self.ask(**params)["data"]]


@pytest.fixture
def spans(client: Client, key: Key) -> Spans:
    return Spans(client, key)


@pytest.fixture
def told(project: Project, other_project: Project) -> None:
    for tenant in (project, other_project):
        ingest(tenant.pk, [
            call("t1", "a", claims=in_session("s1")),
            failed("t1", "tool", "a", kind=Kind.TOOL, name="search", started_at=at(1), ended_at=at(2)),
            span("t1", "bare", "a", started_at=at(2), ended_at=at(3)),
            call("t2", "a", model="claude-sonnet-4-5", claims=in_session("s2"), started_at=at(10), ended_at=at(11)),
        ])  # fmt: skip


def test_the_latest_comes_first_and_says_its_trace(spans: Spans, told: None) -> None:
    assert spans() == ["t2/a", "t1/bare", "t1/tool", "t1/a"]
    row = spans.ask(name="search")["data"][0]
    assert (row["trace_id"], row["parent_id"], row["kind"], row["level"]) == ("t1", "a", "tool", "error")
    assert "input" not in row


@pytest.mark.parametrize(
    ("params", "expected"),
    [
        ({"trace_id": "t2"}, ["t2/a"]),
        ({"session_id": "s1"}, ["t1/bare", "t1/tool", "t1/a"]),
        ({"session_id": "s1", "trace_id": "t2"}, []),
        ({"kind": "tool"}, ["t1/tool"]),
        ({"kind": "span"}, ["t1/bare"]),
        ({"kind": "generation", "model": "gpt-4o"}, ["t1/a"]),
        ({"level": "error"}, ["t1/tool"]),
        ({"level": "default", "session_id": "s2"}, ["t2/a"]),
        ({"name": "search"}, ["t1/tool"]),
        ({"name": "Search"}, []),
        ({"from": at(5).isoformat()}, ["t2/a"]),
        ({"to": at(5).isoformat()}, ["t1/bare", "t1/tool", "t1/a"]),
        ({"range": "1h"}, []),
    ],
)
def test_spans_are_found_by_what_they_say(
    spans: Spans, told: None, params: dict[str, str], expected: list[str]
) -> None:
    assert spans(**params) == expected


def test_pages_lead_through_all_spans(spans: Spans, told: None) -> None:
    first = spans.ask(limit=3, fields="trace_id,id")
    assert first["data"] == [{"trace_id": t, "id": i} for t, i in (("t2", "a"), ("t1", "bare"), ("t1", "tool"))]
    assert first["previous"] is None
    second = spans.ask(limit=3, cursor=first["next"])
    assert [row["id"] for row in second["data"]] == ["a"]
    assert second["next"] is None
    assert spans(limit=3, cursor=second["previous"]) == ["t2/a", "t1/bare", "t1/tool"]


def test_what_was_not_looked_into_is_found_by_going_on(
    spans: Spans, told: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recent, "MAX_RECENT_TRACES", 1)
    answer = spans.ask(level="error")
    assert (answer["data"], answer["searched_back_to"]) == ([], at(10).isoformat(timespec="microseconds")[:-6] + "Z")
    monkeypatch.setattr(recent, "MAX_RECENT_TRACES", 2)
    assert "searched_back_to" not in spans.ask(level="error")
    monkeypatch.setattr(recent, "MAX_RECENT_SPANS", 3)
    assert spans.ask()["searched_back_to"] == answer["searched_back_to"]


@pytest.mark.parametrize(
    ("params", "name"),
    [
        ({"colour": "red"}, "colour"),
        ({"kind": "wish"}, "kind"),
        ({"level": "ERROR"}, "level"),
        ({"limit": "501"}, "limit"),
        ({"cursor": "x"}, "cursor"),
        ({"fields": "colour"}, "fields"),
        ({"range": "soon"}, "range"),
        ({"from": "soon"}, "from"),
        ({"name": "a\x00"}, "name"),
    ],
)
def test_what_cannot_be_followed_is_refused_by_its_name(
    spans: Spans, told: None, params: dict[str, str], name: str
) -> None:
    assert list(spans.ask(400, **params)["errors"]) == [name]
