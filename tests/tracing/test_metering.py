"""The usage pages: they say what the metering says, to admins."""

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from projects.models import AuditEvent, Project, User
from tests.tracing.reports import call, in_session, span
from tracing.ingest.pipeline import ingest
from tracing.models import DirtyMark, Metering, Trace
from tracing.store import activity
from tracing.views.usage import METERING_CHART_DAYS, count_kept, load_days

pytestmark = pytest.mark.django_db


@pytest.fixture
def used(project: Project, other_project: Project) -> Project:
    """Today by arrival; long before, and in another tenant, by hand."""
    today = timezone.now().date()
    ingest(project.pk, [call("t", "a", input="12345", claims=in_session("s")), span("t", "b", "a"), span("u", "c")])
    activity.meter(project.pk, [today])
    activity.recompute_dirty(DirtyMark.Target.HOUR)
    activity.recompute_dirty(DirtyMark.Target.DAY)
    row = {"trace_count": 5, "span_count": 77, "text_size": 9}
    for back in (3, 40):
        Metering.objects.create(project_id=project.pk, day=today - timedelta(days=back), **row)
    Metering.objects.create(project_id=other_project.pk, day=today, **row)
    return project


def test_the_days_are_those_of_the_metering(used: Project) -> None:
    today = timezone.now().date()
    days = load_days([used], today)

    assert [day.day for day in days] == [today - timedelta(days=back) for back in range(METERING_CHART_DAYS)]
    metered = {row.day: row for row in Metering.objects.for_project(used)}
    for day in days:
        row = metered.get(day.day)
        expected = (row.span_count, row.trace_count, row.text_size) if row else (0, 0, 0)
        assert (day.span_count, day.trace_count, day.text_size) == expected
    assert (days[0].span_count, days[0].text_size) == (3, 5)
    kept = count_kept([used])
    assert (kept.trace_count, kept.span_count) == (2, 3)


def test_the_page_says_what_happens_at_the_limit(used: Project, alice: User, client: Client) -> None:
    client.force_login(alice)
    address = reverse("project-usage", args=[used.pk])
    assert "No limit" in client.get(address).content.decode()

    Project.objects.filter(pk=used.pk).update(monthly_span_quota=200)
    html = client.get(address).content.decode()

    assert "requests get <code>429</code> until next month" in html
    assert "of 200" in html


def test_all_numbers_of_a_trace_are_in_the_row_of_the_day_on_which_it_arrived(
    project: Project, alice: User, client: Client
) -> None:
    for back in (0, 3, 20):
        began = timezone.now() - timedelta(days=back)
        claims = in_session(f"s{back}")
        ingest(project.pk, [call(f"t{back}", "a", input="Hello", started_at=began, ended_at=began, claims=claims)])
    arrived = set(Trace.objects.for_project(project).values_list("received_at__date", flat=True))
    activity.meter(project.pk, arrived)
    client.force_login(alice)

    days = client.get(reverse("project-usage", args=[project.pk])).context["days"]

    counted = {day.day: (day.span_count, day.trace_count, day.text_size) for day in days}
    assert {day for day, numbers in counted.items() if all(numbers)} == arrived
    assert {day for day, numbers in counted.items() if any(numbers)} == arrived


def test_the_pages_show_usage_to_admins_of_the_project_and_of_its_organization(
    used: Project, alice: User, bob: User, client: Client
) -> None:
    second = used.organization.projects.create(name="Second")
    Metering.objects.create(
        project_id=second.pk, day=timezone.now().date(), trace_count=1, span_count=1000, text_size=1
    )
    pages = {
        reverse("project-usage", args=[used.pk]): "80",
        reverse("organization-usage", args=[used.organization_id]): "1,080",
    }
    for page, spans in pages.items():
        client.force_login(alice)
        assert f'<dd class="num">{spans}</dd>' in client.get(page).content.decode()
        client.force_login(bob)
        assert client.get(page).status_code == 403


def test_a_project_that_nothing_arrived_in_has_a_page(project: Project, alice: User, client: Client) -> None:
    client.force_login(alice)
    assert client.get(reverse("project-usage", args=[project.pk])).status_code == 200


def test_limits_are_set_and_audited(project: Project, alice: User, client: Client) -> None:
    client.force_login(alice)
    where = reverse("project-limits", args=[project.pk])
    for given, stored in (("30", 30), ("", None), ("7", 7)):
        assert client.post(where, {"retention_days": given}).status_code == 302
        project.refresh_from_db()
        assert project.retention_days == stored
    for wrong in ("0", "-1", "many", "99999"):
        assert client.post(where, {"retention_days": wrong}).status_code == 400
    project.refresh_from_db()
    assert project.retention_days == 7
    assert AuditEvent.objects.filter(action="project changed").latest("pk").details == {
        "retention_days_before": None,
        "retention_days": 7,
        "monthly_span_quota_before": None,
        "monthly_span_quota": None,
    }
