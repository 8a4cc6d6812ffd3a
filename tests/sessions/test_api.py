"""The read API over HTTP: what was ingested comes back exact, page by page, and to its own project alone."""

from datetime import timedelta
from decimal import Decimal
from typing import Any
from urllib.parse import quote

import pytest
from django.db import OperationalError, connection
from django.http import HttpResponse
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from projects.auth import create_key
from projects.models import Project, Scope
from projects.problems import PROBLEM_JSON
from sessions.api.v1 import traces
from sessions.conversations.representation import API_STATE_FIELDS
from sessions.models import Session
from sessions.models.properties import properties_of
from sessions.rollup.session_rows import recompute
from tests.conftest import Key
from tests.sessions.rows import session
from tests.tracing.reports import at, call, failed, in_session, span
from tracing.ingest.pipeline import ingest
from tracing.models import Trace
from tracing.records import Kind, Origin

pytestmark = pytest.mark.django_db
MEMBERS = ["type", "title", "status", "detail", "code"]


class Reader:
    """A client with a key; a refusal is JSON too, with the members of a problem."""

    def __init__(self, client: Client, authorization: str) -> None:
        self.client = client
        self.authorization = authorization

    def ask(self, path: str, **params: Any) -> HttpResponse:
        headers = {"Authorization": self.authorization} if self.authorization else {}
        response: Any = self.client.get(f"/api/v1/{path}", params, headers=headers)
        assert response["Content-Type"] == ("application/json" if response.status_code == 200 else PROBLEM_JSON)
        return response

    def get(self, path: str, **params: Any) -> Any:
        response: Any = self.ask(path, **params)
        assert response.status_code == 200, response.content
        return response.json()

    def refusal(self, path: str, **params: Any) -> tuple[int, Any]:
        response: Any = self.ask(path, **params)
        return response.status_code, response.json()


@pytest.fixture
def reader(client: Client, key: Key) -> Reader:
    return Reader(client, key.bearer)


def store(project: Project, session_id: str = "chat", **claims: Any) -> None:
    """Two turns, the second of which fails in a tool."""
    said = in_session(session_id, session_origin=Origin.APPLICATION, user_id="ana", tags=["vip"], **claims)
    ingest(
        project.pk,
        [
            call("t1", "a", claims=said, input="Where is my order?", output="On its way.", model="gpt-4o"),
            span("t2", "b", claims=said, started_at=at(60), ended_at=at(62.5), input="Refund it", output="Done"),
            call("t2", "c", "b", started_at=at(60.5), ended_at=at(61)),
            failed("t2", "d", "b", started_at=at(61), ended_at=at(62), kind=Kind.TOOL, status_message="no refund"),
        ],
    )
    recompute(project.pk, [session_id])


def test_a_session_is_listed_with_every_property(reader: Reader, project: Project) -> None:
    store(project)
    answer = reader.get("sessions")
    (row,) = answer["data"]
    assert (answer["next"], answer["previous"]) == (None, None)
    assert list(row) == [*properties_of(Session), *API_STATE_FIELDS]
    day = at(0).date().isoformat()
    assert row | {"first_input": "", "last_output": ""} == row | {
        "first_input": "",
        "last_output": "",
        "id": "chat",
        "created_at": f"{day}T12:00:00.000000Z",
        "updated_at": f"{day}T12:01:02.500000Z",
        "duration_ms": 62500,
        "active_ms": 3500,
        "idle_ms": 59000,
        "environments": ["default"],
        "user_ids": ["ana"],
        "trace_count": 2,
        "span_count": 4,
        "error_count": 1,
        "input_cost": "0.0005",
        "output_cost": "0.0004",
        "total_cost": "0.0009",
        "input_tokens": 200,
        "output_tokens": 40,
        "total_tokens": 240,
        "tags": ["vip"],
    }
    usage = row["usage_by_model"]["gpt-4o"]
    assert (usage["call_count"], usage["total_tokens"], usage["total_cost"]) == (2, 240, "0.0009")


