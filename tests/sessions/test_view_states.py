"""A saved view keeps filter, order, columns and density of any list, and nothing of where its reader was."""

import pytest
from django.http import QueryDict
from django.test import Client

from projects.models import Project, User
from sessions.models import SavedView
from tests.sessions.rows import session
from tests.sessions.test_views import url

pytestmark = pytest.mark.django_db

KEPT = [
    "",
    "tags=vip&tags=refund",
    "tags=with%2C+comma",
    "q=cost+%3E+0.5+tag%3Avip+%22late+delivery%22",
    "created_at__gte=2026-11-14&total_cost__lte=0.5",
    "range=7d",
    "from=2026-11-01&to=2026-11-02",
    "sort=-score.helpfulness",
    "sort=id&error_count__gte=1",
]


@pytest.fixture
def bobs(client: Client, bob: User) -> Client:
    client.force_login(bob)
    return client


def save(client: Client, project: Project, **state: str) -> SavedView:
    client.post(url("view-new", project), {"name": "Mine", "columns": "", "density": "normal", **state})
    found: SavedView = SavedView.objects.for_project(project).get(name="Mine")
    return found


@pytest.mark.parametrize("query", KEPT)
def test_every_filter_and_order_is_kept_as_it_was(project: Project, bobs: Client, query: str) -> None:
    view = save(bobs, project, query=f"?{query}")

    assert QueryDict(view.query) == QueryDict(query)
    opened = bobs.get(url("sessions", project) + view.address)
    assert opened.status_code == 200
    assert opened.context["views"].current == view
    assert not opened.context["views"].is_changed


@pytest.mark.parametrize("place", ["cursor=abc", "live=on", "view=all", "columns=tags", "density=compact"])
def test_where_the_reader_was_is_not_kept(project: Project, bobs: Client, place: str) -> None:
    assert save(bobs, project, query=f"?tags=vip&{place}").query == "tags=vip"


def test_a_view_shows_what_it_filters_in_its_order(project: Project, bobs: Client) -> None:
    for number in range(4):
        session(project, f"s{number}", tags=["vip"] if number else [], total_cost=number % 3)
    view = save(bobs, project, query="?tags=vip&sort=-total_cost")

    opened = bobs.get(url("sessions", project) + view.address)
    plain = bobs.get(url("sessions", project) + "?view=all")
    assert [row.session_id for row in opened.context["listing"].rows] == ["s2", "s1", "s3"]
    assert len(plain.context["listing"].rows) == 4


@pytest.mark.parametrize("columns", ["id,tags", "total_cost,id,updated_at", "score.quality,id"])
@pytest.mark.parametrize("density", ["normal", "compact"])
def test_columns_keep_their_order_and_rows_their_density(
    project: Project, bobs: Client, columns: str, density: str
) -> None:
    view = save(bobs, project, query="", columns=columns, density=density)

    assert (view.columns, view.density) == (columns.split(","), density)
