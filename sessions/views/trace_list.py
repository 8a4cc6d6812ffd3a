"""The list of traces. A fragment answers the URL of the page that it stands in."""

from dataclasses import dataclass
from functools import cached_property

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe
from django.views.decorators.vary import vary_on_headers

from projects.access import person, project_view
from projects.htmx import PageRequest
from projects.models import Project
from projects.preferences import load_preferences
from projects.range_picker import RangePicker, range_picker
from sessions.listing.traces import QueriedTraces
from sessions.query.rewrite import value_of, with_part
from tracing.lists.table import ListTable
from tracing.lists.trace_listing import TraceColumn
from tracing.lists.trace_table import table_of
from tracing.models import Trace


@dataclass(frozen=True, kw_only=True)
class TracesPage:
    """The list of traces."""

    project: Project
    listing: QueriedTraces
    table: ListTable[TraceColumn]
    picker: RangePicker

    @property
    def quick(self) -> list[tuple[str, str]]:
        """What is asked for most often, with its query."""
        text = self.listing.query_text
        offered = {
            "With errors": value_of("has", "error"),
            "Without a session": value_of("has", "session", is_negated=True),
        }
        asked = self.listing.query.parts
        return [
            (label, self.listing.query_string(q=with_part(text, part)))
            for label, part in offered.items()
            if part not in asked and not self.listing.query_error
        ]

    @cached_property
    def began(self) -> bool:
        """Whether the project has any trace."""
        return bool(self.listing.rows) or Trace.objects.for_project(self.project).exists()


@require_safe
@vary_on_headers("HX-Request")
@project_view
def traces(request: PageRequest, project: Project) -> HttpResponse:
    """Show all traces, also those without a session.

    The address has the whole state. For htmx, `?cursor=` returns the following rows."""
    listing = QueriedTraces(project, request.GET)
    table = table_of(listing, load_preferences(person(request), project, "traces"))
    picker = range_picker(request.GET, default=listing.default_range)
    page = TracesPage(project=project, listing=listing, table=table, picker=picker)
    template = "tracing/traces.html#rows" if request.htmx else "tracing/traces.html"
    return render(request, template, {"project": project, "section": "traces", "page": page})
