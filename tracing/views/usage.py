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
from tracing.models import Activity, Media, Metering, Trace

METERING_CHART_DAYS = 30
METERED_COUNTS = ("span_count", "trace_count", "text_size")
METERING_CHART_HEIGHT = 100  # in the chart's own units


@dataclass
class MeteredDay:
    """Amounts that arrived on one day (UTC), and the sessions that were active."""

    day: date
    span_count: int = 0
    trace_count: int = 0
    text_size: int = 0
    session_count: int = 0


@dataclass
class Kept:
    """Amounts in store, after deletions and retention."""

    trace_count: int = 0
    span_count: int = 0
    file_size: int = 0


@dataclass(frozen=True)
class DayBar:
    """One day in the chart."""

    of: MeteredDay
    left: int
    top: float
    height: float


def load_days(projects: Iterable[Project], today: date) -> list[MeteredDay]:
    """Load the last METERING_CHART_DAYS days, latest first, without gaps."""
    days = {day: MeteredDay(day) for day in (today - timedelta(days=back) for back in range(METERING_CHART_DAYS))}
    first = today - timedelta(days=METERING_CHART_DAYS - 1)
    for project in projects:
        for row in Metering.objects.for_project(project).filter(day__in=days):
            for name in METERED_COUNTS:
                setattr(days[row.day], name, getattr(days[row.day], name) + getattr(row, name))
        active = Activity.objects.for_project(project).filter(period=Activity.Period.DAY, model="")
        for cell in active.filter(starts_at__date__gte=first, starts_at__date__lte=today):
            days[cell.starts_at.date()].session_count += cell.session_count
    return list(days.values())


def count_kept(projects: Iterable[Project]) -> Kept:
    """Count what projects keep."""
    kept = Kept()
    for project in projects:
        traces = Trace.objects.for_project(project)
        kept.trace_count += traces.count()
        kept.span_count += traces.aggregate(sum=Sum("span_count"))["sum"] or 0
        kept.file_size += Media.objects.for_project(project).aggregate(sum=Sum("size"))["sum"] or 0
    return kept


def bars_of(days: Sequence[MeteredDay]) -> list[DayBar]:
    """Return the bars, oldest first. The largest is as high as the chart."""
    highest = max(day.span_count for day in days) or 1
    heights = [(day, day.span_count * METERING_CHART_HEIGHT / highest) for day in reversed(days)]
    return [
        DayBar(day, 10 * place, METERING_CHART_HEIGHT - height, height) for place, (day, height) in enumerate(heights)
    ]


@require_safe
@project_view
@requires(Role.ADMIN)
def project_usage(request: HttpRequest, project: Project) -> HttpResponse:
    context = _usage([project]) | {"project": project, "section": "settings"}
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
    return {"days": days, "bars": bars_of(days), "total": total, "kept": count_kept(projects), "tab": "usage"}
