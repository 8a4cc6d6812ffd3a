"""Snippets: the words are marked where they stand, and nothing of a text becomes markup."""

import pytest
from django.template.loader import render_to_string
from pytest_django import DjangoAssertNumQueries

from projects.models import Project
from sessions.models import Session
from sessions.search.matching import Term
from sessions.search.snippets import SNIPPET_CHARACTERS, around, pattern_of, snippets_for
from tests.sessions.test_search import LATE, indexed


def marked(text: str, *terms: Term) -> str:
    pattern = pattern_of(terms)
    assert pattern is not None
    return str(around(text, pattern))


@pytest.mark.parametrize(
    ("text", "terms", "expected"),
    [
        ("No Refund today", [Term("refund")], "No <mark>Refund</mark> today"),
        ("refunds, refund", [Term("refund")], "refunds, <mark>refund</mark>"),
        ("refunds", [Term("refu", is_prefix=True)], "<mark>refunds</mark>"),
        ("Late\n delivery!", [Term("late delivery", is_phrase=True)], "<mark>Late\n delivery</mark>!"),
        ("Devolucio\u0301n ya", [Term("devolución")], "<mark>Devolucio\u0301n</mark> ya"),
        ("ﬁne ＡＢＣ", [Term("abc")], "ﬁne <mark>ＡＢＣ</mark>"),
        ("注文の配送が", [Term("配送")], "注文の<mark>配送</mark>が"),
        ("การจัดส่งล่าช้า", [Term("ล่าช้า")], "การจัดส่ง<mark>ล่าช้า</mark>"),
        ("get_user_id()", [Term("user")], "get_<mark>user</mark>_id()"),
        ("<b onclick=1>refund</b>", [Term("refund")], "&lt;b onclick=1&gt;<mark>refund</mark>&lt;/b&gt;"),
        ("one & two", [Term("two"), Term("three", is_negated=True)], "one &amp; <mark>two</mark>"),
        ("nothing", [Term("refund")], "None"),
    ],
)
def test_words_are_marked_as_they_are_spelled(text: str, terms: list[Term], expected: str) -> None:
    assert marked(text, *terms) == expected


def test_a_long_text_is_cut_to_the_window_with_most_of_the_words() -> None:
    text = "refund " + "x " * 500 + "a refund of the parcel " + "y " * 500

    snippet = marked(text, Term("refund"), Term("parcel"))

    assert "<mark>refund</mark> of the <mark>parcel</mark>" in snippet
    assert snippet.startswith("…")
    assert snippet.endswith("…")
    assert len(snippet) < SNIPPET_CHARACTERS + 60


def test_the_snippets_of_a_page_cost_one_query(
    project: Project, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for number in range(5):
        indexed(project, f"s{number}", LATE)

    with django_assert_num_queries(1):
        shown = snippets_for(project.pk, [f"s{number}" for number in range(5)], [Term("refund")])

    assert set(shown) == {f"s{number}" for number in range(5)}
    assert "<mark>Refund</mark> follows" in shown["s0"][0].html


def test_a_row_shows_its_two_newest_turns_and_links_to_them(project: Project) -> None:
    trace_ids = indexed(project, "s/1", [("refund <i>", "one"), ("refund 2", "two"), ("refund 3", "three")])
    context = {
        "project": project,
        "session": Session.objects.for_project(project).get(session_id="s/1"),
        "found": snippets_for(project.pk, ["s/1"], [Term("refund")])["s/1"],
        "sought": "refund",
    }

    html = render_to_string("sessions/_snippets.html", context)

    assert f"/sessions/s/1?turn={trace_ids[2]}&amp;find=refund#trace-{trace_ids[2]}" in html
    assert trace_ids[1] in html
    assert trace_ids[0] not in html
    assert "in 3 turns" in html
