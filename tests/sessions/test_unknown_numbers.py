"""Tokens and costs that nobody knows are `unknown` or a lower bound wherever they are shown, and never a zero."""

import re
from html import unescape

import pytest
from django.test import Client
from django.urls import reverse

from projects.models import Project, User
from tests.sessions.unknown import (
    KNOWN_NUMBERS,
    MODEL_OF,
    NAMES,
    SHOWN,
    fact,
    facts_in_line,
    row_of,
    rows_of,
    tell_unknown,
    words,
)
from tests.tracing.reports import at, call
from tracing.ingest.pipeline import ingest
from tracing.token_usage import Usage

pytestmark = pytest.mark.django_db


@pytest.fixture
def told(project: Project) -> Project:
    return tell_unknown(project)


@pytest.fixture
def alices(client: Client, alice: User) -> Client:
    client.force_login(alice)
    return client


def page_of(client: Client, name: str, project: Project, *args: str, **params: str) -> str:
    answer = client.get(reverse(name, args=[project.pk, *args]), params)
    assert answer.status_code == 200
    return answer.content.decode()


@pytest.mark.parametrize("name", NAMES)
def test_the_list_shows_what_is_known(told: Project, alices: Client, name: str) -> None:
    html = page_of(alices, "sessions", told, tags=name, columns="id,total_tokens,total_cost")
    tokens, cost = SHOWN[name]

    assert [cell for cell in row_of(html, name) if cell][-2:] == [tokens, cost]


@pytest.mark.parametrize("name", NAMES)
def test_the_column_of_usage_by_model_shows_what_is_known(told: Project, alices: Client, name: str) -> None:
    html = page_of(alices, "sessions", told, tags=name, columns="id,usage_by_model")

    assert row_of(html, name)[-1] == f"{MODEL_OF[name]} {SHOWN[name][0]}"


@pytest.mark.parametrize("name", NAMES)
def test_the_totals_above_the_list_show_what_is_known(told: Project, alices: Client, name: str) -> None:
    html = page_of(alices, "strip", told, tags=name)

    assert (fact(html, "Tokens"), fact(html, "Cost")) == SHOWN[name]


def test_the_totals_of_several_sessions_are_lower_bounds(told: Project, alices: Client) -> None:
    html = page_of(alices, "strip", told)

    assert (fact(html, "Tokens"), fact(html, "Cost")) == ("≥ 300", "≥ $0.00090")


@pytest.mark.parametrize("name", NAMES)
def test_the_session_page_shows_what_is_known(told: Project, alices: Client, name: str) -> None:
    html = page_of(alices, "session", told, name)
    tokens, cost = SHOWN[name]
    shown = words(html)

    assert row_of(html, MODEL_OF[name])[-2:] == [tokens, cost]
    assert (fact(html, "Tokens"), fact(html, "Cost")) == (tokens, cost)
    assert "$0 " not in shown
    if name != "partly":  # its two turns are each wholly known or unknown
        assert f"{tokens} tokens · {'cost unknown' if cost == 'unknown' else cost}" in shown


def test_the_turns_of_a_session_show_what_is_known_of_each(told: Project, alices: Client) -> None:
    shown = words(page_of(alices, "session", told, "partly"))

    assert "120 tokens · $0.00045" in shown
    assert "unknown tokens · cost unknown" in shown


@pytest.mark.parametrize("name", NAMES)
def test_the_account_says_which_sums_are_lower_bounds(told: Project, alices: Client, name: str) -> None:
    shown = words(page_of(alices, "session", told, name, account=""))
    _, _, unmeasured, unpriced = KNOWN_NUMBERS[name]

    assert ("1 call reported no usage; the true number of tokens is higher." in shown) == bool(unmeasured)
    unknown = f"The cost of 1 call is unknown ({MODEL_OF[name]}); the true cost is higher."
    assert (unknown in shown) == bool(unpriced)


