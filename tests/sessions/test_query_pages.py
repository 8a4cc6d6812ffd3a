"""The query box, its suggestions, the facets and the times, as pages and fragments."""

import re
from html import unescape
from urllib.parse import parse_qs, urlsplit

import pytest
from django.conf import settings
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from projects.models import Project, User
from sessions.listing.completing import scope_of
from sessions.listing.facets import facets
from sessions.models import Session
from sessions.models.properties import PropertyKind, properties_of
from sessions.query.fields import fields_of
from sessions.query.reference import document
from sessions.rollup.session_rows import recompute
from tests.sessions.rows import session
from tests.sessions.test_properties import one_more  # noqa: F401
from tests.tracing.reports import call, in_session
from tracing.ingest.pipeline import ingest

FRAGMENT = {"HX-Request": "true"}


@pytest.fixture
def alices(client: Client, alice: User) -> Client:
    client.force_login(alice)
    return client


@pytest.fixture
def sold(project: Project) -> Project:
    session(project, "one", tags=["vip", "new, too"], total_cost="0.5", duration_ms=120_000, error_count=1)
    session(project, "two", tags=["vip"], total_cost="0.25", minute=1)
    session(project, "three", scores={"helpful": {"count": 1, "mean": 4, "shares": {}}}, minute=2)
    return project


def page(client: Client, project: Project, **params: str) -> str:
    return client.get(reverse("sessions", args=[project.pk]), params).content.decode()


def facet(client: Client, project: Project, name: str, **params: str) -> str:
    return client.get(reverse("facet", args=[project.pk, name]), params, headers=FRAGMENT).content.decode()


def links(html: str, pattern: str = "facet-add") -> list[str]:
    """What the links of the values would ask."""
    found = re.findall(rf'<a class="{pattern}" href="([^"]*)"', html)
    return [parse_qs(urlsplit(unescape(href)).query).get("q", [""])[0] for href in found]


def suggested(client: Client, project: Project, text: str, at: int | None = None) -> list[str]:
    asked = {"q": text, "at": str(len(text) if at is None else at)}
    answer = client.get(reverse("suggest", args=[project.pk]), asked)
    found = re.findall(r'data-insert="([^"]*)" data-start="(\d+)"', answer.content.decode())
    return [text[: int(start)] + unescape(insert) for insert, start in found]


@pytest.mark.django_db
def test_a_faulty_query_is_kept_and_underlined_where_it_is_wrong(alices: Client, sold: Project) -> None:
    shown = page(alices, sold, q="tag:vip cots > 1")

    assert 'value="tag:vip cots &gt; 1"' in shown
    assert "tag:vip <mark>cots &gt; 1</mark>" in shown
    assert "Did you mean cost?" in shown
    assert 'aria-invalid="true"' in shown
    assert "<code>q</code>" not in shown  # nor once more among the errors of the parameters
    assert "said-link" not in shown


@pytest.mark.django_db
@pytest.mark.parametrize("name", ["sessions", "traces"])
@pytest.mark.parametrize("query", ["q=cost+>+(", "sort=nothing"])
def test_a_list_that_is_refused_offers_the_way_back_to_all_rows(
    alices: Client, project: Project, name: str, query: str
) -> None:
    ingest(project.pk, [call("t1", "a", input="Hello", claims=in_session("s1"))])
    recompute(project.pk, ["s1"])
    path = reverse(name, args=[project.pk])

    html = alices.get(f"{path}?{query}").content.decode()
    [way_out] = re.findall(rf'href="([^"]*)">Show all {name}', html)

    assert 'role="alert"' in html
    assert "said-link" not in html
    assert "said-link" in alices.get(way_out).content.decode()


