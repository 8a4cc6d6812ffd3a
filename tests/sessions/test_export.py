"""Exports: every declared property, whole conversations, in constant memory, to be taken up where they broke off."""

import csv
import io
import json
import tracemalloc
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.http import QueryDict
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from projects.downloads.making import encoded
from projects.models import AuditEvent, Project, User
from sessions.conversations.conversation import Told, read_conversation
from sessions.conversations.representation import API_STATE_FIELDS
from sessions.export.formats import EXPORT_FORMATS, cell
from sessions.export.stream import MOST_IDS, BadExport, export_of
from sessions.models import Session
from sessions.models.properties import properties_of
from sessions.rollup.session_rows import recompute
from tests.conftest import Key
from tests.conversations import tell
from tests.downloads import body_of
from tests.sessions.rows import multiply
from tests.sessions.rows import session as session_row
from tests.tracing.reports import at, in_session, span
from tracing.ingest.pipeline import ingest


def got(client: Client, address: str, key: Key | None = None) -> str:
    response = client.get(address, headers={"Authorization": key.basic} if key else {})
    assert response.status_code == 200, response
    return body_of(response).decode()


def lines(text: str) -> list[Any]:
    return [json.loads(line) for line in text.splitlines()]


@pytest.fixture
def alices(client: Client, alice: User) -> Client:
    client.force_login(alice)
    return client


def test_every_property_is_a_column_in_every_format_of_rows(project: Project, alices: Client) -> None:
    tell(project, "one")
    tell(project, "two")
    address, names = f"/project/{project.pk}/export?format=", [*properties_of(Session), *API_STATE_FIELDS]

    table = list(csv.reader(io.StringIO(got(alices, address + "csv"))))
    assert table[0] == names
    assert [dict(zip(names, row, strict=True))["id"] for row in table[1:]] == ["one", "two"]
    whole = json.loads(got(alices, address + "json"))
    assert whole["next"] is None
    assert [list(row) for row in whole["data"]] == [names, names]
    assert lines(got(alices, address + "jsonl")) == whole["data"]
    assert json.loads(got(alices, address + "json&id=nobody")) == {"data": [], "next": None}


def test_a_new_property_is_exported_without_an_edit(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    session_row(project, "one")
    declared = properties_of(Session)
    extra = {**declared, "mood": replace(declared["id"], name="mood")}
    monkeypatch.setattr("sessions.export.formats.properties_of", lambda model: extra)
    monkeypatch.setattr("sessions.conversations.representation.properties_of", lambda model: extra)

    text = "".join(EXPORT_FORMATS["csv"].start()) + "".join(
        EXPORT_FORMATS["csv"].rows([Session.objects.for_project(project).get()], True)
    )

    assert [row[len(declared)] for row in csv.reader(io.StringIO(text))] == ["mood", "one"]


def test_the_filter_of_the_list_and_named_sessions_choose_the_rows(
    project: Project, other_project: Project, alices: Client
) -> None:
    for name in ("a", "b", "c"):
        tell(project, name, user_id=f"user-{name}")
    tell(other_project, "theirs", user_id="user-a")
    address = f"/project/{project.pk}/export?format=jsonl"

    assert [row["id"] for row in lines(got(alices, address + "&user_ids=user-b"))] == ["b"]
    assert [row["id"] for row in lines(got(alices, address + "&id=a&id=c&id=theirs&sort=-id"))] == ["c", "a"]
    refused = alices.get(address + "&cost__gte=1&limit=-1&format=xml")
    assert refused.status_code == 400
    assert "There is no such parameter" in refused.content.decode()
    assert AuditEvent.objects.filter(action="exported", project_id=project.pk).count() == 2


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("=HYPERLINK(1)", "'=HYPERLINK(1)"),
        ("+1 call", "'+1 call"),
        ("-cmd", "'-cmd"),
        ("@sum", "'@sum"),
        ("\tx", "'\tx"),
        (["=a", "b"], "'=a, b"),
        ("-1.5", "-1.5"),
        (-3, "-3"),
        (None, ""),
        ("plain", "plain"),
        ({"a": 1}, '{"a":1}'),
    ],
)
def test_no_cell_is_a_formula(value: Any, expected: str) -> None:
    assert cell(value) == expected


def test_a_conversation_is_told_once_although_every_turn_repeats_it(project: Project, alices: Client) -> None:
    history: list[dict[str, Any]] = [{"role": "system", "content": "Be brief."}]
    for number in range(3):
        history.append({"role": "user", "content": f"question {number}"})
        answer = [{"role": "assistant", "content": "Yes."}]
        ingest(
            project.pk,
            [span(f"t{number}", "a", input=json.dumps(history), output=json.dumps(answer), claims=in_session("s"),
                  started_at=at(number))],
        )  # fmt: skip
        history += answer
    recompute(project.pk, ["s"])

    (line,) = lines(got(alices, f"/project/{project.pk}/export?format=messages"))

    assert line == {"session_id": "s", "messages": history}


