"""Ingestion issues: counted by day, led to their traces and to what is written about them, and seen from every page."""

import re
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from projects.models import Project, User
from sessions.deletion.remains import forget_traces
from tests.tracing.reports import in_session, span
from tracing.ingest.pipeline import ingest
from tracing.models import IngestionIssue, IssueDay
from tracing.reading.day_bars import day_plot
from tracing.reading.explained import EXPLANATIONS
from tracing.records import Issue, Reason, Sdk
from tracing.store.issues import MAX_ISSUE_TRACES, record

LONG = "s" * 201


@pytest.fixture
def alices(client: Client, alice: User) -> Client:
    client.force_login(alice)
    return client


def page(client: Client, project: Project, query: str = "") -> str:
    answer = client.get(reverse("issues", args=[project.pk]) + query)
    assert answer.status_code == 200
    return answer.content.decode()


def test_an_issue_leads_to_its_trace_and_to_its_explanation(alices: Client, project: Project) -> None:
    ingest(project.pk, [span("trace-1", "root", name="support turn", claims=in_session(LONG))])

    html = page(alices, project)

    assert reverse("trace", args=[project.pk, "trace-1"]) in html
    assert f"/docs/issues?project={project.pk}#session-id-too-long" in html
    assert '<span class="badge warning">Dropped</span>' in html


def test_every_reason_can_be_opened(alices: Client, project: Project) -> None:
    record(project.pk, [Issue(reason, f"sample of {reason}") for reason in Reason], Sdk("sdk", "1"), timezone.now())

    for reason, explanation in EXPLANATIONS.items():
        html = page(alices, project, f"?reason={reason}")
        detail = html[html.index('id="detail"') :]
        assert f"sample of {reason}" in detail
        assert f"#{explanation.anchor}" in detail
    assert "sample of" in page(alices, project, "?reason=unheard")


def test_days_are_counted_and_the_latest_traces_come_first(project: Project) -> None:
    now = timezone.now()
    for back in (1, 0):
        for number in range(15):
            report = span(f"trace-{back}-{number:02}", "root")
            record(project.pk, [Issue(Reason.TEXT_CUT, "x", "root", report)], Sdk(), now - timedelta(days=back))

    issue = IngestionIssue.objects.for_project(project).get()
    days = IssueDay.objects.for_project(project).order_by("day").values_list("reason", "count")
    assert list(days) == [("text_cut", 15), ("text_cut", 15)]
    assert issue.count == 30
    assert len(issue.trace_ids) == MAX_ISSUE_TRACES
    assert (issue.trace_ids[0], issue.trace_ids[-1]) == ("trace-0-14", "trace-1-10")


def test_an_erasure_takes_samples_and_traces_along(project: Project) -> None:
    record(project.pk, [Issue(Reason.TEXT_CUT, "", "root", span("trace-1", "root"))], Sdk(), timezone.now())

    forget_traces(project.pk)

    assert IngestionIssue.objects.for_project(project).get().trace_ids == []


def test_the_navigation_counts_the_reasons_of_the_last_day(alices: Client, project: Project) -> None:
    address = reverse("issues-count", args=[project.pk])
    assert f'hx-get="{address}"' in page(alices, project)
    assert alices.get(address).content.decode().strip() == ""

    record(project.pk, [Issue(Reason.TEXT_CUT, ""), Issue(Reason.ERASED, "")], Sdk("a", "1"), timezone.now())
    record(project.pk, [Issue(Reason.TEXT_CUT, "")], Sdk("a", "2"), timezone.now())
    record(project.pk, [Issue(Reason.CLOCK_SKEW, "")], Sdk(), timezone.now() - timedelta(days=2))

    assert re.search(r'is-error">2<', alices.get(address).content.decode())


def test_the_chart_has_an_axis_of_round_numbers_and_exact_words() -> None:
    today = timezone.now().date()
    plot = day_plot("Issues a day", [("Cut", "5"), ("Rejected", "error")], {today: [3, 14]})

    assert [text for _, text in plot.ticks] == ["0", "5", "10", "15", "20"]
    bar = plot.days[0]
    assert bar.words == f"{today.day} {today:%b}: Cut 3, Rejected 14"
    assert [part.height for part in bar.parts] == [18.0, 84.0]
    assert bar.parts[1].top == pytest.approx(130 - 18 - 84)
    assert day_plot("", [("Cut", "5")], {today: [0]}).is_empty
