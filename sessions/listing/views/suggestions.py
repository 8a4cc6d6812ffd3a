"""What the query box and the facets fetch while people use them: suggestions, and the values of one property."""

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe
from django.views.decorators.vary import vary_on_headers

from projects.access import project_view
from projects.htmx import PageRequest
from projects.models import Project
from projects.values import whole_number
from sessions.listing.completing import options
from sessions.listing.facets import facet_of, load_facet_values
from sessions.listing.listing import Listing
from sessions.listing.saved_views import PARAMETERS_NOT_SAVED
from sessions.query.faults import faults_of
from sessions.query.parsing import MAX_QUERY_CHARACTERS
from tracing.lists.bounded import TooLong


@require_safe
@project_view
def suggest(request: PageRequest, project: Project) -> HttpResponse:
    """Show a listbox of what can be typed into `?q=` at the character `?at=`, or with `?check` what is wrong with it.

    `?scope=trace` is for a query that is asked of traces."""
    text = request.GET.get("q", "")[:MAX_QUERY_CHARACTERS]
    scope = "trace" if request.GET.get("scope") == "trace" else "session"
    if "check" in request.GET:
        faults = faults_of(request.GET.get("q", ""), project.pk, scope)
        if not faults:
            return HttpResponse(status=204)
        return render(request, "sessions/_query_faults.html", {"text": request.GET["q"], "faults": faults})
    at = whole_number(request.GET.get("at", ""), highest=MAX_QUERY_CHARACTERS)
    found = options(project, text, len(text) if at is None else at, scope)
    return render(request, "sessions/_suggest.html", {"options": found})


@require_safe
@vary_on_headers("HX-Request")
@project_view
def facet(request: PageRequest, project: Project, facet_name: str) -> HttpResponse:
    """Show the values of one property in the list of the parameters. Without a script, they are a page of their own."""
    found = facet_of(facet_name)
    if found is None:
        raise Http404("There is no such facet.")
    listing = Listing(project, request.GET, foreign=set(PARAMETERS_NOT_SAVED) - {"cursor"})
    context = {"project": project, "section": "sessions", "facet": found, "values": []}
    try:
        context["values"] = [] if listing.errors else load_facet_values(listing, found)
    except TooLong:
        context["is_too_long"] = True
    return render(request, "sessions/facet.html#values" if request.htmx else "sessions/facet.html", context)
