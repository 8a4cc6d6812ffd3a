"""The deep scan: what the index does not hold is found by reading, slice by slice, and never another project's."""

import json
import re

import pytest
from django.test import Client
from django.urls import reverse

from projects.models import Project, User
from sessions.models import TraceText
from sessions.query.compiling import terms_in
from sessions.query.grammar import QueryError
from sessions.search.matching import RefusedTerm, Term
from sessions.search.scan import scan
from tests.conversations import tell
from tests.tracing.reports import at, failed, in_session
from tracing.ingest.pipeline import ingest
from tracing.lists.keyset import BadCursor
from tracing.records import Kind


def with_tool(project: Project, trace_id: str, output: str, seconds: float = 0) -> None:
    claims = in_session(f"s-{trace_id}")
    tool = failed(trace_id, "tool", kind=Kind.TOOL, output=output, claims=claims, started_at=at(seconds))
    ingest(project.pk, [tool])


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("refund order", [Term("refund"), Term("order")]),
        ('"late delivery" -escalated', [Term("late delivery", is_phrase=True), Term("escalated", is_negated=True)]),
        ('-"late delivery" escal*', [Term("late delivery", True, True), Term("escal", is_prefix=True)]),
        (r'"say \"yes\"" http://x', [Term('say "yes"', is_phrase=True), Term("http://x")]),
        ("  ", []),
    ],
)
def test_a_line_is_cut_into_terms(line: str, expected: list[Term]) -> None:
    assert terms_in(line) == expected


@pytest.mark.parametrize(
    ("line", "reason"),
    [('"open', "never closed"), ("tag:vip", "Only words"), ("one OR two", "Only words"), ("-(a b)", "Only words")],
)
def test_what_is_no_term_is_refused_with_a_way_out(line: str, reason: str) -> None:
    with pytest.raises(QueryError, match=reason):
        terms_in(line)


def test_it_finds_in_a_tools_output_what_the_index_does_not_hold(project: Project, other_project: Project) -> None:
    tell(project, "talk")
    with_tool(project, "deep", '{"log": "x\\nConnection <reset> by\\npeer"}')
    with_tool(other_project, "theirs", "connection <reset> by peer")

    found = scan(project, terms_in('"connection <reset> by peer" -refused'))

    assert [(hit.session_id, hit.side) for hit in found.hits] == [("s-deep", "output")]
    assert "<mark>Connection &lt;reset&gt; by" in found.hits[0].html
    assert found.cursor is None
    assert (found.traces, found.spans) == (3, 7)
    assert not TraceText.objects.for_project(project).exists()


def test_characters_that_json_escaped_are_found(project: Project) -> None:
    with_tool(project, "deep", json.dumps({"log": "配送 ¿Devolución? 😀"}))

    (hit,) = scan(project, terms_in("配送 devolucion")).hits

    assert "¿<mark>Devolución</mark>? 😀" in hit.html
    assert "<mark>配送</mark>" in hit.html


def test_a_position_of_another_list_and_terms_without_an_answer_are_refused(project: Project) -> None:
    with pytest.raises(BadCursor):
        scan(project, [Term("needle")], cursor="nonsense")
    with pytest.raises(RefusedTerm):
        scan(project, [Term("needle", is_negated=True)])


def test_it_goes_on_where_it_stopped_from_new_to_old(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sessions.search.scan.SPANS_AT_ONCE", 2)
    for number in range(5):
        with_tool(project, f"t{number}", "needle", seconds=number)

    first = scan(project, [Term("needle")], seconds=-1)
    second = scan(project, [Term("needle")], cursor=first.cursor or "", seconds=-1)
    third = scan(project, [Term("needle")], cursor=second.cursor or "", seconds=-1)

    assert [[hit.trace_id for hit in part.hits] for part in (first, second, third)] == [
        ["t4", "t3"],
        ["t2", "t1"],
        ["t0"],
    ]
    assert first.back_to == at(3)
    assert third.cursor is None


def test_the_page_goes_on_by_links_and_can_be_stopped(
    project: Project, client: Client, alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sessions.search.scan.SPANS_AT_ONCE", 1)
    monkeypatch.setattr("sessions.listing.views.scan.SCAN_SECONDS", -1)
    for number in range(3):
        with_tool(project, f"t{number}", "<i>needle</i>", seconds=number)
    client.force_login(alice)
    address = f"/project/{project.pk}/scan"

    first = client.get(address, {"find": "needle"}).content.decode()
    assert "&lt;i&gt;<mark>needle</mark>&lt;/i&gt;" in first
    assert "searched back to" in first
    further = re.findall(r'id="scan-on" href="([^"]+)"', first)[0].replace("&amp;", "&")
    stop = re.findall(r'id="scan-stop" href="([^"]+)"', first)[0].replace("&amp;", "&")
    stopped = client.get(address + stop, headers={"HX-Request": "true"}).content.decode()
    assert "Stopped. 1 found so far" in stopped
    assert "hx-trigger" not in stopped
    second = client.get(address + further, headers={"HX-Request": "true"}).content.decode()
    assert "2</span> traces found" in second
    assert "<html" not in second
    third = client.get(address + re.findall(r'id="scan-on" href="([^"]+)"', second)[0].replace("&amp;", "&"))
    assert "searched everything" in third.content.decode()
    assert "at least one word" in client.get(address, {"find": "-x"}).content.decode()


@pytest.mark.parametrize("session_id", ["scan", "export", "suggest", "facets/tags", "sessions/scan"])
def test_a_session_that_is_called_like_a_page_keeps_its_link(
    project: Project, client: Client, alice: User, session_id: str
) -> None:
    tell(project, session_id)
    client.force_login(alice)

    assert "My order #12345" in client.get(reverse("session", args=[project.pk, session_id])).content.decode()
