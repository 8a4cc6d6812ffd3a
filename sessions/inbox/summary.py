"""What a summary says of some days of a project: numbers, and where to look. It quotes nothing that was said."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.http import QueryDict
from django.urls import reverse

from projects.accounts.mail import name_for_mail
from projects.models import Project
from sessions.annotation.configs import THUMBS, load_configs
from sessions.dashboard.links import Links
from sessions.dashboard.numbers import PeriodBefore, compute_before, compute_numbers
from sessions.dashboard.page import earlier, edges
from sessions.dashboard.queries import Wanted
from sessions.dashboard.reading import choose_sessions
from sessions.dashboard.stats import StatTile, tiles_of
from sessions.dashboard.steps import steps_between
from sessions.listing.listing import Listing
from sessions.models import DataType
from sessions.query.grammar import FieldComparison, Node, Operator
from tracing.formatting import counted, money
from tracing.lists.bounded import within
from tracing.models import IngestionIssue
from tracing.reading.explained import explained

SUMMARY_TILES = ("sessions", "users", "cost", "tokens", "error-rate")
WORST_SESSIONS = 3
WORST_TIMEOUT_MS = 3_000  # of each statement that looks for them
LOW_SHARE = 0.25  # of the range of a score, from below


@dataclass(frozen=True)
class SummaryLine:
    """A line of a summary, and the address of exactly what it is about."""

    text: str
    address: str


@dataclass(frozen=True, kw_only=True)
class MailedSummary:
    """The numbers of a time, and the sessions that one should look at."""

    numbers: Sequence[SummaryLine]
    worst: Sequence[SummaryLine]
    issues: Sequence[SummaryLine]
    dashboard: str


def summary_of(project: Project, start: datetime, end: datetime) -> MailedSummary | None:
    """Sum up a time, or return None if no session began in it. Raise TooLong."""
    params = QueryDict(mutable=True)
    params.update({"from": start.isoformat(), "to": end.isoformat()})
    listing = Listing(project, params)
    first, last = edges(project, listing)
    steps, links, sessions = steps_between(first, last), Links(listing), choose_sessions(listing)
    found = compute_numbers(listing, sessions, steps, Wanted.FIGURES)
    if not found.facts.session_count:
        return None
    tiles = tiles_of(links, found.facts, found.steps, _before(project, listing, first, last))
    with within(WORST_TIMEOUT_MS):
        worst = [*_failed(project, listing), *_low(project, links)]
    return MailedSummary(
        numbers=[
            SummaryLine(_figure(tile), _address(project, "sessions", tile.query))
            for tile in tiles
            if tile.key in SUMMARY_TILES
        ],
        worst=worst,
        issues=_issues(project, start, end),
        dashboard=_address(project, "dashboard", f"?{params.urlencode()}"),
    )


def _before(project: Project, listing: Listing, first: datetime, last: datetime) -> PeriodBefore | None:
    if not (found := earlier(project, listing, first, last)):
        return None
    before, steps = found
    return compute_before(before, choose_sessions(before), steps, [], Wanted.FIGURES)


def _figure(tile: StatTile) -> str:
    """Return `Cost: $12.40, up 8% from $11.48`."""
    said = f"{tile.label}: {tile.value}"
    if tile.delta is None:
        return said
    if not tile.delta.words:
        return f"{said}, before {tile.delta.before}"
    how = " ".join(part for part in (tile.delta.direction, tile.delta.words) if part)
    return f"{said}, {how} from {tile.delta.before}"


def _failed(project: Project, listing: Listing) -> list[SummaryLine]:
    """Return the sessions with most errors, which are named by their numbers alone."""
    failed = listing.matching.filter(error_count__gt=0).order_by("-error_count", "-updated_at", "session_id")
    return [
        SummaryLine(
            f"{counted(one.error_count, 'error')} in {counted(one.turn_count, 'turn')}, {money(one.total_cost)}",
            settings.BASE_URL + reverse("session", args=[project.pk, one.session_id]),
        )
        for one in failed[:WORST_SESSIONS]
    ]


def _low(project: Project, links: Links) -> list[SummaryLine]:
    """Return how many sessions have a low score of each name that has a range, and how many a thumb down."""
    lines = []
    for name, label, condition in _low_scores(project):
        query = links.to(condition)
        if query and (count := Listing(project, QueryDict(query.removeprefix("?"))).matching.count()):
            lines.append(
                SummaryLine(f"{counted(count, 'session')} with {name} {label}", _address(project, "sessions", query))
            )
    return lines


def _low_scores(project: Project) -> Iterator[tuple[str, str, Node]]:
    for config in load_configs(project):
        if config.name == THUMBS:
            yield "a thumb", "down", FieldComparison("score", Operator.HAS, ("no",), key=THUMBS)
        elif config.data_type == DataType.NUMERIC and config.min_value is not None and config.max_value is not None:
            bound = f"{config.min_value + LOW_SHARE * (config.max_value - config.min_value):g}"
            name = name_for_mail(config.name, instead="a score")
            yield name, f"of {bound} or less", FieldComparison("score", Operator.AT_MOST, (bound,), key=config.name)


def _issues(project: Project, start: datetime, end: datetime) -> list[SummaryLine]:
    """Return the kinds of ingestion issues that were first met in a time."""
    new = IngestionIssue.objects.for_project(project).filter(first_seen__gte=start, first_seen__lt=end)
    reasons = sorted(set(new.values_list("reason", flat=True)))
    return [SummaryLine(f"New: {explained(reason).title}", _address(project, "issues", "")) for reason in reasons]


def _address(project: Project, route: str, query: str) -> str:
    return settings.BASE_URL + reverse(route, args=[project.pk]) + query
