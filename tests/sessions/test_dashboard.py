"""Every number of the dashboard is the list's."""

import re
from datetime import timedelta
from decimal import Decimal
from html import unescape
from zoneinfo import ZoneInfo

import pytest
from django.http import QueryDict
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from projects.models import Project, User
from sessions.dashboard import numbers
from sessions.dashboard.charts import charts_of
from sessions.listing import Listing
from sessions.models import Session
from sessions.summary.sums import facet_counts, strip
from tests.sessions.rows import session

NUMBER = 40


@pytest.fixture
def rows(project: Project, other_project: Project) -> list[Session]:
    """Forty sessions of the last ten days, some users in several of them."""
    now = timezone.now().replace(microsecond=0)
    session(other_project, "foreign", created_at=now, updated_at=now, total_cost=Decimal(1000), user_ids=["foreign"])
    return [
        session(
            project, f"s{place:02}", created_at=now - timedelta(hours=6 * place + 1), updated_at=now,
            total_cost=Decimal(place) / 3, total_tokens=place, duration_ms=place * 1000, error_count=place % 2,
            user_ids=[f"user-{place % 7}"], tags=["even"] if place % 2 == 0 else ["odd"], model_names=["gpt-4o"],
        )
        for place in range(NUMBER)
    ]  # fmt: skip


def listing(project: Project, query: str = "range=30d") -> Listing:
    return Listing(project, QueryDict(query))


@pytest.mark.django_db
@pytest.mark.parametrize("zone", ["UTC", "Asia/Tokyo", "America/New_York"])
def test_days_add_up_to_the_list_in_every_zone(project: Project, rows: list[Session], zone: str) -> None:
    with timezone.override(ZoneInfo(zone)):
        asked = listing(project)
        now = timezone.now()
        steps = numbers.steps_of(asked, now - timedelta(days=30), now)

        assert len(steps) in (31, 32)
        assert sum(step.session_count for step in steps) == strip(asked).session_count == NUMBER
        assert sum(step.failed for step in steps) == strip(asked).failed
        assert abs(sum(step.total_cost for step in steps) - strip(asked).total_cost) < Decimal("1e-9")
        users = {(timezone.localtime(row.created_at).date(), row.user_ids[0]) for row in rows}
        for step in steps:
            assert step.user_count == sum(day == timezone.localtime(step.start).date() for day, _ in users)


@pytest.mark.django_db
@pytest.mark.parametrize("hours", [24, 24 * 30])
def test_a_bar_leads_to_exactly_its_sessions(project: Project, rows: list[Session], hours: int) -> None:
    asked = listing(project, "range=30d&q=tag:even OR tag:odd")
    now = timezone.now()
    charts = charts_of(asked, numbers.steps_of(asked, now - timedelta(hours=hours), now))
    sessions_chart = charts[0]

    assert sum(int(bar.value) for bar in sessions_chart.bars) > 2
    for bar in sessions_chart.bars:
        behind = Listing(project, QueryDict(bar.query.removeprefix("?")))
        assert not behind.errors
        assert behind.count.number == int(bar.value)


@pytest.mark.django_db
def test_users_values_and_hours_are_counted_by_session(project: Project, rows: list[Session]) -> None:
    asked = listing(project)

    assert numbers.active_users(asked) == 7
    assert facet_counts(asked, "tags", 8, numbers.COUNTED) == [("even", 20), ("odd", 20)]
    assert sum(map(sum, numbers.by_hour_of_week(asked))) == NUMBER
    moment = timezone.localtime(rows[3].created_at)
    assert numbers.by_hour_of_week(asked)[moment.weekday()][moment.hour] >= 1


@pytest.mark.django_db
def test_the_page_shows_the_list_s_numbers_and_links_to_it(
    client: Client,
    alice: User,
    project: Project,
    rows: list[Session],
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    client.force_login(alice)
    with django_assert_max_num_queries(60):
        page = client.get(reverse("dashboard", args=[project.pk]), {"q": "tag:even", "range": "90d"}).content.decode()

    assert re.search(r"Sessions</dt><dd class=\"number\">20\b", page)
    links = [unescape(link) for link in re.findall(r'href="([^"]*/sessions\?[^"]*)"', page)]
    assert links
    for link in links[:40]:
        assert client.get(link).status_code == 200
    assert "foreign" not in page


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("params", "shown"),
    [
        ({"q": "cost > cheap"}, "not a number"),
        ({"q": "tag:nowhere"}, "No session in this time"),
        ({"range": "all"}, "Dashboard"),
        ({"from": "2026-01-01", "to": "2026-01-02"}, "No session in this time"),
    ],
)
def test_a_dashboard_of_nothing_says_so(
    client: Client, alice: User, project: Project, params: dict[str, str], shown: str
) -> None:
    client.force_login(alice)

    assert shown in client.get(reverse("dashboard", args=[project.pk]), params).content.decode()
