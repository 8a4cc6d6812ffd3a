"""The list of traces: its filters, orders, windows, columns and pages."""

import re
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from django.utils.html import strip_tags

from projects.models import Project, User
from tests.sessions.large import tell_long
from tests.tracing.reports import at, call, failed, in_session, span
from tracing.ingest.pipeline import ingest
from tracing.lists import trace_listing
from tracing.lists.trace_listing import DEFAULT_TRACE_COLUMNS, SORTABLE_TRACE_COLUMNS, TRACE_COLUMNS, TRACES_PER_PAGE
from tracing.models import Trace


@pytest.fixture
def alices(client: Client, alice: User) -> Client:
    client.force_login(alice)
    return client


def ids(client: Client, project: Project, query: str = "") -> list[str]:
    answer = client.get(reverse("traces", args=[project.pk]) + query)
    assert answer.status_code == 200
    return [trace.trace_id for trace in answer.context["page"].listing.rows]


@pytest.fixture
def three(project: Project) -> None:
    """One in a session, one alone, one that failed."""
    claims = in_session("s1", user_id="user-a", environment="staging")
    ingest(
        project.pk,
        [
            call("t1", "a", name="answer", tokens=(10, 1), claims=claims, started_at=at(0), ended_at=at(1)),
            call("t2", "a", name="summarise", tokens=(500, 1), started_at=at(10), ended_at=at(11)),
            failed("t3", "a", name="import", started_at=at(20), ended_at=at(21)),
        ],
    )


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", ["t3", "t2", "t1"]),
        ("?q=-has:session", ["t3", "t2"]),
        ("?q=has:session", ["t1"]),
        ("?q=session:s1", ["t1"]),
        ("?q=has:error", ["t3"]),
        ("?q=name:SUMM", ["t2"]),
        ("?q=summ", ["t2"]),  # a word is looked for in names and previews
        ("?q=-summ", ["t3", "t1"]),
        ("?q=user:user-a", ["t1"]),
        ("?q=env:staging+OR+has:error", ["t3", "t1"]),
        ("?q=span(name:summarise)", ["t2"]),
        ("?q=tokens>100", ["t2"]),
        ("?from=yesterday&to=today", ["t3", "t2", "t1"]),
        ("?to=2+days+ago", []),
        ("?sort=-total_tokens", ["t2", "t1", "t3"]),
        ("?sort=started_at", ["t1", "t2", "t3"]),
    ],
)
def test_traces_are_filtered_and_sorted(
    alices: Client, project: Project, three: None, query: str, found: list[str]
) -> None:
    assert ids(alices, project, query) == found


@pytest.mark.parametrize("query", ["?session=none", "?from=soon", "?sort=name", "?cursor=x"])
def test_what_cannot_be_followed_is_said_and_shows_nothing(
    alices: Client, project: Project, three: None, query: str
) -> None:
    html = alices.get(reverse("traces", args=[project.pk]) + query).content.decode()

    assert "This list cannot be shown." in html
    assert ids(alices, project, query) == []


def test_what_no_index_serves_looks_at_days_that_the_page_names(alices: Client, project: Project) -> None:
    ingest(project.pk, [span("new", "a", name="x"), span("old", "a", name="x")])
    Trace.objects.for_project(project).filter(trace_id="old").update(started_at=timezone.now() - timedelta(days=20))

    assert ids(alices, project) == ["new", "old"]
    assert ids(alices, project, "?q=name:x") == ["new"]
    html = alices.get(reverse("traces", args=[project.pk]) + "?q=name:x").content.decode()
    assert "of the last 7 days" in html
    assert ids(alices, project, "?q=name:x&range=30d") == ["new", "old"]
    assert ids(alices, project, "?q=name:x&range=all") == ["new", "old"]
    assert ids(alices, project, "?q=name:x&from=2020-01-01") == ["new", "old"]
    assert ids(alices, project, "?q=id:old") == ["old"]


def test_every_fault_of_a_query_is_told_at_its_place(alices: Client, project: Project, three: None) -> None:
    html = alices.get(reverse("traces", args=[project.pk]), {"q": "cost > abc foo:bar ("}).content.decode()

    assert re.findall(r"At character (\d+)\.", html) == ["8", "12", "21"]
    assert html.count("<mark>") == 3


def test_columns_are_remembered_and_only_what_they_need_is_read(alices: Client, project: Project, three: None) -> None:
    alices.post(reverse("layout", args=[project.pk, "traces"]), {"column": ["models", "started_at"]})

    table = alices.get(reverse("traces", args=[project.pk])).context["page"].table

    assert [column.name for column in table.columns] == ["models", "started_at"]
    assert {column.name for column in table.hidden} == {column.name for column in TRACE_COLUMNS} - {
        "models",
        "started_at",
    }


@pytest.mark.parametrize("sort", SORTABLE_TRACE_COLUMNS)
def test_every_order_walks_all_rows_once(alices: Client, project: Project, sort: str) -> None:
    count = TRACES_PER_PAGE + 3
    ingest(project.pk, [call(f"t{n:02}", "a", started_at=at(n), ended_at=at(n + 1)) for n in range(count)])
    address = reverse("traces", args=[project.pk])

    first = alices.get(address, {"sort": sort}).context["page"].listing
    second = alices.get(address, {"sort": sort, "cursor": first.next}).context["page"].listing

    assert len({trace.trace_id for trace in [*first.rows, *second.rows]}) == count
    assert second.next is None


def test_every_column_can_be_shown(alices: Client, project: Project, three: None) -> None:
    names = ",".join(column.name for column in TRACE_COLUMNS)

    html = alices.get(reverse("traces", args=[project.pk]) + f"?columns={names}").content.decode()

    for column in TRACE_COLUMNS:
        assert f'data-column="{column.name}"' in html
    assert "gpt-4o" in html
    assert len(DEFAULT_TRACE_COLUMNS) < len(TRACE_COLUMNS)


def test_a_list_that_takes_too_long_says_so_and_offers_less(
    alices: Client, project: Project, three: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    slow = Trace.objects.for_project(project).extra(where=["pg_sleep(3) IS NOT NULL"])
    monkeypatch.setattr(trace_listing, "TRACES_TIMEOUT_MS", 50)
    monkeypatch.setattr(trace_listing.TraceListing, "matching", slow)
    page = alices.get(reverse("traces", args=[project.pk]), {"q": "has:error"}).content.decode()

    assert "This takes too long to find" in page
    assert "range=24h" in page
    assert "Too many traces to" in page


def test_the_count_has_its_noun_whatever_it_is(alices: Client, project: Project) -> None:
    def shown() -> str:
        html = alices.get(reverse("traces", args=[project.pk])).content.decode()
        return " ".join(
            strip_tags(html.partition('list-count muted small" role="status">')[2].partition("</p>")[0]).split()
        )

    others = tell_long(project, "long", 1_000)[1:]
    assert shown() == "1,000 traces"
    Trace.objects.for_project(project).filter(trace_id__in=others).delete()
    assert shown() == "1 trace"


def test_numbers_come_first_and_say_what_they_are_where_rows_are_cards(
    alices: Client, project: Project, three: None
) -> None:
    html = alices.get(reverse("traces", args=[project.pk]) + "?q=name:answer").content.decode()

    assert re.findall(r'data-label="([^"]+)"', html) == ["step", "tokens"]
    assert DEFAULT_TRACE_COLUMNS[:5] == ("started_at", "duration", "span_count", "total_tokens", "total_cost")