def test_conditions_in_force_are_chips_that_take_themselves_away(alices: Client, sold: Project) -> None:
    shown = page(alices, sold, q="tag:vip cost > 0.3", range="all", sort="created_at")

    chips = re.findall(r'<a class="chip token[^"]*"\s+href="([^"]*)"', shown)
    asked = [parse_qs(urlsplit(unescape(href)).query) for href in chips]

    assert [found["q"] for found in asked] == [["cost > 0.3"], ["tag:vip"]]
    assert all(found["sort"] == ["created_at"] for found in asked)


@pytest.mark.django_db
def test_the_form_of_the_query_carries_everything_else_along(alices: Client, sold: Project) -> None:
    shown = page(alices, sold, q="tag:vip", range="90d", tags="vip", sort="-total_cost")
    form = re.search(r'<form class="query-box".*?</form>', shown, re.DOTALL)
    assert form

    hidden = dict(re.findall(r'<input type="hidden" name="([^"]*)" value="([^"]*)">', form[0]))

    assert hidden == {"range": "90d", "tags": "vip", "sort": "-total_cost"}


@pytest.mark.django_db
def test_a_facet_counts_values_and_its_links_rewrite_the_query(alices: Client, sold: Project) -> None:
    shown = facet(alices, sold, "tag", q="cost > 0.1")

    assert links(shown) == ["cost > 0.1 tag:vip", 'cost > 0.1 tag:"new, too"']
    assert links(shown, "facet-not") == ["cost > 0.1 -tag:vip", 'cost > 0.1 -tag:"new, too"']
    assert re.findall(r'number muted small">(\d+)', shown) == ["2", "1"]


@pytest.fixture
def spread(project: Project) -> Project:
    """Sessions of two environments and two tags; `label:eu` on one of each tag."""
    for number, (environment, tag, cost) in enumerate(
        [("prod", "vip", "1"), ("prod", "vip", "2"), ("prod", "new", "3"), ("dev", "vip", "4"), ("dev", "new", "5")]
    ):
        session(
            project, f"s{number}", environments=[environment], tags=[tag], total_cost=cost, minute=number,
            user_ids=["ann" if number % 2 else "bob"], scores={tag: {"count": 1, "mean": 4, "shares": {}}},
        )  # fmt: skip
    return project


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("params", "counts"),
    [
        ({}, {"env": {"prod": 3, "dev": 2}, "tag": {"vip": 3, "new": 2}, "user": {"bob": 3, "ann": 2}}),
        ({"q": "env:prod"}, {"env": {"prod": 3, "dev": 2}, "tag": {"vip": 2, "new": 1}}),
        ({"q": "-env:dev"}, {"env": {"prod": 3, "dev": 2}, "tag": {"vip": 2, "new": 1}}),
        ({"q": "environments:prod"}, {"env": {"prod": 3, "dev": 2}, "tag": {"vip": 2, "new": 1}}),
        ({"environments": "prod"}, {"env": {"prod": 3, "dev": 2}, "tag": {"vip": 2, "new": 1}}),
        ({"q": "env:prod,dev tag:new"}, {"env": {"prod": 1, "dev": 1}, "tag": {"vip": 3, "new": 2}}),
        ({"q": "(env:prod OR env:dev) tag:new"}, {"env": {"prod": 1, "dev": 1}, "tag": {"vip": 3, "new": 2}}),
        ({"q": "(env:prod OR tag:new)"}, {"env": {"prod": 3, "dev": 1}, "tag": {"vip": 2, "new": 2}}),
        ({"q": "env:prod tag:vip"}, {"env": {"prod": 2, "dev": 1}, "tag": {"vip": 2, "new": 1}, "user": {"ann": 1}}),
        ({"q": "scores:vip env:dev"}, {"scores": {"vip": 1, "new": 1}, "env": {"prod": 2, "dev": 1}}),
        ({"q": "cost >= 4 env:dev"}, {"env": {"dev": 2}, "tag": {"vip": 1, "new": 1}}),
    ],
)
def test_each_facet_counts_under_all_conditions_but_its_own(
    alices: Client, spread: Project, params: dict[str, str], counts: dict[str, dict[str, int]]
) -> None:
    for name, expected in counts.items():
        shown = facet(alices, spread, name, **params)
        texts = re.findall(r'facet-text">([^<]+)<', shown)
        found = dict(zip(texts, map(int, re.findall(r'number muted small">(\d+)', shown)), strict=True))
        assert {value: found.get(value) for value in expected} == expected, name