@pytest.mark.parametrize(
    ("stored", "said"),
    [
        ("0", "0"),
        ("0.0035", "0.0035"),
        ("0.000000000001", "0.000000000001"),
        ("100", "100"),
        ("12345678.9", "12345678.9"),
    ],
)
def test_money_is_exact_and_has_no_exponent(reader: Reader, project: Project, stored: str, said: str) -> None:
    usage = {"m": {"call_count": 1, "total_cost": f"{Decimal(stored):.12f}", "unpriced_count": 0}}
    session(project, "chat", total_cost=Decimal(stored), usage_by_model=usage)
    (row,) = reader.get("sessions", total_cost=said)["data"]
    assert row["total_cost"] == said
    assert row["usage_by_model"]["m"] == {"call_count": 1, "total_cost": said, "unpriced_count": 0}


def test_a_session_has_its_traces_in_the_order_of_time(reader: Reader, project: Project) -> None:
    store(project)
    answer = reader.get("sessions/chat")
    assert [trace["id"] for trace in answer["traces"]] == ["t1", "t2"]
    assert answer["traces_next"] is None
    second = answer["traces"][1]
    assert (second["duration_ms"], second["error_count"], second["total_cost"]) == (2500, 1, "0.00045")
    assert (second["input_preview"], second["output_preview"]) == ("Refund it", "Done")
    [listed] = reader.get("sessions")["data"]
    assert {name: answer[name] for name in listed} == listed


