"""Every CSV file is read back as it was, and holds no cell that a spreadsheet takes for a formula."""

import csv
import json
import re
from io import StringIO

import pytest
from django.test import Client
from django.urls import reverse

from projects.models import AuditEvent, Project, User
from sessions.annotation import configs, queues
from sessions.conversations.representation import API_STATE_FIELDS
from sessions.models import Session
from sessions.models.properties import properties_of
from tests.downloads import body_of
from tests.sessions.rows import session

pytestmark = pytest.mark.django_db

NUMBER = re.compile(r"[-+]?[0-9.e-]+")
SIGNS = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20", "\u2212")
FORMULAS = [f"{sign}1+1" for sign in SIGNS] + [" =1+1", "\ufeff=1+1", "\u3000=1+1"]
TEXTS = ['say "hi"', "one, two", "two\nlines", "crlf\r\nline", "'quoted'", "ünï 你好", "semi;colon", " padded "]


@pytest.fixture
def alices(client: Client, alice: User) -> Client:
    client.force_login(alice)
    return client


def table_of(client: Client, address: str) -> list[dict[str, str]]:
    """Read a file as a spreadsheet does; every row must have a cell for each column."""
    answer = client.get(address)
    assert answer.status_code == 200
    assert answer["Content-Type"].startswith("text/csv")
    rows = list(csv.reader(StringIO(body_of(answer).decode(), newline="")))
    assert {len(row) for row in rows} == {len(rows[0])}
    return [dict(zip(rows[0], row, strict=True)) for row in rows[1:]]


def sessions_csv(client: Client, project: Project) -> dict[str, dict[str, str]]:
    return {row["id"]: row for row in table_of(client, f"/project/{project.pk}/export?format=csv")}


@pytest.mark.parametrize("text", TEXTS)
def test_texts_and_sets_of_sessions_are_read_back_as_they_are(project: Project, alices: Client, text: str) -> None:
    session(project, "one", first_input=text, tags=[text, "vip"])
    row = sessions_csv(alices, project)["one"]

    assert (row["first_input"], row["tags"]) == (text, f"{text}, vip")
    assert list(row) == [*properties_of(Session), *API_STATE_FIELDS]


@pytest.mark.parametrize("text", FORMULAS)
def test_no_text_of_a_session_is_a_formula(project: Project, alices: Client, text: str) -> None:
    session(project, "one", first_input=text, last_output=text, tags=[text], user_ids=[text, "b"])
    row = sessions_csv(alices, project)["one"]

    assert row["first_input"] == row["last_output"] == row["tags"] == f"'{text}"
    assert row["user_ids"] == f"'{text}, b"


def test_nested_values_of_a_session_are_json_and_numbers_stay_numbers(project: Project, alices: Client) -> None:
    usage = {'=m"1': {"call_count": 2, "total_tokens": 3, "total_cost": "0.500000000000"}}
    scores = {"quality, of all": {"count": 1, "mean": -1.5, "shares": {"=a": 1}}}
    session(project, "one", usage_by_model=usage, scores=scores, total_cost="0.5", trace_count=3, first_input="-12.5")
    row = sessions_csv(alices, project)["one"]

    usage['=m"1']["total_cost"] = "0.5"
    assert json.loads(row["usage_by_model"]) == usage
    assert json.loads(row["scores"]) == scores
    assert (row["total_cost"], row["trace_count"], row["first_input"]) == ("0.5", "3", "-12.5")


@pytest.mark.parametrize("text", FORMULAS)
def test_no_value_of_a_comparison_is_a_formula(project: Project, alices: Client, text: str) -> None:
    session(project, "one", tags=[text], environments=["staging"], scores={})
    session(project, "two", tags=['plain, "value"'], environments=["production"])
    address = reverse("compare-csv", args=[project.pk])
    rows = table_of(alices, f"{address}?cohort=all&by=environments")

    values = {row["value"] for row in rows if row["name"] == "tags"}
    assert values == {f"'{text}", 'plain, "value"'}
    rows += table_of(alices, f"{address}?cohort=all&by=tags")  # groups that have its name
    assert not [cell for row in rows for cell in row.values() if cell.startswith(SIGNS) and not NUMBER.fullmatch(cell)]


@pytest.mark.parametrize("text", ["=1+1", "@sum", "+1", "-1 x", "\uff1d1"])
def test_no_name_of_a_score_in_the_results_of_a_review_is_a_formula(
    project: Project, alices: Client, alice: User, text: str
) -> None:
    config = configs.create(project, {"name": text, "data_type": "NUMERIC"}, by=alice)
    queue = queues.create(project, {"name": "Weekly", "score_config_ids": [config.id]}, by=alice)
    session(project, text)
    queues.enqueue(queue, [text], alice)
    (row,) = table_of(alices, reverse("review-results", args=[project.pk, queue.id, "csv"]))

    assert row["object_id"] == f"'{text}"
    assert f"'{text} agreement" in row
    assert not [name for name in row if name.startswith(SIGNS)]


@pytest.mark.parametrize("text", FORMULAS)
def test_no_cell_of_the_audit_log_is_a_formula(project: Project, alices: Client, text: str) -> None:
    AuditEvent.objects.create(
        organization_id=project.organization_id, project_id=project.pk, actor=text, action="exported", target=text
    )
    rows = table_of(alices, reverse("organization-audit-csv", args=[project.organization_id]))

    (row,) = [row for row in rows if row["target"].endswith(text)]
    assert (row["actor"], row["target"]) == (f"'{text}", f"'{text}")
