"""The strip above the list, a fragment of its page that comes when the rows are there."""

from dataclasses import dataclass

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from projects.access import project_view
from projects.htmx import PageRequest
from projects.models import Project
from sessions.listing.listing import Listing
from sessions.listing.saved_views import PARAMETERS_NOT_SAVED
from sessions.listing.summary import Bucket, series, strip
from tracing.lists.bounded import TooLong

SERIES_WIDTH, SERIES_HEIGHT = 600, 48  # of the series, in units of its own


@dataclass(frozen=True, kw_only=True)
class BucketBar:
    """A bucket as drawn: what failed stands below what did not."""

    bucket: Bucket
    x: float
    width: float
    height: float
    failed_height: float
    query: str  # of the list narrowed to the bucket

    @property
    def y(self) -> float:
        return SERIES_HEIGHT - self.height

    @property
    def failed_y(self) -> float:
        return SERIES_HEIGHT - self.failed_height


@require_safe
@project_view
def strip_page(request: PageRequest, project: Project) -> HttpResponse:
    """Show the totals above the list of the parameters. They are a part of its page."""
    listing = Listing(project, request.GET, foreign=set(PARAMETERS_NOT_SAVED) - {"cursor"})
    context = {"project": project, "listing": listing, "width": SERIES_WIDTH, "height": SERIES_HEIGHT}
    if not listing.errors:
        try:
            summed = strip(listing)
            context |= {"strip": summed, "bars": bars_of(listing, series(listing, summed))}
        except TooLong:
            context["is_too_long"] = True
    return render(request, "sessions/_strip_filled.html", context)


def bars_of(listing: Listing, buckets: list[Bucket]) -> list[BucketBar]:
    most = max((bucket.session_count for bucket in buckets), default=0)
    width = SERIES_WIDTH / len(buckets) if buckets else 0
    return [
        BucketBar(
            bucket=bucket,
            x=round(place * width, 2),
            width=round(max(width - 1, 0.5), 2),
            height=_height(bucket.session_count, most),
            failed_height=_height(bucket.failed, most),
            query=listing.query_string(**_times(bucket)),
        )
        for place, bucket in enumerate(buckets)
    ]


def _height(number: int, most: int) -> float:
    """Return the height of a bar. Any number above 0 is visible."""
    return round(max(number / most * SERIES_HEIGHT, 1.5), 2) if number else 0


def _times(bucket: Bucket) -> dict[str, str | None]:
    local = [timezone.localtime(at).isoformat(timespec="seconds") for at in (bucket.start, bucket.end)]
    return {"range": None, "from": local[0], "to": local[1]}
