"""Ingestion issues: what was rejected, cut or dropped, by day and by reason, with a way to the traces and out of it."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from projects.access import project_view
from projects.models import Project
from tracing.models import IngestionIssue, IssueDay, Trace
from tracing.reading.day_bars import DayPlot, day_plot
from tracing.reading.explained import Explanation, IssueEffect, explained

ISSUE_CHART_DAYS = 30
NEWS = timedelta(days=1)  # what the navigation bar counts
MAX_ISSUE_ROWS = 500
ISSUE_COLOURS = {
    IssueEffect.CHANGED: "6",
    IssueEffect.CUT: "5",
    IssueEffect.DROPPED: "2",
    IssueEffect.REJECTED: "error",
}
EFFECT_BADGES = {
    IssueEffect.CHANGED: "",
    IssueEffect.CUT: "info",
    IssueEffect.DROPPED: "warning",
    IssueEffect.REJECTED: "error",
}


@dataclass
class ReasonSummary:
    """One reason with all SDKs that met it, the latest first."""

    reason: str
    rows: list[IngestionIssue] = field(default_factory=list)

    @property
    def explanation(self) -> Explanation:
        return explained(self.reason)

    @property
    def badge(self) -> str:
        return EFFECT_BADGES[self.explanation.effect]

    @property
    def count(self) -> int:
        return sum(row.count for row in self.rows)

    @property
    def first_seen(self) -> datetime:
        return min(row.first_seen for row in self.rows)

    @property
    def last_seen(self) -> datetime:
        return max(row.last_seen for row in self.rows)

    @property
    def is_new(self) -> bool:
        """Whether the reason was first met within the last day."""
        return self.first_seen > timezone.now() - NEWS

    @property
    def sample(self) -> str:
        return next((row.sample for row in self.rows if row.sample), "")

    @property
    def trace_ids(self) -> list[str]:
        return list(dict.fromkeys(trace_id for row in self.rows for trace_id in row.trace_ids))


@require_safe
@project_view
def issues(request: HttpRequest, project: Project) -> HttpResponse:
    """Show every reason, the latest first, and one of them in detail."""
    rows = IngestionIssue.objects.for_project(project).order_by("-last_seen", "reason")[:MAX_ISSUE_ROWS]
    found = _summaries(rows)
    chosen = found.get(request.GET.get("reason", "")) or next(iter(found.values()), None)
    context = {
        "project": project,
        "section": "issues",
        "reasons": list(found.values()),
        "chosen": chosen,
        "traces": _traces(project, chosen.trace_ids) if chosen else [],
        "plot": _plot(project) if found else None,
    }
    return render(request, "tracing/issues.html", context)


@require_safe
@project_view
def issues_count(request: HttpRequest, project: Project) -> HttpResponse:
    """Answer with the number of reasons of the last day, for the navigation bar."""
    recent = IngestionIssue.objects.for_project(project).filter(last_seen__gt=timezone.now() - NEWS)
    return render(request, "tracing/_issues_count.html", {"number": recent.values("reason").distinct().count()})


def _summaries(rows: Iterable[IngestionIssue]) -> dict[str, ReasonSummary]:
    found: dict[str, ReasonSummary] = {}
    for row in rows:
        found.setdefault(row.reason, ReasonSummary(row.reason)).rows.append(row)
    return found


def _traces(project: Project, trace_ids: list[str]) -> list[Trace]:
    """Return those of the traces that are still there, in the given order."""
    stored = Trace.objects.for_project(project).filter(trace_id__in=trace_ids).defer("exchanges")
    by_id = {trace.trace_id: trace for trace in stored}
    return [by_id[trace_id] for trace_id in trace_ids if trace_id in by_id]


def _plot(project: Project) -> DayPlot:
    today = timezone.now().date()
    days = {today - timedelta(days=back): [0] * len(ISSUE_COLOURS) for back in range(ISSUE_CHART_DAYS)}
    places = list(ISSUE_COLOURS)
    for row in IssueDay.objects.for_project(project).filter(day__in=days):
        days[row.day][places.index(explained(row.reason).effect)] += row.count
    return day_plot("Issues a day", [(effect.value, ISSUE_COLOURS[effect]) for effect in places], days)
