"""The page for a refused form. The usual cause is an unknown address of the installation, and the page says so."""

import re
from urllib.parse import urlsplit

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.middleware.csrf import REASON_NO_CSRF_COOKIE

from projects.faults import NextStep, fault_page, way_back

ORIGIN = re.compile(r"https?://[A-Za-z0-9._:\[\]-]{1,255}", re.ASCII)
TOO_OLD = (
    "Nothing was changed. Go back, reload the page and send the form again. Your browser must accept cookies from this"
    " site."
)
ADDRESS_REASONS = ("Origin checking failed", "Referer checking failed")  # how Django's reasons begin


def refused(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Answer a request that Django's CSRF check has refused."""
    origin = origin_of(request)
    is_address = reason.startswith(ADDRESS_REASONS) or (reason == REASON_NO_CSRF_COOKIE and _loses_cookies(origin))
    if is_address:
        known = "The form came from an address that Confab does not know. Nothing was changed."
        return fault_page(
            request,
            403,
            known,
            title="Unknown address.",
            steps=[NextStep(f"Open {settings.BASE_URL}", settings.BASE_URL)],
            template="403_csrf.html",
            origin=origin,
            base_url=settings.BASE_URL,
        )
    return fault_page(request, 403, TOO_OLD, title="This form is too old.", steps=[way_back(request)])


def origin_of(request: HttpRequest) -> str:
    """Return the scheme, host and port of the page with the form, or "" if the browser does not send them.

    Anything else in the header is a stranger's text and is not repeated."""
    header = request.headers.get("Origin") or request.headers.get("Referer") or ""
    try:
        parts = urlsplit(header)
    except ValueError:
        return ""
    origin = f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}"
    return origin if ORIGIN.fullmatch(origin) else ""


def _loses_cookies(origin: str) -> bool:
    """Return whether the browser withholds our cookies, because they need HTTPS and the page came by HTTP."""
    return settings.CSRF_COOKIE_SECURE and origin.startswith("http://")
