"""The audit log of an organization, as a page and as CSV, for its admins."""

import csv
from collections.abc import Iterator

import orjson
from django.core.paginator import Paginator
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from projects.access import organization_view, person, requires
from projects.administration.forms import TrailForm
from projects.audit import Action, record
from projects.models import AuditEvent, Organization, Role

EVENTS_A_PAGE = 50
EVENTS_AT_ONCE = 1_000  # of a download
COLUMNS = ("at", "actor", "action", "target", "project_id", "ip", "details")
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")  # a spreadsheet would run such a cell


@require_safe
@organization_view
@requires(Role.ADMIN)
def audit(request: HttpRequest, organization: Organization) -> HttpResponse:
    form = TrailForm(request.GET, organization=organization)
    page = Paginator(form.trail().events(organization), EVENTS_A_PAGE).get_page(request.GET.get("page"))
    filters = request.GET.copy()
    filters.pop("page", None)
    context = {
        "organization": organization,
        "form": form,
        "page": page,
        "filters": filters.urlencode(),
        "project_names": dict(organization.projects.values_list("pk", "name")),
        "section": "organizations",
        "tab": "audit",
    }
    return render(request, "settings/audit.html", context)


@require_safe
@organization_view
@requires(Role.ADMIN)
def audit_csv(request: HttpRequest, organization: Organization) -> StreamingHttpResponse:
    events = TrailForm(request.GET, organization=organization).trail().events(organization)
    record(Action.EXPORTED, organization, actor=person(request), target="audit log", request=request)
    name = f"audit-{organization.pk}.csv"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return StreamingHttpResponse(_lines(_in_batches(events)), content_type="text/csv; charset=utf-8", headers=headers)


def _in_batches(events: QuerySet[AuditEvent]) -> Iterator[AuditEvent]:
    """All of them, the newest first. Batches follow each other by position: nothing is kept open between them."""
    batch = list(events[:EVENTS_AT_ONCE])
    while batch:
        yield from batch
        last = batch[-1]
        older = events.filter(Q(at__lt=last.at) | Q(at=last.at, pk__lt=last.pk))
        batch = list(older[:EVENTS_AT_ONCE]) if len(batch) == EVENTS_AT_ONCE else []


class _Echo:
    """A file that hands back what is written to it."""

    def write(self, line: str) -> str:
        return line


def _lines(events: Iterator[AuditEvent]) -> Iterator[str]:
    writer = csv.writer(_Echo())
    yield writer.writerow(COLUMNS)
    for event in events:
        details = orjson.dumps(event.details).decode()
        cells = [event.actor, event.action, event.target, event.project_id, event.ip, details]
        yield writer.writerow([event.at.isoformat(), *(_harmless(cell) for cell in cells)])


def _harmless(cell: object) -> str:
    text = "" if cell is None else str(cell)
    return f"'{text}" if text.startswith(FORMULA_STARTS) else text
