"""What stands above the list equals what a reader would add up by hand."""

from datetime import timedelta
from decimal import Decimal
from itertools import pairwise
from statistics import median

import pytest
from django.db import connection
from django.http import QueryDict
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries

from projects.models import Project, User
from sessions.listing import summary
from sessions.listing.listing import Listing
from sessions.listing.series_drawing import drawing_of
from sessions.listing.summary import facet_counts, series, strip
from sessions.models import Session
from tests.sessions.rows import session
from tests.tracing.reports import at
from tracing.lists.bounded import TooLong, within

NUMBER = 24


@pytest.fixture
def rows(project: Project, other_project: Project) -> list[Session]:
    session(other_project, "foreign", total_cost=Decimal(1000), tags=["foreign"], error_count=1)
    return [
        session(
            project, f"s{place:02}", minute=place * 37, total_cost=Decimal(place) / 7, turn_count=place,
            total_tokens=place**3, duration_ms=place**2 * 100, error_count=place % 3, unpriced_count=place % 2,
            tags=["even"] if place % 2 == 0 else ["odd", "rare"] if place == 5 else ["odd"],
        )
        for place in range(NUMBER)
    ]  # fmt: skip


def listing(project: Project, query: str = "") -> Listing:
    return Listing(project, QueryDict(query))


@pytest.mark.django_db
@pytest.mark.parametrize("query", ["", "q=tag:even", "error_count__gte=1", "q=tag:nowhere"])
def test_the_strip_is_the_sum_of_the_rows(project: Project, rows: list[Session], query: str) -> None:
    asked = listing(project, query)
    shown = [row for row in rows if row.session_id in set(asked.matching.values_list("session_id", flat=True))]

    found = strip(asked)

    assert (found.session_count, found.is_capped) == (len(shown), False)
    assert found.turn_count == sum(row.turn_count for row in shown)
    assert abs(found.total_cost - sum(row.total_cost for row in shown)) < Decimal("1e-9")
    assert found.total_tokens == sum(row.total_tokens for row in shown)
    assert found.failed == sum(row.error_count > 0 for row in shown)
    assert found.median == (median(row.duration_ms for row in shown) if shown else None)
    assert found.turns_each == (found.turn_count / len(shown) if shown else 0)


@pytest.mark.django_db
def test_every_session_is_in_one_step_of_the_series(project: Project, rows: list[Session]) -> None:
    buckets = series(listing(project), strip(listing(project)))

    assert 1 < len(buckets) <= summary.BUCKETS
    assert all(one.end == other.start for one, other in pairwise(buckets))
    for bucket in buckets:
        inside = [row for row in rows if bucket.start <= row.created_at < bucket.end]
        assert (bucket.session_count, bucket.failed) == (len(inside), sum(row.error_count > 0 for row in inside))
    assert sum(bucket.session_count for bucket in buckets) == NUMBER


@pytest.mark.django_db
@pytest.mark.parametrize("length", [timedelta(), timedelta(seconds=3), timedelta(days=3), timedelta(days=20_000)])
def test_a_series_has_few_steps_whatever_the_time(project: Project, length: timedelta) -> None:
    session(project, "first", created_at=at(0) - length, updated_at=at(1))
    session(project, "last", created_at=at(0), updated_at=at(1))

    buckets = series(listing(project), strip(listing(project)))

    assert len(buckets) <= summary.BUCKETS
    assert sum(bucket.session_count for bucket in buckets) == 2


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("most", "marks"), [(1, ["1"]), (2, ["2", "1"]), (4, ["2", "1"]), (9, ["5", "2"]), (19, ["10", "5"])]
)
def test_the_axis_of_a_series_has_two_lines(project: Project, most: int, marks: list[str]) -> None:
    for number in range(most):
        session(project, f"s{number}", created_at=at(0), updated_at=at(1))
    session(project, "early", created_at=at(0) - timedelta(days=3), updated_at=at(1))
    asked = listing(project)

    found = drawing_of(asked, series(asked, strip(asked))).counts

    assert [mark.label for mark in found] == marks
    assert [mark.place for mark in found] == [round(48 * (1 - int(label) / most), 2) for label in marks]


@pytest.mark.django_db
def test_values_are_counted_by_session(project: Project, rows: list[Session]) -> None:
    assert facet_counts(listing(project), "tags") == [("even", 12), ("odd", 12), ("rare", 1)]
    assert facet_counts(listing(project, "q=tag:rare"), "tags") == [("odd", 1), ("rare", 1)]
    with pytest.raises(KeyError):
        facet_counts(listing(project), "total_cost")


@pytest.mark.django_db
def test_a_long_list_is_summed_up_as_far_as_its_newest(
    project: Project, rows: list[Session], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(summary, "MAX_SUMMED_SESSIONS", 9)

    found = strip(listing(project))

    assert (found.session_count, found.is_capped) == (9, True)
    assert found.turn_count == sum(row.turn_count for row in rows[-9:])


@pytest.mark.django_db
def test_a_statement_that_takes_too_long_is_given_up_and_the_connection_goes_on() -> None:
    with pytest.raises(TooLong), within(20), connection.cursor() as cursor:
        cursor.execute("SELECT pg_sleep(5)")

    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting('statement_timeout')")
        assert cursor.fetchone() == ("0",)


@pytest.mark.django_db
def test_the_strip_takes_as_many_queries_whatever_its_size(
    client: Client,
    alice: User,
    project: Project,
    rows: list[Session],
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    client.force_login(alice)
    with django_assert_max_num_queries(18):
        answer = client.get(reverse("strip", args=[project.pk]), {"q": "tag:even"})

    page = " ".join(answer.content.decode().split())
    assert '<span id="list-count" hx-swap-oob="true"><span class="number">12</span> sessions match' in page
    assert page.count("data-start=") > 1
    assert "q=tag%3Aeven" in page
