"""The page of end users: sums of the sessions that the filters let through, in every order."""

import re
from decimal import Decimal

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from projects.models import Project, User
from tests.sessions.rows import session


@pytest.fixture
def alices(client: Client, alice: User) -> Client:
    client.force_login(alice)
    return client


def told(page: str) -> list[list[str]]:
    """The rows' cells as text."""
    rows = re.findall(r"<tr>\s*<th scope=\"row\">(.*?)</tr>", page, re.DOTALL)
    return [[re.sub(r"<[^>]+>", "", cell).strip() for cell in re.split(r"</t[hd]>", row)][:7] for row in rows]


def test_a_user_is_the_sum_of_their_sessions(project: Project, other_project: Project, alices: Client) -> None:
    session(project, "a", minute=1, user_ids=["ann"], trace_count=2, total_tokens=10, total_cost=Decimal("0.5"))
    session(project, "b", minute=2, user_ids=["ann", "bo%b"], trace_count=3, total_tokens=5, error_count=1)
    session(project, "nobody", minute=3)
    session(other_project, "theirs", user_ids=["charlie"])
    address = f"/project/{project.pk}/users"

    page = alices.get(address).content.decode()
    assert [row[0] for row in told(page)] == ["bo%b", "ann"]  # at the same moment: by id, in the same direction
    ann = told(alices.get(address, {"by": "-cost"}).content.decode())[0]
    assert ann[0] == "ann"
    assert ann[2:5] == ["2", "5", "15"]
    assert [row[0] for row in told(alices.get(address, {"user": "O%B"}).content.decode())] == ["bo%b"]
    assert [row[0] for row in told(alices.get(address, {"error_count__lte": "0"}).content.decode())] == ["ann"]
    assert "No user matches" in alices.get(address, {"user": "zoe"}).content.decode()
    assert "There is no such parameter" in alices.get(address, {"nonsense": "1"}).content.decode()
    assert f'href="/project/{project.pk}/sessions?user_ids=ann"' in page


def test_users_come_page_by_page_and_a_page_costs_a_constant_number_of_queries(
    project: Project, alices: Client, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for number in range(60):
        session(project, f"s{number}", minute=number, user_ids=[f"user-{number:02}"])
    address = f"/project/{project.pk}/users"

    with django_assert_num_queries(4):
        first = alices.get(address).content.decode()
    assert len(told(first)) == 50
    assert "60</span> users" in first
    rest = alices.get(address, {"after": "50"}, headers={"HX-Request": "true"}).content.decode()
    assert [row[0] for row in told(rest)] == [f"user-{number:02}" for number in range(9, -1, -1)]
    assert "<html" not in rest
