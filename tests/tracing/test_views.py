"""The page of a trace: its texts, its tree, one step in full, and how long texts are read on."""

import json
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries

from projects.models import Project, User
from tests.conversations import tell
from tests.tracing.reports import at, call, in_session, span
from tracing.ingest.pipeline import ingest
from tracing.reading.explained import EXPLANATIONS
from tracing.reading.spans import SPANS_PER_PAGE
from tracing.reading.texts import BODY_HEAD_CHARACTERS
from tracing.records import Reason

FRAGMENT = {"HX-Request": "true"}


@pytest.fixture
def alices(client: Client, alice: User) -> Client:
    client.force_login(alice)
    return client


def store(project: Project, *spans: dict[str, Any], trace_id: str = "t1") -> str:
    """One trace out of what is said of each of its spans; returns its page."""
    ingest(project.pk, [span(trace_id, f"s{number}", **fields) for number, fields in enumerate(spans)])
    return reverse("trace", args=[project.pk, trace_id])


def test_a_trace_shows_what_was_said_and_its_steps(alices: Client, project: Project) -> None:
    page = reverse("trace", args=[project.pk, tell(project, "ticket-1")[0]])

    html = alices.get(page).content.decode()

    assert "My order #12345 hasn&#x27;t arrived yet." in html
    assert "<strong>warehouse</strong>" in html
    assert [html.count(f'<span class="span-title">{name}</span>') for name in ("search_orders", "answer")] == [1, 1]
    assert reverse("session", args=[project.pk, "ticket-1"]) in html


def test_in_a_session_a_trace_opens_as_a_fragment(alices: Client, project: Project) -> None:
    page = reverse("trace", args=[project.pk, tell(project, "ticket-1")[0]])

    answer = alices.get(page, headers=FRAGMENT)

    assert b"<html" not in answer.content
    assert b"search_orders" in answer.content
    assert "HX-Request" in answer["Vary"]


def test_a_step_opens_beside_and_has_a_link_of_its_own(alices: Client, project: Project) -> None:
    page = reverse("trace", args=[project.pk, tell(project, "ticket-1")[1]])

    fragment = alices.get(page + "?span=call", headers=FRAGMENT)
    whole = alices.get(page + "?span=call")

    for answer in (fragment, whole):
        assert b"gpt-4o" in answer.content
        assert b"gen_ai.request.temperature" in answer.content
        assert b"Show 3 earlier messages" in answer.content
    assert b"<html" not in fragment.content
    assert b"<html" in whole.content


def test_a_step_that_is_not_there_is_said_to_be_missing(alices: Client, project: Project) -> None:
    page = store(project, {"name": "root"})

    assert alices.get(page + "?span=nope", headers=FRAGMENT).status_code == 404
    assert "No such step" in alices.get(page + "?span=nope").content.decode()


@pytest.mark.parametrize("count", [3, 150])
def test_a_trace_page_asks_as_many_questions_for_many_steps_as_for_few(
    alices: Client, project: Project, django_assert_max_num_queries: DjangoAssertNumQueries, count: int
) -> None:
    page = store(project, *({"input": "a", "output": "b"} for _ in range(count)))

    with django_assert_max_num_queries(8):
        alices.get(page + "?span=s1")


def test_children_stand_below_their_parents_by_time(alices: Client, project: Project) -> None:
    ingest(
        project.pk,
        [
            span("t1", "late", "root", name="late", started_at=at(3), ended_at=at(4)),
            span("t1", "inner", "early", name="inner", started_at=at(2), ended_at=at(3)),
            span("t1", "early", "root", name="early", started_at=at(1), ended_at=at(3)),
            span("t1", "root", name="root", started_at=at(0), ended_at=at(4)),
        ],
    )

    rows = alices.get(reverse("trace", args=[project.pk, "t1"])).context["page"].tree.rows

    assert [(row.span.name, row.depth) for row in rows] == [("root", 0), ("early", 1), ("inner", 2), ("late", 1)]
    assert [(row.left, row.width) for row in rows] == [(0, 100), (25, 50), (50, 25), (75, 25)]


def test_a_trace_of_many_steps_is_read_on_page_by_page(alices: Client, project: Project) -> None:
    page = store(project, *({"name": f"step {number}"} for number in range(SPANS_PER_PAGE + 3)))

    tree = alices.get(page).context["page"].tree
    rest = alices.get(page, {"rows": tree.following}, headers=FRAGMENT)

    assert len(tree.rows) == SPANS_PER_PAGE
    assert len(rest.context["page"].tree.rows) == 3
    assert rest.context["page"].tree.following is None
    assert b"<html" not in rest.content


def test_a_long_text_shows_its_head_and_is_read_on(alices: Client, project: Project) -> None:
    page = store(project, {"input": "a" * BODY_HEAD_CHARACTERS + "b" * BODY_HEAD_CHARACTERS + "c"})
    text = reverse("text", args=[project.pk, "t1"]) + "?span=s0&side=input"

    head = alices.get(page).content.decode()
    second = alices.get(f"{text}&from={BODY_HEAD_CHARACTERS}", headers=FRAGMENT).content.decode()
    third = alices.get(f"{text}&from={2 * BODY_HEAD_CHARACTERS}", headers=FRAGMENT).content.decode()

    assert "a" * BODY_HEAD_CHARACTERS in head
    assert "10,001 more characters" in head
    assert "bbb" not in head
    assert "b" * BODY_HEAD_CHARACTERS in second
    assert ">c<" in third
    assert "Load more" not in third


