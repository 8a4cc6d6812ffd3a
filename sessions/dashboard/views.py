"""The dashboard of a project, for any time and any filter of the list."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from projects.access import project_view
from projects.htmx import PageRequest
from projects.models import Project
from sessions.cohorts.sampling import ONE_IN
from sessions.dashboard.charts import (
    DASHBOARD_CHART_HEIGHT,
    DASHBOARD_CHART_WIDTH,
    DashboardChart,
    Top,
    charts_of,
    distribution_of,
    latency_charts,
    tops_of,
    trend_of,
)
from sessions.dashboard.heat import HeatCell, cells_of
from sessions.dashboard.latencies import SAMPLED_SESSIONS, Latencies, hour_of, read_latencies
from sessions.dashboard.links import Links
from sessions.dashboard.numbers import DashboardNumbers, DashboardScore, Facts, Scored, compute_before, compute_numbers
from sessions.dashboard.reading import choose_sessions
from sessions.dashboard.steps import TimeStep, steps_between
from sessions.listing.listing import Listing
from sessions.models import Session
from sessions.query.period import RANGES
from tracing.lists.bounded import TooLong
from tracing.store.latency import FIRST_TOKEN, WHOLE_CALL

DEFAULT_RANGE = "30d"
BREAKDOWN_LABELS = {"model_names": "Models", "user_ids": "Users", "tags": "Tags", "tool_names": "Tools"}


@dataclass(frozen=True)
class Before:
    """The figures of the preceding period of the same length."""

    facts: Facts
    scores: dict[str, Scored]
    latencies: Latencies


@dataclass(frozen=True, kw_only=True)
class ScorePanel:
    """Everything that is shown of one score."""

    score: DashboardScore
    before: Scored
    trend: DashboardChart
    distribution: DashboardChart
    categories: list[Top]
    other_categories: int


@dataclass(frozen=True, kw_only=True)
class DashboardPage:
    """What the page shows: only `listing` when its parameters are wrong, only `facts` too when no session matches."""

    listing: Listing
    is_too_long: bool = False
    facts: Facts | None = None
    latencies: dict[str, float | None] = field(default_factory=dict)
    before: Before | None = None
    before_latencies: dict[str, float | None] = field(default_factory=dict)
    charts: list[DashboardChart] = field(default_factory=list)
    tops: list[tuple[str, list[Top]]] = field(default_factory=list)
    scores: list[ScorePanel] = field(default_factory=list)
    other_scores: int = 0  # that have no room
    heat: list[list[HeatCell]] = field(default_factory=list)
    busiest: int = 0  # sessions of the busiest hour of the week
    numbers: DashboardNumbers | None = None
    is_sampled: bool = False  # whether latencies are those of a sample

    ranges = RANGES
    one_in = ONE_IN
    sampled = SAMPLED_SESSIONS
    width, height = DASHBOARD_CHART_WIDTH, DASHBOARD_CHART_HEIGHT


@require_safe
@project_view
def dashboard(request: PageRequest, project: Project) -> HttpResponse:
    """Show the dashboard.

    Takes `?range=` or `?from=&to=`, and `?q=` like the list. The form sends all of them; dates take precedence."""
    params = request.GET.copy()
    if params.get("from") or params.get("to"):
        params.pop("range", None)
    elif not params.get("range"):
        params["range"] = DEFAULT_RANGE
    listing = Listing(project, params)
    try:
        page = DashboardPage(listing=listing) if listing.errors else _drawn(project, listing)
    except TooLong:
        page = DashboardPage(listing=listing, is_too_long=True)
    context = {"project": project, "section": "dashboard", "page": page}
    return render(request, "sessions/dashboard/dashboard.html", context)


def _drawn(project: Project, listing: Listing) -> DashboardPage:
    first, last = _edges(project, listing)
    steps, links, sessions = steps_between(first, last), Links(listing), choose_sessions(listing)
    found = compute_numbers(listing, sessions, steps)
    if not found.facts.session_count:
        return DashboardPage(listing=listing, facts=found.facts)
    latencies = read_latencies(listing, sessions, steps, session_count=found.facts.session_count)
    before = _before(project, listing, first, last, [score.name for score in found.scores])
    return DashboardPage(
        listing=listing,
        facts=found.facts,
        latencies=_percentiles(latencies),
        before=before,
        before_latencies=_percentiles(before.latencies) if before else {},
        charts=charts_of(links, steps, found.steps) + latency_charts(links, latencies),
        tops=[
            (BREAKDOWN_LABELS[name], tops_of(links, listing.properties[name].aliases[0], values))
            for name, values in found.tops.items()
        ],
        scores=[_panel(links, steps, score, before) for score in found.scores],
        other_scores=found.score_count - len(found.scores),
        heat=cells_of(links, steps, found.heat),
        busiest=max(map(max, found.heat)),
        numbers=found,
        is_sampled=latencies.is_sample,
    )


def _edges(project: Project, listing: Listing) -> tuple[datetime, datetime]:
    """Return the first and the last moment of the charts."""
    now = timezone.now()
    last = min(listing.span.end.end - timedelta(microseconds=1), now) if listing.span.end else now
    if listing.span.start:
        return min(listing.span.start.start, last), last
    oldest = Session.objects.for_project(project).order_by("created_at").values_list("created_at", flat=True).first()
    return min(oldest or now, last), last


def _before(
    project: Project, listing: Listing, first: datetime, last: datetime, score_names: list[str]
) -> Before | None:
    """Return the figures of the preceding period, or None if the time has no start or the calendar no such years."""
    if not listing.span.start:
        return None
    params, start = listing.params.copy(), first - (last - first)
    params.pop("range", None)
    params["from"], params["to"] = start.isoformat(), first.isoformat()
    earlier = Listing(project, params)
    if earlier.errors:
        return None
    sessions = choose_sessions(earlier)
    facts, scores = compute_before(earlier, sessions, steps_between(start, first), score_names)
    steps = [TimeStep(hour_of(start), hour_of(first), is_hourly=False)]
    return Before(facts, scores, read_latencies(earlier, sessions, steps, session_count=facts.session_count))


def _percentiles(latencies: Latencies) -> dict[str, float | None]:
    return {
        "median": latencies.total(WHOLE_CALL, 0.5),
        "high": latencies.total(WHOLE_CALL, 0.95),
        "first_median": latencies.total(FIRST_TOKEN, 0.5),
        "first_high": latencies.total(FIRST_TOKEN, 0.95),
    }


def _panel(links: Links, steps: list[TimeStep], score: DashboardScore, before: Before | None) -> ScorePanel:
    return ScorePanel(
        score=score,
        before=before.scores.get(score.name, Scored()) if before else Scored(),
        trend=trend_of(links, steps, score),
        distribution=distribution_of(links, score),
        categories=tops_of(links, f"score.{score.name}", score.categories, most=score.total.session_count),
        other_categories=score.category_count - len(score.categories),
    )
