"""Tokens and costs that nobody knows are null, empty or a lower bound in the API and in exports, and never a zero."""

import csv
import json
from io import StringIO
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from projects.models import Project, User
from tests.conftest import Key
from tests.downloads import body_of
from tests.sessions.unknown import KNOWN_NUMBERS, MODEL_OF, NAMES, tell_unknown

pytestmark = pytest.mark.django_db


@pytest.fixture
def told(project: Project) -> Project:
    return tell_unknown(project)


@pytest.fixture
def alices(client: Client, alice: User) -> Client:
    client.force_login(alice)
    return client


def test_a_comparison_as_csv_has_no_zero_for_what_is_unknown(told: Project, alices: Client) -> None:
    answer = alices.get(reverse("compare-csv", args=[told.pk]), {"cohort": "all", "by": "tags"})
    rows = list(csv.DictReader(StringIO(body_of(answer).decode())))
    totals = {
        (name, row["name"]): row["total"]
        for row in rows
        for name in NAMES
        if row["label"].endswith(name) and row["name"] in ("total_tokens", "total_cost")
    }

    for name, (tokens, cost, *_) in KNOWN_NUMBERS.items():
        assert totals[name, "total_tokens"] == ("" if tokens is None else str(tokens))
        assert totals[name, "total_cost"].rstrip("0") == (cost or "")


@pytest.mark.parametrize("name", NAMES)
def test_the_api_says_null_or_a_lower_bound_with_what_is_missing(
    told: Project, client: Client, key: Key, name: str
) -> None:
    def ask(path: str) -> Any:
        return client.get(f"/api/v1/{path}", headers={"Authorization": key.bearer}).json()

    (listed,), one = ask(f"sessions?id={name}")["data"], ask(f"sessions/{name}")
    for row in (listed, one, listed["usage_by_model"][MODEL_OF[name]], one["usage_by_model"][MODEL_OF[name]]):
        found = (row["total_tokens"], row["total_cost"], row["unmeasured_count"], row["unpriced_count"])
        assert found == KNOWN_NUMBERS[name]
        for part in ("input", "output"):
            assert (row[f"{part}_tokens"] is None) == (row["total_tokens"] is None)
            assert (row[f"{part}_cost"] is None) == (row["total_cost"] is None)


def test_a_trace_of_the_api_is_null_where_nothing_is_known(told: Project, client: Client, key: Key) -> None:
    def ask(path: str) -> Any:
        return client.get(f"/api/v1/{path}", headers={"Authorization": key.bearer}).json()

    trace = ask("traces/dark-1")
    beside = ask("sessions/partly")["traces"]
    names = ("total_tokens", "total_cost", "unmeasured_count", "unpriced_count")
    assert [trace[name] for name in names] == [None, None, 1, 1]
    assert [trace["usage_by_model"]["gpt-4o"][name] for name in names] == [None, None, 1, 1]
    assert [trace["spans"][0][name] for name in ("input_tokens", *names[:2])] == [None, None, None]
    assert [[row[name] for name in names] for row in beside] == [[120, "0.00045", 0, 0], [None, None, 1, 1]]


def exported(told: Project, client: Client, format: str) -> str:
    answer = client.get(f"/project/{told.pk}/export?format={format}")
    return body_of(answer).decode()


def test_exports_of_rows_have_no_zero_for_what_is_unknown(told: Project, alices: Client) -> None:
    table = {row["id"]: row for row in csv.DictReader(StringIO(exported(told, alices, "csv")))}
    lines = {row["id"]: row for row in map(json.loads, exported(told, alices, "jsonl").splitlines())}
    whole = {row["id"]: row for row in json.loads(exported(told, alices, "json"))["data"]}

    assert whole == lines
    for name, numbers in KNOWN_NUMBERS.items():
        columns = ("total_tokens", "total_cost", "unmeasured_count", "unpriced_count")
        assert tuple(lines[name][column] for column in columns) == numbers
        assert [table[name][column] for column in columns] == ["" if n is None else str(n) for n in numbers]
        usage = json.loads(table[name]["usage_by_model"])[MODEL_OF[name]]
        assert (usage["total_tokens"], usage["total_cost"]) == numbers[:2]


def test_conversations_in_markdown_say_what_is_known(told: Project, alices: Client) -> None:
    text = exported(told, alices, "markdown")

    for name, told_of in {
        "dark": "1 turn, unknown tokens, unknown USD",
        "partly": "2 turns, ≥ 120 tokens, ≥ 0.00045 USD",
        "unlisted": "1 turn, 60 tokens, unknown USD",
        "known": "1 turn, 120 tokens, 0.00045 USD",
    }.items():
        section = text[text.index(f"# Session {name}\n") :]
        assert section.split("\n- ")[2].startswith(told_of)
