"""The page of the deep scan. Its address is its whole state, so that it goes on by links where no script runs."""

from typing import Any

from django.http import HttpResponseBase, QueryDict
from django.shortcuts import render
from django.views.decorators.http import require_safe
from django.views.decorators.vary import vary_on_headers

from projects.access import project_view
from projects.htmx import PageRequest
from projects.models import Project
from projects.values import whole_number
from sessions.listing.listing import Listing
from sessions.query.compiling import terms_in
from sessions.query.grammar import QueryError
from sessions.search.matching import RefusedTerm
from sessions.search.scan import SCAN_SECONDS, Scanned, scan
from sessions.search.snippets import sought
from tracing.lists.keyset import BadCursor

SEARCH_PARAMETERS = ("find", "after", "found", "paused")
MATCHES_BEFORE_PAUSE = 100  # found ones after which the scan waits to be told to go on


@require_safe
@vary_on_headers("HX-Request")
@project_view
def scanned(request: PageRequest, project: Project) -> HttpResponseBase:
    """`?find=` is what to look for, `?after=` where to go on; other parameters filter the sessions to look into."""
    context = {"project": project, "section": "sessions", **_looked(project, request.GET)}
    template = "sessions/scan.html#slice" if request.htmx and "after" in request.GET else "sessions/scan.html"
    return render(request, template, context)


def _looked(project: Project, params: QueryDict) -> dict[str, Any]:
    find, found = params.get("find", "").strip(), _number(params.get("found", ""))
    listing = Listing(project, params, foreign=SEARCH_PARAMETERS)
    kept = [
        (name, value) for name in params for value in params.getlist(name) if name not in SEARCH_PARAMETERS and value
    ]
    context: dict[str, Any] = {"find": find, "kept": kept, "found": found, "query": listing.query_string}
    if not find:
        return context
    if listing.errors:
        return context | {"error": " ".join(reason for reasons in listing.errors.values() for reason in reasons)}
    if "paused" in params:
        return context | {"is_paused": True, "further": _further(listing, params.get("after", ""), found)}
    try:
        terms = terms_in(find)
        context["sought"] = sought(terms)
        done = scan(
            project,
            terms,
            within=listing.matching if kept else None,
            cursor=params.get("after", ""),
            seconds=SCAN_SECONDS,
        )
    except QueryError as error:
        return context | {"error": f"{error.message} {error.hint}"}
    except (RefusedTerm, BadCursor) as error:
        return context | {"error": str(error)}
    found += len(done.hits)
    return context | {"scan": done, "found": found, **_next(listing, done, found)}


def _next(listing: Listing, done: Scanned, found: int) -> dict[str, Any]:
    if done.cursor is None:
        return {}
    further = _further(listing, done.cursor, found)
    pause = listing.query_string(after=done.cursor, found=found, paused=1)
    return {"further": further, "pause": pause, "is_enough": found >= MATCHES_BEFORE_PAUSE}


def _further(listing: Listing, cursor: str, found: int) -> str:
    return listing.query_string(after=cursor, found=found, paused=None)


def _number(text: str) -> int:
    return whole_number(text, highest=10**9) or 0
