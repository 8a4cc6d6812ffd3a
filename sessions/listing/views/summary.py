"""The strip above the list, a fragment of its page that comes when the rows are there."""

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from projects.access import project_view
from projects.htmx import PageRequest
from projects.models import Project
from sessions.listing.listing import Listing
from sessions.listing.saved_views import PARAMETERS_NOT_SAVED
from sessions.listing.series_drawing import drawing_of
from sessions.listing.summary import series, strip
from tracing.lists.bounded import TooLong


@require_safe
@project_view
def strip_page(request: PageRequest, project: Project) -> HttpResponse:
    """Show the totals above the list of the parameters. They are a part of its page."""
    listing = Listing(project, request.GET, foreign=set(PARAMETERS_NOT_SAVED) - {"cursor"})
    context = {"project": project, "listing": listing}
    if not listing.errors:
        try:
            summed = strip(listing)
            context |= {"strip": summed, "drawing": drawing_of(listing, series(listing, summed))}
        except TooLong:
            context["is_too_long"] = True
    return render(request, "sessions/_strip_filled.html", context)
