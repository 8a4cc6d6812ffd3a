"""What the dashboard shows, put together from numbers, latencies, and the preceding period."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.http import QueryDict
from django.utils import timezone
from django.utils.formats import date_format

from projects.models import Project
from sessions.charts.mixes import HourCell
from sessions.charts.plots import Plot
from sessions.cohorts.sampling import ONE_IN
from sessions.dashboard.charts import Top, charts_of, latency_charts, tops_of
from sessions.dashboard.heat import cells_of
from sessions.dashboard.latencies import SAMPLED_SESSIONS, Latencies, read_latencies, read_latencies_before
from sessions.dashboard.links import Links
from sessions.dashboard.numbers import DashboardNumbers, PeriodBefore, compute_before, compute_numbers
from sessions.dashboard.queries import Wanted
from sessions.dashboard.reading import choose_sessions
from sessions.dashboard.scores import ScorePanel, panel_of
from sessions.dashboard.stats import StatTile, latency_tiles, tiles_of
from sessions.dashboard.steps import TimeStep, steps_between
from sessions.listing.listing import Listing
from sessions.models import Session
from sessions.rollup.score_types import score_types

DEFAULT_RANGE = "30d"
BREAKDOWN_LABELS = {
    "model_names": "Models",
    "environments": "Environments",
    "releases": "Releases",
    "tags": "Tags",
    "tool_names": "Tools",
    "user_ids": "Users",
}
TWO_DAYS = timedelta(days=2)
FOREIGN_PARAMETERS = ("chart", "details")  # of the page, not of the list that it is about


@dataclass(frozen=True, kw_only=True)
class DashboardDetails:
    """What is below the charts: frequent values, scores, and the hours of the week."""

    tops: list[tuple[str, list[Top]]]
    scores: list[ScorePanel]
    other_scores: int  # that have no room
    heat: list[HourCell]


@dataclass(frozen=True, kw_only=True)
class DashboardPage:
    """What the page shows: only `listing` when its parameters are wrong, no `tiles` when no session matches.

    Without `details`, the page fetches them when a reader comes near."""

    listing: Listing
    is_too_long: bool = False
    when: str = ""
    compared: str = ""
    tiles: list[StatTile] = field(default_factory=list)
    charts: dict[str, Plot] = field(default_factory=dict)
    numbers: DashboardNumbers | None = None
    details: DashboardDetails | None = None

    one_in = ONE_IN

    def rows_of_charts(self) -> list[list[Plot]]:
        """Return the charts as they stand beside each other."""
        rows = [("sessions", "cost"), ("duration", "error-rate", "tokens")]
        rows.append(("cost-each", "users", "latency", "first-token"))
        return [[self.charts[key] for key in keys if key in self.charts] for keys in rows]


def asked(project: Project, given: QueryDict) -> Listing:
    """Return the list that the dashboard is about. Dates take precedence over a range; without both it is 30 days."""
    params = given.copy()
    for name in FOREIGN_PARAMETERS:
        params.pop(name, None)
    if params.get("from") or params.get("to"):
        params.pop("range", None)
    elif not params.get("range"):
        params["range"] = DEFAULT_RANGE
    return Listing(project, params)


def page_of(project: Project, listing: Listing) -> DashboardPage:
    """Return the page of a list without errors, without its details. Raises TooLong."""
    first, last = edges(project, listing)
    steps, links, sessions = steps_between(first, last), Links(listing), choose_sessions(listing)
    found = compute_numbers(listing, sessions, steps, Wanted.FIGURES)
    if not found.facts.session_count:
        return DashboardPage(listing=listing, when=days_shown(first, last))
    before, latencies_before = _before(project, listing, first, last)
    latencies = read_latencies(listing, sessions, steps, session_count=found.facts.session_count)
    charts = charts_of(links, steps, found.steps, found.facts, before.session_counts if before else None)
    return DashboardPage(
        listing=listing,
        when=days_shown(first, last),
        compared=_compared(last - first) if before and before.facts.session_count else "",
        tiles=tiles_of(links, found.facts, found.steps, before) + latency_tiles(links, latencies, latencies_before),
        charts={chart.key: chart for chart in charts + latency_charts(links, latencies, _notes(latencies))},
        numbers=found,
    )


def details_of(project: Project, listing: Listing) -> DashboardDetails:
    """Return the details of the page of a list without errors. Raises TooLong."""
    first, last = edges(project, listing)
    steps, links = steps_between(first, last), Links(listing)
    found = compute_numbers(listing, choose_sessions(listing), steps, Wanted.DETAILS)
    names = [score.name for score in found.scores]
    before = _scores_before(project, listing, first, last, names) if names else None
    types = score_types(project.pk, names)
    return DashboardDetails(
        tops=_tops(links, listing, found),
        scores=[
            panel_of(links, steps, score, data_type=types.get(score.name, ""), before=before) for score in found.scores
        ],
        other_scores=found.score_count - len(found.scores),
        heat=cells_of(links, steps, found.heat),
    )


def edges(project: Project, listing: Listing) -> tuple[datetime, datetime]:
    """Return the first and the last moment of the charts."""
    now = timezone.now()
    last = min(listing.span.end.end - timedelta(microseconds=1), now) if listing.span.end else now
    if listing.span.start:
        return min(listing.span.start.start, last), last
    oldest = Session.objects.for_project(project).order_by("created_at").values_list("created_at", flat=True).first()
    return min(oldest or now, last), last


def _scores_before(
    project: Project, listing: Listing, first: datetime, last: datetime, names: list[str]
) -> PeriodBefore | None:
    found = earlier(project, listing, first, last)
    if not found:
        return None
    listing_before, steps = found
    return compute_before(listing_before, choose_sessions(listing_before), steps, names, Wanted.DETAILS)


def _before(
    project: Project, listing: Listing, first: datetime, last: datetime
) -> tuple[PeriodBefore | None, Latencies | None]:
    """Return the figures of the preceding period, and its latencies if it had sessions."""
    found = earlier(project, listing, first, last)
    if not found:
        return None, None
    listing_before, steps = found
    sessions = choose_sessions(listing_before)
    before = compute_before(listing_before, sessions, steps, [], Wanted.FIGURES)
    count = before.facts.session_count
    return before, read_latencies_before(listing_before, sessions, steps, session_count=count) if count else None


def earlier(
    project: Project, listing: Listing, first: datetime, last: datetime
) -> tuple[Listing, list[TimeStep]] | None:
    """Return the same list in the preceding period of the same length, with its steps."""
    if not listing.span.start:
        return None
    params, start = listing.params.copy(), first - (last - first)
    params.pop("range", None)
    params["from"], params["to"] = start.isoformat(), first.isoformat()
    found = Listing(project, params)
    return None if found.errors else (found, steps_between(start, first - timedelta(microseconds=1)))


def _tops(links: Links, listing: Listing, found: DashboardNumbers) -> list[tuple[str, list[Top]]]:
    return [
        (label, tops_of(links, listing.properties[name].aliases[0], found.tops[name]))
        for name, label in BREAKDOWN_LABELS.items()
        if found.tops[name]
    ]


def _notes(latencies: Latencies) -> list[str]:
    sample = f", from {SAMPLED_SESSIONS:,} sessions at most, chosen at random" if latencies.is_sample else ""
    return [f"Within 5%{sample}."]


def days_shown(first: datetime, last: datetime) -> str:
    """Return `29 Oct to 27 Nov 2026`."""
    start, end = timezone.localtime(first), timezone.localtime(last)
    if last - first < TWO_DAYS:
        return f"{date_format(start, 'j M, H:i')} to {date_format(end, 'j M Y, H:i')}"
    return f"{date_format(start, 'j M' if start.year == end.year else 'j M Y')} to {date_format(end, 'j M Y')}"


def _compared(length: timedelta) -> str:
    days, hours = round(length / timedelta(days=1)), round(length / timedelta(hours=1))
    if length >= TWO_DAYS:
        return f"the {days} days before"
    return f"the {hours} hours before" if hours > 1 else "the hour before"