def test_many_traces_come_in_parts(reader: Reader, project: Project) -> None:
    turns = [span(f"t{n}", "a", started_at=at(n // 3), ended_at=at(n), claims=in_session("long")) for n in range(7)]
    ingest(project.pk, turns)
    recompute(project.pk, ["long"])
    found, cursor = [], ""
    while cursor is not None:
        answer = reader.get("sessions/long", traces_limit=2, traces_cursor=cursor)
        found += [trace["id"] for trace in answer["traces"]]
        cursor = answer["traces_next"]
    assert found == [f"t{number}" for number in range(7)]


def test_a_trace_has_its_spans_with_their_texts(reader: Reader, project: Project) -> None:
    store(project)
    answer = reader.get("traces/t2")
    assert (answer["id"], answer["session_id"], answer["user_id"]) == ("t2", "chat", "ana")
    assert (answer["input"], answer["output"]) == ("Refund it", "Done")
    assert [span["id"] for span in answer["spans"]] == ["b", "c", "d"]
    root, generation, tool = answer["spans"]
    assert (root["parent_id"], root["kind"], root["input"], root["output"]) == (None, "span", "Refund it", "Done")
    assert (generation["parent_id"], generation["model"], generation["total_cost"]) == ("b", "gpt-4o", "0.00045")
    assert (generation["input_tokens"], generation["output_tokens"], generation["input"]) == (100, 20, None)
    assert (tool["kind"], tool["level"], tool["status_message"], tool["duration_ms"]) == (
        "tool",
        "error",
        "no refund",
        1000,
    )
    assert answer["spans_next"] is None


def test_a_text_is_what_it_says_beside_what_was_sent(reader: Reader, project: Project) -> None:
    sent = '{"message": "Where is my parcel?", "user_id": "u-7"}'
    ingest(project.pk, [span("t1", "root", input=sent, output="In Lima.")])
    answer = reader.get("traces/t1")

    for told in (answer, answer["spans"][0]):
        assert (told["input"], told["input_sent"]) == ("Where is my parcel?", sent)
        assert (told["output"], told["output_sent"]) == ("In Lima.", None)


def test_what_no_column_holds_of_a_span_is_read_too(reader: Reader, project: Project) -> None:
    raw = {"model_parameters": {"temperature": 0.2}, "metadata": {"plan": "pro"}, "attributes": {"k": "v"}}
    ingest(project.pk, [call("t1", "a", raw=raw)])
    (only,) = reader.get("traces/t1")["spans"]
    assert (only["model_parameters"], only["metadata"]) == ({"temperature": 0.2}, {"plan": "pro"})


def test_many_spans_come_in_parts(reader: Reader, project: Project) -> None:
    ingest(project.pk, [span("t1", f"s{n}", started_at=at(n // 3)) for n in range(7)])
    found, cursor = [], ""
    while cursor is not None:
        answer = reader.get("traces/t1", spans_limit=2, spans_cursor=cursor)
        found += [span["id"] for span in answer["spans"]]
        cursor = answer["spans_next"]
    assert found == [f"s{number}" for number in range(7)]


def test_long_texts_end_a_page_of_spans_early(
    reader: Reader, project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(traces, "TEXT_PER_PAGE", 100)
    ingest(project.pk, [span("t1", f"s{n}", input="x" * 60, started_at=at(n)) for n in range(3)])
    ingest(project.pk, [span("t1", "s3", input="x" * 160, started_at=at(3))])
    found, cursor = [], ""
    while cursor is not None:
        answer = reader.get("traces/t1", spans_cursor=cursor)
        found.append([span["id"] for span in answer["spans"]])
        cursor = answer["spans_next"]
    assert found == [["s0"], ["s1"], ["s2"], ["s3"]]


@pytest.mark.parametrize(
    "session_id",
    [
        "a/b",
        "a/b/traces",
        "/slash",
        "slash/",
        "a//b",
        "a b",
        "100%",
        "a%2Fb",
        "\\u00fc",
        "ü".encode().hex(),
        "q?x=1&y#z",
        "a+b",
    ],
)
def test_a_session_id_may_be_anything(reader: Reader, project: Project, session_id: str) -> None:
    ingest(project.pk, [call("t1", "a", claims=in_session(session_id))])
    recompute(project.pk, [session_id])
    for path in {quote(session_id), quote(session_id, safe="")}:
        answer = reader.get(f"sessions/{path}")
        assert (answer["id"], [trace["id"] for trace in answer["traces"]]) == (session_id, ["t1"])
    assert [row["id"] for row in reader.get("sessions", id=session_id)["data"]] == [session_id]


def test_a_trace_id_may_contain_slashes(reader: Reader, project: Project) -> None:
    ingest(project.pk, [call("run/1 x", "a/b")])
    assert reader.get("traces/run/1%20x")["spans"][0]["id"] == "a/b"


@pytest.mark.parametrize(
    "path", ["sessions/none", "sessions/a%00b", "traces/none", "traces/%00", "traces/%FF", "sessions/", "", "nothing"]
)
def test_what_is_not_there_is_a_404_in_json(reader: Reader, path: str) -> None:
    status, body = reader.refusal(path)
    assert (status, list(body)) == (404, MEMBERS)
    assert body["code"] == "not_found"


def test_a_method_that_is_not_offered_is_a_405_in_json(client: Client, key: Key) -> None:
    response = client.post("/api/v1/sessions", headers={"Authorization": key.bearer})
    assert (response.status_code, response["Content-Type"]) == (405, PROBLEM_JSON)


def test_a_database_that_is_away_asks_to_come_again(reader: Reader) -> None:
    def away(*_: Any) -> None:
        raise OperationalError("the server closed the connection")

    with connection.execute_wrapper(away):
        response: Any = reader.ask("sessions")
    assert (response.status_code, list(response.json())) == (503, MEMBERS)
    assert response["Retry-After"] == "2"


# Whose data


def test_another_projects_key_sees_nothing(
    client: Client, reader: Reader, project: Project, other_project: Project
) -> None:
    store(project)
    _, secret = create_key(other_project)
    stranger = Reader(client, f"Bearer {secret}")
    assert stranger.get("sessions")["data"] == []
    assert stranger.get("sessions", id="chat")["data"] == []
    assert stranger.refusal("sessions/chat")[0] == 404
    assert stranger.refusal("traces/t1")[0] == 404


def test_two_projects_may_use_the_same_ids(
    client: Client, reader: Reader, project: Project, other_project: Project
) -> None:
    store(project)
    ingest(other_project.pk, [call("t1", "z", claims=in_session("chat", user_id="bo"))])
    recompute(other_project.pk, ["chat"])
    stranger = Reader(client, f"Bearer {create_key(other_project)[1]}")
    assert (reader.get("sessions/chat")["user_ids"], stranger.get("sessions/chat")["user_ids"]) == (["ana"], ["bo"])
    assert [s["id"] for s in reader.get("traces/t1")["spans"]] == ["a"]
    assert [s["id"] for s in stranger.get("traces/t1")["spans"]] == ["z"]


@pytest.mark.parametrize("path", ["sessions", "sessions/chat", "traces/t1", "nowhere"])
@pytest.mark.parametrize("authorization", ["", "Bearer sk-wrong", "Basic bm90IGEga2V5", "Basic %%%", "Digest x"])
def test_without_a_live_key_nothing_is_told(client: Client, project: Project, path: str, authorization: str) -> None:
    store(project)
    response: Any = Reader(client, authorization).ask(path)
    assert (response.status_code, list(response.json())) == (401, MEMBERS)
    assert response["WWW-Authenticate"].startswith("Basic")


def test_a_basic_pair_reads_as_well(client: Client, key: Key, project: Project) -> None:
    store(project)
    assert len(Reader(client, key.basic).get("sessions")["data"]) == 1


def test_a_key_without_the_scope_to_read_is_forbidden(client: Client, project: Project) -> None:
    _, secret = create_key(project, scopes=[Scope.INGEST])
    status, body = Reader(client, f"Bearer {secret}").refusal("sessions")
    assert status == 403
    assert "read" in body["detail"]


def test_an_expired_key_is_refused(client: Client, project: Project) -> None:
    _, secret = create_key(project, expires_at=timezone.now() - timedelta(seconds=1))
    assert Reader(client, f"Bearer {secret}").refusal("sessions")[0] == 401


# Questions


def test_the_list_filters_sorts_and_pages(reader: Reader, project: Project, other_project: Project) -> None:
    for number in range(5):
        session(project, f"s{number}", total_cost=Decimal(number) / 10, tags=["even"] if number % 2 == 0 else [])
    session(other_project, "theirs", tags=["even"], total_cost=Decimal(1))
    question = {"tags": "even", "sort": "-total_cost", "limit": 2}
    first = reader.get("sessions", **question)
    assert [row["id"] for row in first["data"]] == ["s4", "s2"]
    second = reader.get("sessions", **question, cursor=first["next"])
    assert [row["id"] for row in second["data"]] == ["s0"]
    assert second["next"] is None
    assert reader.get("sessions", **question, cursor=second["previous"])["data"] == first["data"]


@pytest.mark.parametrize(
    ("path", "params", "name"),
    [
        ("sessions", {"total_cost__gte": "lots"}, "total_cost__gte"),
        ("sessions", {"usr_ids": "ana"}, "usr_ids"),
        ("sessions", {"cursor": "x"}, "cursor"),
        ("sessions", {"limit": 1000}, "limit"),
        ("sessions", {"sort": "tags"}, "sort"),
        ("sessions/chat", {"traces_limit": 0}, "traces_limit"),
        ("sessions/chat", {"traces_limit": "²"}, "traces_limit"),
        ("sessions/chat", {"traces_cursor": "x"}, "traces_cursor"),
        ("sessions/chat", {"limit": 5}, "limit"),
        ("traces/t1", {"spans_limit": 9999}, "spans_limit"),
        ("traces/t1", {"spans_cursor": "x"}, "spans_cursor"),
    ],
)
def test_a_parameter_that_cannot_be_followed_is_named(
    reader: Reader, project: Project, path: str, params: dict[str, Any], name: str
) -> None:
    store(project)
    status, body = reader.refusal(path, **params)
    assert status == 400
    assert list(body["errors"]) == [name]
    assert body["errors"][name][0]


def test_a_cursor_of_another_list_is_refused(reader: Reader, project: Project) -> None:
    ingest(project.pk, [span(f"t{n}", "a", claims=in_session("chat")) for n in range(3)])
    recompute(project.pk, ["chat"])
    cursor = reader.get("sessions/chat", traces_limit=1)["traces_next"]
    assert reader.refusal("sessions", cursor=cursor)[0] == 400
    assert reader.refusal("traces/t1", spans_cursor=cursor)[0] == 400


def test_answers_take_as_many_queries_whatever_their_size(
    reader: Reader, project: Project, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    ingest(project.pk, [call(f"t{n}", f"s{m}", claims=in_session(f"c{n % 3}")) for n in range(9) for m in range(4)])
    recompute(project.pk, ["c0", "c1", "c2"])
    for _ in range(2):
        reader.get("sessions")  # the first notes the use of the key
    for path, queries in (("sessions", 3), ("sessions/c0", 5), ("traces/t0", 4)):
        with django_assert_num_queries(queries):
            assert reader.get(path)
    assert Trace.objects.for_project(project).count() == 9