def test_parts_of_the_tokens_of_a_call_without_usage_are_unknown_too(told: Project, alices: Client) -> None:
    html = page_of(alices, "session", told, "dark")
    model, calls, *numbers = row_of(html, "gpt-4o")

    assert (model, calls) == ("gpt-4o", "1")
    assert numbers == ["unknown"] * 2
    assert "unknown in; unknown out" in words(html)


@pytest.mark.parametrize(
    ("trace_id", "tokens", "cost"),
    [
        ("dark-1", "unknown tokens", "unknown"),
        ("partly-1", "120 tokens 100 in, 20 out", "$0.00045"),
        ("partly-2", "unknown tokens", "unknown"),
        ("unlisted-1", "60 tokens 50 in, 10 out", "unknown"),
    ],
)
def test_a_trace_shows_what_is_known(told: Project, alices: Client, trace_id: str, tokens: str, cost: str) -> None:
    html = page_of(alices, "trace", told, trace_id)
    assert {tokens, cost} <= set(facts_in_line(html))

    listed = page_of(alices, "traces", told, columns="name,total_tokens,input_tokens,total_cost")
    (row,) = [r for r in re.findall(r"<tr\b.*?</tr>", listed, re.DOTALL) if f"/{trace_id}" in r]
    shown = [words(cell) for cell in re.findall(r"<td\b.*?</td>", row, re.DOTALL)]
    assert (tokens.split(" tokens")[0], cost) == (shown[-3], shown[-1])


def test_a_trace_of_one_measured_and_one_silent_call_shows_lower_bounds(project: Project, alices: Client) -> None:
    ingest(project.pk, [call("both", "a"), call("both", "b", usage=Usage(), started_at=at(2), ended_at=at(3))])

    html = page_of(alices, "trace", project, "both")
    assert {"≥ 120 tokens ≥ 100 in, ≥ 20 out", "≥ $0.00045"} <= set(facts_in_line(html))


@pytest.mark.parametrize("name", NAMES)
def test_the_list_of_users_shows_what_is_known(told: Project, alices: Client, name: str) -> None:
    tokens, cost = SHOWN[name]

    (row,) = [cells for cells in rows_of(page_of(alices, "users", told)) if cells[0].split(" ")[-1] == name]
    assert row[6:8] == [tokens, cost]


@pytest.mark.parametrize("name", NAMES)
def test_the_dashboard_shows_what_is_known(told: Project, alices: Client, name: str) -> None:
    html = page_of(alices, "dashboard", told, q=f"tag:{name}", range="7d")
    tokens, cost = SHOWN[name]

    tiles = re.findall(r'data-measure="(?:cost|tokens)">.*?"stat-value">(.*?)<', html, re.DOTALL)
    assert tiles == [cost, tokens]
    buckets = set(re.findall(r"<title>[^<]*, Total ([^<]*)</title>", html))
    assert {tokens, cost} <= {unescape(bucket) for bucket in buckets}


@pytest.mark.parametrize("name", NAMES)
def test_a_comparison_shows_what_is_known(told: Project, alices: Client, name: str) -> None:
    html = page_of(alices, "compare", told, cohort="all", by="tags")
    picks = [
        words(pick).split(" ") for pick in re.findall(r'<summary class="group-pick">.*?</summary>', html, re.DOTALL)
    ]
    (letter,) = [pick[0] for pick in picks if name in pick]
    for measure, written in zip(("total_tokens", "total_cost"), SHOWN[name], strict=True):
        section = html[html.index(f'<section class="card measure" id="{measure}"') :]
        section = section[: section.index("</section>")]
        (row,) = [r for r in re.findall(r"<tr\b.*?</tr>", section, re.DOTALL) if words(r).startswith(f"{letter} ")]
        numbers = [words(cell) for cell in re.findall(r"<td\b.*?</td>", row, re.DOTALL)]
        assert numbers[:5] == ["1", *[written] * 4]