def test_plain_questions_and_answers_become_messages(project: Project, alices: Client) -> None:
    tell(project, "s/1", [("Hi", "Hello `x`"), ("Hi", "Hello `x`")])

    one = got(alices, f"/project/{project.pk}/export/session/s/1?format=jsonl")
    whole = json.loads(got(alices, f"/project/{project.pk}/export/session/s/1?format=json"))
    text = got(alices, f"/project/{project.pk}/export/session/s/1")

    expected = [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Hello `x`"}] * 2
    assert lines(one) == [{"session_id": "s/1", "messages": expected}]
    assert whole["messages"] == expected
    assert whole["id"] == "s/1"
    assert text.startswith("# Session s/1\n")
    assert text.count("## User\n\nHi\n") == 2
    assert alices.get(f"/project/{project.pk}/export/session/s/1?format=csv").status_code == 400
    assert alices.get(f"/project/{project.pk}/export/session/none").status_code == 404


def test_what_a_turn_adds_follows_the_last_message_that_was_told() -> None:
    user, call = {"role": "user", "content": "a"}, {"role": "assistant", "content": "", "tool_calls": [{"name": "x"}]}
    tool, answer = {"role": "tool", "content": "1"}, {"role": "assistant", "content": "done"}
    again, changed = {"role": "user", "content": "b"}, {"role": "assistant", "content": "done, rewritten"}
    told = Told()

    def turn(messages: list[dict[str, Any]], reply: dict[str, Any]) -> list[dict[str, Any]]:
        asked = list(told.new_in(messages, is_answer=False))
        return [*asked, *told.new_in([reply], is_answer=True)]

    assert turn([user], answer) == [user, answer]
    assert turn([user, call, tool, answer, again], answer) == [again, answer]
    assert turn([user, call, tool, changed, again], answer) == [again, answer]  # the history was rewritten
    assert list(told.new_in([*[again] * 3, answer], is_answer=True)) == []  # an output that repeats everything


def test_an_export_goes_on_behind_a_cursor_or_the_last_session_that_arrived(
    project: Project, alices: Client, client: Client, key: Key
) -> None:
    for number in range(5):
        session_row(project, f"s{number}", created_at=at(number), updated_at=at(number))
    address = f"/project/{project.pk}/export?"

    first = json.loads(got(alices, address + "format=json&limit=2"))
    assert [row["id"] for row in first["data"]] == ["s0", "s1"]
    rest = lines(got(alices, address + f"format=jsonl&after={first['next']}"))
    assert [row["id"] for row in rest] == ["s2", "s3", "s4"]
    broken = lines(got(alices, address + "format=jsonl&after=s3"))
    assert [row["id"] for row in broken] == ["s4"]
    limited = lines(got(client, "/api/v1/export?format=jsonl&limit=3&after=s0", key))
    assert [row.get("id") for row in limited] == ["s1", "s2", "s3", None]
    last = got(client, f"/api/v1/export?format=jsonl&after={limited[-1]['next']}", key)
    assert [row["id"] for row in lines(last)] == ["s4"]
    refused = client.get("/api/v1/export?format=jsonl&after=no", headers={"Authorization": key.basic})
    assert refused.status_code == 400
    assert "after" in refused.json()["errors"]


def test_memory_does_not_grow_with_the_number_of_sessions(project: Project) -> None:
    first = session_row(project, "s00000", first_input="x" * 500, last_output="y" * 500)
    later = {name: f"{name} + n * interval '1 s'" for name in ("created_at", "updated_at")}
    multiply(first, 3_999, session_id="'s' || lpad(n::text, 5, '0')", **later)

    def peak(limit: int) -> int:
        export = export_of(project, QueryDict(f"format=csv&limit={limit}"))
        tracemalloc.start()
        size = sum(map(len, encoded(export.pieces())))
        assert size > limit * 1000
        highest = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return highest

    peak(500)
    assert peak(4_000) < peak(1_000) * 1.2
    assert peak(4_000) < 20_000_000


def test_a_conversation_of_any_length_is_read_in_parts(
    project: Project, django_assert_num_queries: DjangoAssertNumQueries, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sessions.conversations.conversation.EXPORT_BATCH_TRACES", 4)
    monkeypatch.setattr("sessions.conversations.conversation.EXPORT_TEXT_BATCH_TRACES", 4)
    claims = in_session("s")
    for number in range(9):
        moment = at(0) + timedelta(seconds=number // 2)  # some start at the same moment
        said = span(f"t{number}", "a", input=f"q{number}", output=f"a{number}", claims=claims, started_at=moment)
        ingest(project.pk, [said])
    recompute(project.pk, ["s"])
    session = Session.objects.for_project(project).get()

    with django_assert_num_queries(3):  # the texts are read on a cursor of their own
        messages = list(read_conversation(session))

    assert [message["content"] for message in messages] == [f"{side}{number}" for number in range(9) for side in "qa"]


def test_the_page_offers_the_formats(project: Project, alices: Client) -> None:
    assert "format=markdown" in alices.get(f"/project/{project.pk}/export").content.decode()


@pytest.mark.parametrize("ids", [["a"] * (MOST_IDS + 1), ["a", "b\x00"]], ids=["too many", "a null character"])
def test_names_that_no_export_can_have_are_refused(project: Project, ids: list[str]) -> None:
    params = QueryDict("format=jsonl", mutable=True)
    params.setlist("id", ids)

    with pytest.raises(BadExport) as refused:
        export_of(project, params)
    assert list(refused.value.errors) == ["id"]
