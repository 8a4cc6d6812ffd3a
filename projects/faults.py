"""The page for a request that could not be answered: what is wrong, what is known, and what to do next.

It needs no session and no database, so it also works while these are away."""

from collections.abc import Sequence
from typing import NamedTuple
from urllib.parse import urlsplit

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import Resolver404, resolve, reverse
from django.utils import timezone


class NextStep(NamedTuple):
    """A link to what a person can do next."""

    label: str
    address: str


class PageFault(NamedTuple):
    """What is wrong, in about four words, and what is known if nothing more exact is."""

    title: str
    known: str


PAGE_FAULTS = {
    400: PageFault(
        "That could not be read.", "Something in the address or the form is not valid. Nothing was changed."
    ),
    403: PageFault("This is not allowed.", "Your role does not cover it. Ask an admin of the organization."),
    404: PageFault(
        "Nothing is here.",
        "The link may be cut or mistyped, what it led to may have been deleted, or you are signed in as somebody who"
        " may not open it.",
    ),
    405: PageFault(
        "Nothing to open here.",
        "This address only takes what a form or a button sends. Opening or reloading it changed nothing.",
    ),
    408: PageFault("That took too long.", "The request did not arrive in time. Nothing was changed."),
    409: PageFault("This was sent twice.", "The first one counted."),
    413: PageFault("That is too large.", "Send less at once. Nothing was changed."),
    429: PageFault("Too many at once.", "Wait a minute, then try again. Nothing was changed."),
    500: PageFault("That is our fault.", "The page could not be made. The server’s log says why, under this number:"),
    503: PageFault("Back in a moment.", "The server is busy or away for a moment. Nothing was changed."),
}
PROJECT_SEGMENTS = 2  # of `/project/<id>/...`


def fault_page(
    request: HttpRequest,
    status: int,
    known: str = "",
    *,
    title: str = "",
    steps: Sequence[NextStep] = (),
    request_id: str = "",
    retry_after: int | None = None,
    template: str = "fault.html",
    **more: object,
) -> HttpResponse:
    """Return the page. Without `steps` it offers to try again, or to go back where a form was sent."""
    fault = PAGE_FAULTS.get(status, PAGE_FAULTS[400])
    context = {
        "status": status,
        "title": title or fault.title,
        "known": known or fault.known,
        "steps": steps or [try_again(request)],
        "request_id": request_id,
        "now": timezone.now(),
        **more,
    }
    answer = render(request, template, context, status=status)
    if retry_after is not None:
        answer.headers["Retry-After"] = str(retry_after)
    return answer


def try_again(request: HttpRequest) -> NextStep:
    """Return the step that repeats the request. What a form sent cannot be repeated by a link."""
    if request.method in ("GET", "HEAD"):
        return NextStep("Try again", "?" + request.META.get("QUERY_STRING", ""))
    return way_back(request)


def way_back(request: HttpRequest) -> NextStep:
    """Return the step to the page that the form was on, or to the nearest page above the address."""
    try:
        came_from = urlsplit(request.headers.get("Referer", ""))
    except ValueError:
        came_from = urlsplit("")
    host = request.META.get("HTTP_HOST") or request.META.get("SERVER_NAME")
    if came_from.netloc == host and came_from.path not in ("", request.path):
        return NextStep("Go back", came_from._replace(scheme="", netloc="", path=_local(came_from.path)).geturl())
    path = request.path_info
    while path := path.rpartition("/")[0]:
        if is_page(path):
            return NextStep("Go back", path)
    return NextStep("Go to your projects", reverse("home"))


def elsewhere(request: HttpRequest) -> list[NextStep]:
    """Return the steps away from an address that leads nowhere."""
    home = NextStep("Go to your projects", reverse("home"))
    parts = request.path_info.strip("/").split("/")
    if len(parts) > PROJECT_SEGMENTS and parts[0] == "project" and parts[1].isdecimal() and parts[1].isascii():
        sessions = f"/project/{parts[1]}/sessions"
        return [home] if request.path_info == sessions else [NextStep("All sessions", sessions), home]
    return [home]


def is_page(path: str) -> bool:
    """Return whether there is a route for the path."""
    try:
        resolve(path)
    except Resolver404:
        return False
    return True


def _local(path: str) -> str:
    """Return the path without what a browser would take for the name of a host."""
    return "/" + path.lstrip("/\\")