def test_one_long_message_is_read_on_within_its_conversation(alices: Client, project: Project) -> None:
    messages = [{"role": "user", "content": "q" * (BODY_HEAD_CHARACTERS + 5)}]
    page = store(project, {"input": json.dumps(messages)})

    assert "message=0" in alices.get(page).content.decode()
    text = reverse("text", args=[project.pk, "t1"]) + f"?span=s0&side=input&message=0&from={BODY_HEAD_CHARACTERS}"
    assert ">qqqqq<" in alices.get(text, headers=FRAGMENT).content.decode()


def test_only_what_is_new_in_a_conversation_is_shown_at_once(alices: Client, project: Project) -> None:
    messages = [{"role": role, "content": f"{role} {n}"} for n in range(30) for role in ("user", "assistant")]
    messages.append({"role": "user", "content": "the last question"})
    page = store(project, {"input": json.dumps(messages)})

    html = alices.get(page).content.decode()
    text = reverse("text", args=[project.pk, "t1"]) + "?span=s0&side=input&before=60"
    earlier = alices.get(text, headers=FRAGMENT).content.decode()

    assert "the last question" in html
    assert "Show 60 earlier messages" in html
    assert "user 29" not in html
    assert "assistant 20" in earlier
    assert "Show 40 earlier messages" in earlier


def test_tool_calls_reasoning_and_files_of_messages_are_shown(alices: Client, project: Project) -> None:
    message = {
        "role": "assistant",
        "content": "Let me look.",
        "reasoning": "I need the order first.",
        "tool_calls": [{"id": "c1", "name": "search_orders", "arguments": {"order_id": 12345}}],
        "media": [
            {"type": "image", "url": "https://example.com/a.png"},
            {"type": "file", "url": "javascript:alert(1)"},
        ],
    }
    page = store(project, {"output": json.dumps([message])})

    html = alices.get(page).content.decode()

    assert "I need the order first." in html
    assert "search_orders" in html
    assert '<span class="key">order_id:</span> <span class="number">12345</span>' in html
    assert 'href="https://example.com/a.png"' in html
    assert "javascript:" not in html


@pytest.mark.parametrize(
    "query", ["?side=input", "?span=s0&side=pk", "?span=s0&side=claims", "?span=nope&side=raw", ""]
)
def test_a_text_that_is_not_there_is_not_found(alices: Client, project: Project, query: str) -> None:
    store(project, {"input": "hello"})

    assert alices.get(reverse("text", args=[project.pk, "t1"]) + query).status_code == 404


def test_numbers_in_urls_may_be_anything(alices: Client, project: Project) -> None:
    page = store(project, {"input": json.dumps([{"role": "user", "content": "hello"}])})
    text = reverse("text", args=[project.pk, "t1"]) + "?span=s0&side=input"

    for query in (
        "&from=-1",
        "&from=²",
        "&from=99999999999999999999",
        "&message=7&from=x",
        "&before=-3",
        "&before=999",
    ):
        assert alices.get(text + query).status_code == 200
    assert alices.get(page + "?rows=x", headers=FRAGMENT).status_code == 200


def test_texts_without_javascript_read_on_in_pages(alices: Client, project: Project) -> None:
    store(project, {"input": "a" * (BODY_HEAD_CHARACTERS + 1)})

    answer = alices.get(reverse("text", args=[project.pk, "t1"]) + f"?span=s0&side=input&from={BODY_HEAD_CHARACTERS}")

    assert b"<html" in answer.content
    assert b"Input, continued" in answer.content


def test_a_trace_without_a_session_says_so(alices: Client, project: Project) -> None:
    assert "belongs to no session" in alices.get(store(project, {"input": "hi"})).content.decode()
    with_session = store(project, {"input": "hi", "claims": in_session("chat")}, trace_id="t2")
    assert "belongs to no session" not in alices.get(with_session).content.decode()


def test_costs_that_nobody_knows_are_never_shown_as_zero(alices: Client, project: Project) -> None:
    ingest(project.pk, [call("t1", "s1", model="our-own-model", input="hi", output="ho")])

    html = alices.get(reverse("trace", args=[project.pk, "t1"])).content.decode()

    assert ">unknown</span>" in html
    assert "$0" not in html


def test_every_reason_of_ingestion_is_explained() -> None:
    assert set(EXPLANATIONS) == set(Reason)
    for explanation in EXPLANATIONS.values():
        assert explanation.title
        assert explanation.lost
        assert explanation.advice


def test_the_list_of_traces_has_those_without_a_session_and_reads_on(
    alices: Client, project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tracing.lists.trace_listing.TraceListing.limit", 2)
    for number in range(3):
        store(project, {"input": f"question {number}", "started_at": at(number)}, trace_id=f"t{number}")
    address = reverse("traces", args=[project.pk])

    first = alices.get(address)
    rest = alices.get(address, {"cursor": first.context["page"].listing.next}, headers=FRAGMENT)

    assert [row.trace_id for row in first.context["page"].listing.rows] == ["t2", "t1"]
    assert "question 0" in rest.content.decode()
    assert "<html" not in rest.content.decode()
    assert "This is not a cursor of this list." in alices.get(address, {"cursor": "x"}).content.decode()


@pytest.mark.parametrize("count", [1, 20])
def test_the_list_of_traces_asks_as_many_questions_for_many_as_for_one(
    alices: Client, project: Project, django_assert_max_num_queries: DjangoAssertNumQueries, count: int
) -> None:
    for number in range(count):
        store(project, {"input": "a"}, trace_id=f"t{number}")

    with django_assert_max_num_queries(6):  # session, person, project, preference, rows, count
        alices.get(reverse("traces", args=[project.pk]))
