"""Live mode: what became of the list since the reader last looked, found by when sessions were recomputed."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils import timezone

from projects.values import moment_in
from sessions.listing.listing import Listing
from sessions.models import Session

MAX_LIVE_SESSIONS = 50
# A row is stamped before its transaction ends: what was stamped shortly before a look may be seen only by the next.
LIVE_OVERLAP = timedelta(seconds=5)


@dataclass(frozen=True)
class Changes:
    """Sessions of the list that were recomputed since the last look, the latest first, and when to look from next."""

    rows: list[Session]
    has_more: bool
    since: str


def live_of(listing: Listing) -> Changes | None:
    """Return where live mode starts, if the address asks for it."""
    if listing.params.get("live") != "on":
        return None
    return Changes([], has_more=False, since=_stamp(timezone.now()))


def find_changes(listing: Listing, since: str) -> Changes:
    """Find what has changed since a time. Return nothing if `since` is no time. One query."""
    start, now = moment_in(since), timezone.now()
    if start is None:
        return Changes([], has_more=False, since=_stamp(now))
    rows = list(
        listing.shown.filter(computed_at__gt=start - LIVE_OVERLAP).order_by("-computed_at")[: MAX_LIVE_SESSIONS + 1]
    )
    return Changes(rows[:MAX_LIVE_SESSIONS], has_more=len(rows) > MAX_LIVE_SESSIONS, since=_stamp(now))


def _stamp(at: datetime) -> str:
    return at.isoformat(timespec="milliseconds")
