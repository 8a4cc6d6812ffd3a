"""The page for a form that was refused, with the way out: usually the installation is reached by an unknown address."""

import re
from urllib.parse import urlsplit

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.middleware.csrf import REASON_NO_CSRF_COOKIE
from django.shortcuts import render

ORIGIN = re.compile(r"https?://[A-Za-z0-9._:\[\]-]{1,255}", re.ASCII)
OF_ADDRESSES = ("Origin checking failed", "Referer checking failed")  # how Django's reasons begin


def refused(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Answer a request that Django's CSRF check refused."""
    origin = origin_of(request)
    is_address = reason.startswith(OF_ADDRESSES) or (reason == REASON_NO_CSRF_COOKIE and _loses_cookies(origin))
    context = {"origin": origin, "base_url": settings.BASE_URL, "is_address": is_address}
    return render(request, "403_csrf.html", context, status=403)


def origin_of(request: HttpRequest) -> str:
    """Return scheme, host and port of the page with the form, as the browser says; empty when it does not say. What it
    sends beyond them is a stranger's text and is not repeated."""
    said = request.headers.get("Origin") or request.headers.get("Referer") or ""
    try:
        parts = urlsplit(said)
    except ValueError:
        return ""
    origin = f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}"
    return origin if ORIGIN.fullmatch(origin) else ""


def _loses_cookies(origin: str) -> bool:
    """Return whether the browser keeps our cookies to itself: they are for HTTPS, and this is not."""
    return settings.CSRF_COOKIE_SECURE and origin.startswith("http://")
