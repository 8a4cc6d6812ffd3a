"""The dashboard of a project, for any time and any filter of the list."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.http import HttpResponse, QueryDict
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from projects.access import project_view
from projects.htmx import PageRequest
from projects.models import Project
from sessions.dashboard import numbers
from sessions.dashboard.charts import HEIGHT, WIDTH, charts_of
from sessions.listing import Listing
from sessions.models import Session
from sessions.query.rewrite import with_value
from sessions.span import RANGES
from sessions.summary.sums import Strip, facet_counts, strip
from tracing.bounded import TooLong

DEFAULT_RANGE = "30d"
LONGEST = timedelta(days=400)  # drawn by the day; the rest of a longer time is in the totals
TOP = 8  # values of each
TOPS = (("model_names", "Models"), ("user_ids", "Users"), ("tags", "Tags"), ("tool_names", "Tools"))
DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


@dataclass(frozen=True)
class Top:
    """A frequent value; `query` is the list's, `share` of the most frequent one in percent."""

    value: str
    count: int
    share: int
    query: str


@require_safe
@project_view
def dashboard(request: PageRequest, project: Project) -> HttpResponse:
    """`?range=` or `?from=&to=`, and `?q=` as the list takes it."""
    params = request.GET.copy()
    if not any(params.get(name) for name in ("range", "from", "to")):
        params["range"] = DEFAULT_RANGE
    listing = Listing(project, params)
    context: dict[str, Any] = {"project": project, "section": "dashboard", "listing": listing, "ranges": RANGES}
    if not listing.errors:
        try:
            context |= _numbers(project, listing)
        except TooLong:
            context["is_too_long"] = True
    return render(request, "sessions/dashboard/dashboard.html", context)


def _numbers(project: Project, listing: Listing) -> dict[str, Any]:
    first, last = _edges(project, listing)
    heat = numbers.by_hour_of_week(listing)
    return {
        "strip": strip(listing, numbers.COUNTED),
        "users": numbers.active_users(listing),
        "before": _before(project, listing, first, last),
        "charts": charts_of(listing, numbers.steps_of(listing, max(first, last - LONGEST), last)),
        "tops": [(label, _top(listing, name)) for name, label in TOPS],
        "heat": list(zip(DAYS, heat, strict=True)),
        "busiest": max(map(max, heat)),
        "width": WIDTH,
        "height": HEIGHT,
        "counted": numbers.COUNTED,
    }


def _edges(project: Project, listing: Listing) -> tuple[datetime, datetime]:
    """The first and the last moment that is drawn."""
    now = timezone.now()
    last = min(listing.span.end.end - timedelta(microseconds=1), now) if listing.span.end else now
    if listing.span.start:
        return min(listing.span.start.start, last), last
    oldest = Session.objects.for_project(project).order_by("created_at").values_list("created_at", flat=True).first()
    return min(oldest or now, last), last


def _before(project: Project, listing: Listing, first: datetime, last: datetime) -> Strip | None:
    """The same length of time before, where the time has a beginning."""
    if not listing.span.start:
        return None
    params = QueryDict(mutable=True)
    params.update({"q": listing.query_text, "from": (first - (last - first)).isoformat(), "to": first.isoformat()})
    return strip(Listing(project, params), numbers.COUNTED)


def _top(listing: Listing, name: str) -> list[Top]:
    field = listing.properties[name].aliases[0]
    found = facet_counts(listing, name, TOP, numbers.COUNTED)
    return [
        Top(
            value, count, round(100 * count / found[0][1]),
            listing.query_string(q=with_value(listing.query_text, field, value)),
        )
        for value, count in found
    ]  # fmt: skip