@pytest.mark.django_db
def test_amounts_are_offered_under_all_conditions_but_their_own(alices: Client, spread: Project) -> None:
    def amounts(**params: str) -> list[str]:
        return re.findall(r'facet-text">([^<]+)<', facet(alices, spread, "cost", **params))

    assert amounts(q="cost >= 5") == amounts() == amounts(q="-cost < 2") != amounts(q="env:prod")
    assert amounts(q="cost >= 3 env:prod") == amounts(q="env:prod")
    assert links(facet(alices, spread, "cost", q="env:prod")) == [f"env:prod cost >= {cost}" for cost in (2, 3)]


@pytest.mark.django_db
def test_what_is_asked_can_be_taken_away_or_turned_round_in_its_facet(alices: Client, sold: Project) -> None:
    asked = facet(alices, sold, "tags", q="-env:staging tag:vip")
    refused = facet(alices, sold, "tag", q="-tag:vip")

    assert links(asked)[0] == "-env:staging"
    assert links(asked, "facet-not")[0] == "-env:staging -tag:vip"
    assert links(refused)[0] == "tag:vip"
    assert links(refused, "facet-not")[0] == ""


@pytest.mark.django_db
def test_amounts_scores_and_faults_are_facets_too(alices: Client, sold: Project) -> None:
    assert links(facet(alices, sold, "cost")) == ["cost >= 0.25", "cost >= 0.5"]
    assert "duration >= 2m" in links(facet(alices, sold, "duration"))
    assert links(facet(alices, sold, "scores")) == ["scores:helpful"]
    assert "has:error" in links(page(alices, sold))


@pytest.mark.django_db
def test_every_link_of_every_facet_can_be_followed(alices: Client, sold: Project) -> None:
    for offered in facets():
        shown = facet(alices, sold, offered.name)
        for query in [*links(shown), *links(shown, "facet-not")]:
            assert "</mark>" not in page(alices, sold, q=query), query


@pytest.mark.django_db
def test_a_facet_is_a_page_without_a_script_and_unknown_ones_are_not_there(alices: Client, sold: Project) -> None:
    answer = alices.get(reverse("facet", args=[sold.pk, "tag"]))

    assert "<h1>Tags</h1>" in answer.content.decode()
    assert answer["Vary"].count("HX-Request") == 1
    assert alices.get(reverse("facet", args=[sold.pk, "nothing"])).status_code == 404


@pytest.mark.django_db
def test_facets_and_suggestions_never_tell_of_another_project(
    alices: Client, sold: Project, other_project: Project
) -> None:
    session(other_project, "theirs", tags=["theirs"])

    assert "theirs" not in facet(alices, sold, "tag")
    assert not any("theirs" in text for text in suggested(alices, sold, "tag:"))


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("co", "cost > "),
        ("tag:vip dur", "tag:vip duration > "),
        ("-ta", "-tag:"),
        ("cost", "cost >= "),
        ("has:er", "has:error "),
        ("is:", "is:bookmarked "),
        ("tag:", "tag:vip "),
        ("tag:new", 'tag:"new, too" '),
        ("-tag:vip,ne", '-tag:vip,"new, too" '),
        ("tag:all(vi", "tag:all(vip"),
        ("duration > ", "duration > 5s "),
        ("updated > ", "updated > -7d "),
        ("span(ki", "span(kind:"),
        ("span(kind:to", "span(kind:tool "),
        ("trace(cos", "trace(cost > "),
        ("score.", "score.helpful >= "),
        ("spa", "span("),
    ],
)
def test_the_box_suggests_what_fits_at_the_cursor(alices: Client, sold: Project, text: str, expected: str) -> None:
    assert expected in suggested(alices, sold, text)


