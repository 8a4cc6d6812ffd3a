"""What programs ask beside sessions: who they are, traces, turns, metrics and ingestion issues."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from projects.models import Project
from sessions.conversations.conversation import read_turns
from sessions.models import Session
from sessions.rollup.session_rows import recompute
from tests.conftest import Key
from tests.conversations import TICKET, tell
from tests.tracing.reports import at, call, in_session, span
from tracing.ingest.pipeline import ingest
from tracing.models import Score, Trace
from tracing.records import Kind

pytestmark = pytest.mark.django_db
LONG: list[tuple[str, str]] = [(f"Question {number}?", f"Answer {number}.") for number in range(7)]


@pytest.fixture
def ask(client: Client, key: Key) -> Any:
    def asked(path: str, status: int = 200, **params: Any) -> Any:
        answer = client.get(f"/api/v1/{path}", params, headers={"Authorization": key.bearer})
        assert answer.status_code == status, answer.content
        return answer.json()

    return asked


def test_a_key_learns_whose_it_is_and_what_it_may(ask: Any, project: Project, key: Key) -> None:
    told = ask("me")

    assert told["project"] == {
        "id": project.pk, "name": project.name, "organization": project.organization.name, "archived_at": None,
    }  # fmt: skip
    assert set(told["key"]["scopes"]) == {"ingest", "read", "write"}
    assert told["limits"]["monthly_spans"] is None

    Project.objects.filter(pk=project.pk).update(monthly_span_quota=500)
    assert ask("me")["limits"] | {"requests_per_second": 0} == {
        "requests_per_second": 0, "monthly_spans": 500, "monthly_spans_used": 0,
    }  # fmt: skip


def test_traces_are_found_by_the_query_of_their_page_and_read_to_the_end(ask: Any, project: Project) -> None:
    told = tell(project, "s", LONG)
    ingest(project.pk, [call("alone", "a", name="nightly")])

    page, ids = ask("traces", q="session:s", limit=3), []
    ids += [trace["id"] for trace in page["data"]]
    while page["next"]:
        page = ask("traces", q="session:s", limit=3, cursor=page["next"])
        ids += [trace["id"] for trace in page["data"]]
    assert ids == told[::-1]
    [alone] = ask("traces", q="NOT has:session")["data"]
    assert (alone["id"], alone["session_id"], alone["total_tokens"]) == ("alone", None, 120)
    assert alone == {name: value for name, value in ask("traces/alone").items() if name in alone}


def test_what_no_index_serves_says_how_far_back_it_looked(ask: Any, project: Project) -> None:
    old = timezone.now() - timedelta(days=20)
    ingest(project.pk, [call("t", "a", started_at=old, ended_at=old + timedelta(seconds=1))])

    assert ask("traces")["data"][0]["id"] == "t"
    narrowed = ask("traces", sort="-total_cost")
    assert narrowed["data"] == []
    assert narrowed["searched_back_to"] > old.isoformat()
    assert [trace["id"] for trace in ask("traces", sort="-total_cost", range="all")["data"]] == ["t"]


@pytest.mark.parametrize(
    ("path", "params", "name"),
    [
        ("traces", {"limit": "101"}, "limit"),
        ("traces", {"columns": "name"}, "columns"),
        ("traces", {"q": "colour:red"}, "q"),
        ("traces", {"sort": "name"}, "sort"),
        ("turns", {}, "session_id"),
        ("turns", {"session_id": "s", "cursor": "x"}, "cursor"),
        ("turns", {"session_id": "s", "limit": "501"}, "limit"),
        ("turns", {"session_id": "s", "sort": "x"}, "sort"),
        ("metrics", {}, "measure"),
        ("metrics", {"measure": "joy"}, "measure"),
        ("metrics", {"measure": "cost", "split": "colour"}, "split"),
        ("metrics", {"measure": "cost", "usr": "1"}, "usr"),
        ("metrics", {"measure": "cost", "sort": "id"}, "sort"),
        ("metrics", {"measure": "cost", "total_cost__gte": "lots"}, "total_cost__gte"),
    ],
)
def test_a_refusal_names_the_parameter(
    ask: Any, project: Project, path: str, params: dict[str, str], name: str
) -> None:
    tell(project, "s")
    refused = ask(path, 400, **params)
    assert list(refused["errors"]) == [name]
    assert all(refused["errors"].values())


def test_who_reads_on_gets_the_texts_of_more_turns_at_once(ask: Any, project: Project) -> None:
    calls = [
        call(f"t{number:03}", "a", input="Hm?", output="Hm.", started_at=at(number), claims=in_session("s"))
        for number in range(250)
    ]
    ingest(project.pk, calls)
    recompute(project.pk, ["s"])
    for path, asked in (("turns", {"limit": 500}), ("transcript", {"max_tokens": 100_000})):
        told = ask(path, session_id="s", **asked)
        assert (len(told["data"]), told["next"]) == (250, None)

    taken: list[Trace] = []
    turns = (taken.append(turn) or turn for turn in Trace.objects.for_project(project).order_by("started_at"))
    parts = {len(taken) for _ in read_turns(turns, None)}
    assert parts == {10, 30, 70, 120, 170, 220, 250}


def test_turns_have_each_message_once_whatever_the_size_of_the_page(ask: Any, project: Project) -> None:
    tell(project, "s", LONG)
    wanted = [{"role": "system", "content": "You are the support assistant of Acme."}]
    for question, answer in LONG:
        wanted += [{"role": "user", "content": question}, {"role": "assistant", "content": answer}]

    for limit in (1, 3, 50):
        page, turns = ask("turns", session_id="s", limit=limit), []
        turns += page["data"]
        while page["next"]:
            page = ask("turns", session_id="s", limit=limit, cursor=page["next"])
            turns += page["data"]
        said = [message for turn in turns for message in turn["messages"]]
        assert [m for m in said if m["role"] != "system"] == [m for m in wanted if m["role"] != "system"]
        assert [turn["number"] for turn in turns] == [*range(1, 8)]


def test_turns_end_early_where_their_messages_are_long(
    ask: Any, project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sessions.api.v1.turns.MESSAGE_CHARACTERS_PER_PAGE", 10)
    tell(project, "s", LONG)
    page = ask("turns", session_id="s")
    assert len(page["data"]) == 1
    assert ask("turns", session_id="s", cursor=page["next"])["data"][0]["number"] == 2


def test_a_session_of_nobody_has_no_turns(ask: Any, project: Project) -> None:
    assert ask("turns", 404, session_id="nobody")["detail"] == "This project has nothing with that id."


def test_metrics_equal_the_sums_of_the_sessions(ask: Any, project: Project) -> None:
    tell(project, "a", LONG, user_id="ana")
    tell(project, "b", TICKET, user_id="ben")
    rows = list(Session.objects.for_project(project))

    cost = ask("metrics", measure="cost")
    assert (cost["unit"], cost["split"], cost["sample"]) == ("usd", None, 1)
    [total] = cost["data"]
    assert Decimal(total["total"]) == sum(row.total_cost for row in rows) > 0
    assert total == {"value": None, "total": total["total"], "unknown_count": 0}
    assert ask("metrics", measure="sessions", q="user:ana")["data"][0]["total"] == 1
    assert ask("metrics", measure="sessions", user_ids="ben")["data"][0]["total"] == 1
    by_user = ask("metrics", measure="tokens", split="user")
    assert by_user["value_count"] == 2
    assert {row["value"]: row["total"] for row in by_user["data"]} == {
        row.user_ids[0]: row.total_tokens for row in rows
    }
    assert len(ask("metrics", measure="tokens", split="user", limit=1)["data"]) == 1


def test_metrics_over_time_add_up(ask: Any, project: Project) -> None:
    tell(project, "a", LONG)
    [row] = ask("metrics", measure="sessions", steps="true", range="7d")["data"]
    assert sum(step["total"] for step in row["steps"]) == row["total"] == 1
    assert len(row["steps"]) in (7, 8)
    assert all(early["end"] == late["start"] for early, late in zip(row["steps"], row["steps"][1:], strict=False))


def test_an_unknown_cost_is_null_and_never_0(ask: Any, project: Project) -> None:
    ingest(project.pk, [call("t", "a", model="nobodys-model", claims=in_session("s"))])
    recompute(project.pk, ["s"])
    assert ask("metrics", measure="cost")["data"] == [{"value": None, "total": None, "unknown_count": 1}]


def test_the_mean_of_a_score_is_a_measure(ask: Any, project: Project, client: Client, key: Key) -> None:
    tell(project, "s")
    for value in (1, 4):
        client.post(
            "/api/v1/scores", {"name": "a.b", "value": value, "session_id": "s"}, "application/json",
            headers={"Authorization": key.bearer},
        )  # fmt: skip
    assert Score.objects.for_project(project).count() == 2
    recompute(project.pk, ["s"])
    assert ask("metrics", measure="score.a.b")["data"][0]["total"] == 2.5


def test_nothing_comes_to_zero_sessions_and_to_no_median(ask: Any) -> None:
    assert ask("metrics", measure="sessions")["data"] == [{"value": None, "total": 0, "unknown_count": 0}]
    assert ask("metrics", measure="median")["data"] == [{"value": None, "total": None, "unknown_count": 0}]
    assert ask("metrics", measure="cost", split="model")["data"] == []


def test_an_exchange_of_a_conversation_in_one_trace_is_a_turn(ask: Any, project: Project) -> None:
    claims = in_session("voice")
    spans = [span("t", "root", claims=claims, ended_at=at(60))]
    for number, (question, answer) in enumerate(LONG[:3]):
        times = {"started_at": at(number * 10), "ended_at": at(number * 10 + 2)}
        spans.append(
            span(
                "t", f"turn{number}", "root", name="agent_turn", kind=Kind.AGENT, input=question, output=answer, **times
            )
        )
    ingest(project.pk, spans)
    recompute(project.pk, ["voice"])
    turns = ask("turns", session_id="voice")["data"]
    assert len(turns) == Trace.objects.for_project(project).get(trace_id="t").turn_count
    assert len({turn["id"] for turn in turns}) == len(turns)


def test_issues_say_what_was_lost_and_what_to_do(ask: Any, project: Project) -> None:
    ingest(project.pk, [call("t", "a", claims=in_session("s" * 300))])
    [issue] = ask("issues")["data"]
    assert (issue["reason"], issue["effect"], issue["count"], issue["trace_ids"]) == (
        "session_id_too_long", "dropped", 1, ["t"],
    )  # fmt: skip
    assert issue["advice"].endswith(".")
    assert issue["lost"].endswith(".")
