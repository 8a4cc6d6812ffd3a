"""Usage pages of a project or an organization for its admins: data per day, and data in store."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from django.db.models import Sum
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from projects.access import organization_view, project_view, requires
from projects.models import Organization, Project, Role
from tracing.ingest.quota import use_of
from tracing.lists.bounded import SUMMING_SETTINGS, TooLong, within
from tracing.models import Media, Metering, Trace
from tracing.reading.day_bars import day_plot

METERING_CHART_DAYS = 30
KEPT_TIMEOUT_MS = 3_000  # ms for each sum of what is stored
METERED_COUNTS = ("span_count", "trace_count", "text_size")


@dataclass
class MeteredDay:
    """Amounts that arrived on one day (UTC)."""

    day: date
    span_count: int = 0
    trace_count: int = 0
    text_size: int = 0


@dataclass
class Kept:
    """Amounts in store, after deletions and retention."""

    trace_count: int = 0
    span_count: int = 0
    file_size: int = 0


def load_days(projects: Iterable[Project], today: date) -> list[MeteredDay]:
    """Load the last METERING_CHART_DAYS days, latest first, without gaps."""
    days = {day: MeteredDay(day) for day in (today - timedelta(days=back) for back in range(METERING_CHART_DAYS))}
    for project in projects:
        for row in Metering.objects.for_project(project).filter(day__in=days):
            for name in METERED_COUNTS:
                setattr(days[row.day], name, getattr(days[row.day], name) + getattr(row, name))
    return list(days.values())


def count_kept(projects: Iterable[Project]) -> Kept | None:
    """Count what projects keep, or return None if that takes too long."""
    try:
        with within(KEPT_TIMEOUT_MS, **SUMMING_SETTINGS):
            return _counted(projects)
    except TooLong:
        return None


def _counted(projects: Iterable[Project]) -> Kept:
    kept = Kept()
    for project in projects:
        traces = Trace.objects.for_project(project)
        kept.trace_count += traces.count()
        kept.span_count += traces.aggregate(sum=Sum("span_count"))["sum"] or 0
        kept.file_size += Media.objects.for_project(project).aggregate(sum=Sum("size"))["sum"] or 0
    return kept


@require_safe
@project_view
@requires(Role.ADMIN)
def project_usage(request: HttpRequest, project: Project) -> HttpResponse:
    context = _usage([project]) | {"project": project, "section": "settings", "use": use_of(project)}
    return render(request, "settings/project_usage.html", context)


@require_safe
@organization_view
@requires(Role.ADMIN)
def organization_usage(request: HttpRequest, organization: Organization) -> HttpResponse:
    projects = list(organization.projects.filter(deleted_at=None))
    context = _usage(projects) | {"organization": organization, "section": "organizations"}
    return render(request, "settings/organization_usage.html", context)


def _usage(projects: Sequence[Project]) -> dict[str, object]:
    days = load_days(projects, timezone.now().date())
    total = {name: sum(getattr(day, name) for day in days) for name in METERED_COUNTS}
    plot = day_plot("Spans a day", [("Spans", "1")], {day.day: [day.span_count] for day in days})
    return {"days": days, "plot": plot, "total": total, "kept": count_kept(projects), "tab": "usage"}