@pytest.mark.django_db
def test_metadata_is_suggested_by_key_and_value(alices: Client, project: Project) -> None:
    claims = in_session("s1", metadata={"plan": "pro", "seats": 3})
    ingest(project.pk, [call("t1", "a", claims=claims)])

    assert "metadata.plan = " in suggested(alices, project, "metadata.pl")
    assert "metadata.plan = pro " in suggested(alices, project, "metadata.plan = ")
    assert "metadata.seats = 3 " in suggested(alices, project, "metadata.seats = ")


@pytest.mark.django_db
def test_the_cursor_may_stand_anywhere(alices: Client, sold: Project) -> None:
    assert "tag:" in suggested(alices, sold, "ta cost > 1", 2)
    assert suggested(alices, sold, '"late tag:', 10) == []
    for at in ("", "x", "-1", "999999999", "3"):
        assert alices.get(reverse("suggest", args=[sold.pk]), {"q": "tag:é(", "at": at}).status_code == 200


def test_brackets_decide_what_a_name_is_of() -> None:
    assert scope_of("cost > 1 ") == "session"
    assert scope_of("trace(a span(b") == "span"
    assert scope_of("trace(a span(b) (c ") == "trace"
    assert scope_of("trace(a) ) ") == "session"


@pytest.mark.django_db
def test_a_property_is_a_facet_and_a_suggestion_by_its_declaration(
    alices: Client,
    sold: Project,
    one_more: str,  # noqa: F811
) -> None:
    fields_of.cache_clear()
    try:
        assert f"{one_more} > " in suggested(alices, sold, "recom")
        assert "said-link" in page(alices, sold, q=f"{one_more} > 2020-01-01")
        assert f"| `{one_more}` |" in document()
    finally:
        fields_of.cache_clear()


def test_every_set_and_every_amount_with_a_short_name_is_a_facet() -> None:
    offered = {facet.declared.name for facet in facets()}
    declared = properties_of(Session).values()

    assert {p.name for p in declared if p.kind in (PropertyKind.SET, PropertyKind.SCORES)} <= offered
    assert {"total_cost", "duration_ms", "total_tokens", "error_count"} <= offered


@pytest.mark.django_db
def test_ranges_are_links_and_keep_the_query(alices: Client, sold: Project) -> None:
    shown = page(alices, sold, q="tag:vip", range="7d")

    links_of = re.findall(r'<a class="menu-item" href="[^"]*\?([^"]*)"\s*(aria-current="true")?>\s*Last', shown)
    asked = {parse_qs(unescape(query))["range"][0]: bool(is_current) for query, is_current in links_of}

    assert asked == {"1h": False, "24h": False, "7d": True, "30d": False, "90d": False, "last-month": False}
    assert all("q=tag" in query for query, _ in links_of)


@pytest.mark.django_db
def test_a_session_of_a_moment_ago_is_in_the_list_by_itself(alices: Client, project: Project) -> None:
    session(project, "fresh", updated_at=timezone.now(), created_at=timezone.now())

    assert "fresh" in page(alices, project)
    assert "fresh" in page(alices, project, range="1h")


@pytest.mark.django_db
def test_a_facet_costs_the_same_queries_however_many_sessions(
    alices: Client, sold: Project, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for number in range(20):
        session(sold, f"more-{number}", tags=[f"tag-{number}"], minute=number)
    address = reverse("facet", args=[sold.pk, "tag"])
    alices.get(address, headers=FRAGMENT)

    with django_assert_num_queries(8):
        alices.get(address, {"q": "cost >= 0"}, headers=FRAGMENT)


def test_the_document_says_what_the_code_does() -> None:
    assert (settings.BASE_DIR / "docs" / "query.md").read_text() == document(), "run manage.py query_doc"
