"""The browsers in which a person is signed in: what they are called, when they were last seen, and ending them."""

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.contrib.auth.signals import user_logged_in
from django.db import DatabaseError
from django.db.models import QuerySet
from django.dispatch import receiver
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils import timezone

from projects.accounts.session_store import BROWSER, SessionStore, hashed
from projects.audit import client_ip
from projects.models import BrowserSession, User
from projects.models.browsers import MAX_AGENT_CHARACTERS

SEEN_EVERY = timedelta(minutes=5)
MAX_SWEPT_SESSIONS = 100  # at each sign-in
# What a browser calls itself contains the names of those it is like: the first that fits is the right one.
BROWSERS = (
    ("Edge", re.compile(r"\bEdgA?/|\bEdgiOS/")),
    ("Opera", re.compile(r"\bOPR/")),
    ("Firefox", re.compile(r"\bFirefox/|\bFxiOS/")),
    ("Chrome", re.compile(r"\bChrom(?:e|ium)/|\bCriOS/|\bHeadlessChrome/")),
    ("Safari", re.compile(r"\bSafari/")),
)
SYSTEMS = (
    ("iPhone", re.compile(r"\biPhone\b")),
    ("iPad", re.compile(r"\biPad\b")),
    ("Android", re.compile(r"\bAndroid\b")),
    ("Windows", re.compile(r"\bWindows\b")),
    ("macOS", re.compile(r"\bMac OS X\b")),
    ("ChromeOS", re.compile(r"\bCrOS\b")),
    ("Linux", re.compile(r"\bLinux\b")),
)
HAND_HELD = {"iPhone", "iPad", "Android"}


def browser_name(agent: str) -> str:
    """Return `Firefox on Windows` for what a browser calls itself."""
    browser = _first(BROWSERS, agent)
    system = _first(SYSTEMS, agent)
    if not browser:
        return f"A browser on {system}" if system else "An unknown browser"
    return f"{browser} on {system}" if system else browser


def is_hand_held(agent: str) -> bool:
    """Return whether it is a phone or a tablet."""
    return _first(SYSTEMS, agent) in HAND_HELD


def browsers_of(user: User) -> QuerySet[BrowserSession]:
    """Return the sessions in which the person is signed in, the one seen last first."""
    return BrowserSession.objects.filter(user=user, expire_date__gt=timezone.now()).order_by("-seen_at")


def own_key(request: HttpRequest) -> str:
    """Return the stored key of the session of this request."""
    return hashed(request.session.session_key or "")


def sessions_noted(
    get_response: Callable[[HttpRequest], HttpResponseBase],
) -> Callable[[HttpRequest], HttpResponseBase]:
    """Return middleware that notes the browser of a session, and every few minutes that it was seen.

    It stands behind the middleware of sessions and asks only sessions that a page has loaded."""

    def middleware(request: HttpRequest) -> HttpResponseBase:
        response = get_response(request)
        row = request.session.row if isinstance(request.session, SessionStore) else None
        if row is not None and row.user_id and row.seen_at < timezone.now() - SEEN_EVERY:
            _see(row)
        elif row is not None and not row.user_id and request.user.is_authenticated and BROWSER not in request.session:
            note(request)  # a session from before there were these columns
        return response

    return middleware


@receiver(user_logged_in)
def note(request: HttpRequest, **_: Any) -> None:
    """Keep what the browser calls itself and where it is, in the data of its session."""
    request.session[BROWSER] = {
        "agent": request.headers.get("User-Agent", "")[:MAX_AGENT_CHARACTERS].replace("\0", ""),
        "ip": client_ip(request),
        "began_at": timezone.now().isoformat(),
    }
    _sweep()


def _sweep() -> None:
    """Delete some of the sessions that have expired, so that their number stays small."""
    expired = BrowserSession.objects.filter(expire_date__lt=timezone.now()).values_list("pk", flat=True)
    BrowserSession.objects.filter(pk__in=list(expired[:MAX_SWEPT_SESSIONS])).delete()


def _see(row: BrowserSession) -> None:
    """Note that the session was used. While a backup is restored, nothing can be noted."""
    try:
        BrowserSession.objects.filter(pk=row.pk).update(seen_at=timezone.now())
    except DatabaseError:
        row.seen_at = timezone.now()


def _first(named: tuple[tuple[str, re.Pattern[str]], ...], agent: str) -> str:
    return next((name for name, pattern in named if pattern.search(agent)), "")
