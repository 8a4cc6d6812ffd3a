"""The dashboard of a project, for any time and any filter of the list, and its charts as files."""

from collections.abc import Iterator
from dataclasses import replace

from django.http import Http404, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.views.decorators.http import require_safe
from django.views.decorators.vary import vary_on_headers

from projects.access import person, project_view
from projects.audit import Action, record
from projects.downloads.answers import download, refusal
from projects.downloads.making import made_answer
from projects.downloads.places import Holder
from projects.downloads.tables import csv_line, harmless
from projects.htmx import PageRequest
from projects.models import Project
from projects.range_picker import range_picker
from sessions.charts.files import CHART_FILE_TYPES, file_markup
from sessions.charts.plots import Plot
from sessions.dashboard.page import (
    DEFAULT_RANGE,
    FOREIGN_PARAMETERS,
    DashboardDetails,
    DashboardPage,
    asked,
    details_of,
    page_of,
)
from sessions.listing.listing import Listing
from sessions.models import Session
from tracing.lists.bounded import TooLong


@require_safe
@vary_on_headers("HX-Request")
@project_view
def dashboard(request: PageRequest, project: Project) -> HttpResponse:
    """Show the dashboard.

    Takes `?range=` or `?from=&to=`, and `?q=` like the list. The form sends all of them; dates take precedence. With
    `?details=on`, the page has everything; a request of htmx gets the details alone."""
    listing = asked(project, request.GET)
    context = {"project": project, "section": "dashboard"}
    if request.htmx and "details" in request.GET:
        context["details"] = _details(project, listing)
        return render(request, "sessions/dashboard/_details.html", context)
    try:
        page = DashboardPage(listing=listing) if listing.errors else page_of(project, listing)
    except TooLong:
        page = DashboardPage(listing=listing, is_too_long=True)
    if page.tiles and "details" in request.GET:
        page = replace(page, details=_details(project, listing))
    picker = range_picker(request.GET, default=DEFAULT_RANGE, foreign=FOREIGN_PARAMETERS)
    context |= {"page": page, "picker": picker, "began": page.tiles or Session.objects.for_project(project).exists()}
    return render(request, "sessions/dashboard/dashboard.html", context)


def _details(project: Project, listing: Listing) -> DashboardDetails | None:
    """Return the details of the page, or None if they cannot be shown."""
    try:
        return None if listing.errors else details_of(project, listing)
    except TooLong:
        return None


@require_safe
@project_view
@download
def dashboard_file(request: PageRequest, project: Project, form: str) -> HttpResponseBase:
    """Send the chart that `?chart=` names as SVG, or its numbers as CSV."""
    listing = asked(project, request.GET)
    if form not in CHART_FILE_TYPES:
        raise Http404("A chart is saved as svg or csv.")
    if listing.errors:
        return refusal("This cannot be shown.")
    try:
        page = page_of(project, listing)
    except TooLong:
        return refusal("This takes too long to add up. Choose a shorter time, or fewer sessions.")
    plot = page.charts.get(request.GET.get("chart", ""))
    if plot is None:
        raise Http404(f"There is no such chart. The charts are {', '.join(page.charts) or 'none'}.")
    return chart_answer(request, project, plot, form, when=page.when)


def chart_answer(request: PageRequest, project: Project, plot: Plot, form: str, *, when: str) -> HttpResponseBase:
    """Send a chart as a file. Raises NoDownload."""
    if request.method == "GET":
        record(Action.EXPORTED, project, actor=person(request), target="chart", request=request, format=form)
    pieces = iter([file_markup(plot, when)]) if form == "svg" else plot_lines(plot)
    holder = Holder.of(person(request), project)
    return made_answer(request, pieces, holder, name=f"{plot.key}.{form}", content_type=CHART_FILE_TYPES[form])


def plot_lines(plot: Plot) -> Iterator[str]:
    """Yield the table of a chart as CSV."""
    head, *rows = plot.numbers()
    yield csv_line(map(harmless, head))
    for label, *numbers in rows:
        yield csv_line([harmless(label), *numbers])
