"""The audit log of an organization for its admins, as a page and as CSV."""

from collections.abc import Iterator

import orjson
from django.core.paginator import Paginator
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.views.decorators.http import require_safe

from projects.access import organization_view, person, requires
from projects.administration.forms import TrailForm
from projects.administration.reading_audit import read_event
from projects.audit import Action, find_names, record
from projects.date_range import RANGE_PARAMETERS
from projects.downloads.answers import download
from projects.downloads.making import made_answer
from projects.downloads.places import Holder
from projects.downloads.tables import csv_line, harmless
from projects.models import AuditEvent, Organization, Role, User
from projects.range_picker import range_picker

EVENTS_PER_PAGE = 50
EVENTS_PER_BATCH = 1_000  # of a download
CSV_CONTENT_TYPE = "text/csv; charset=utf-8"
AUDIT_COLUMNS = ("at", "actor", "action", "target", "project_id", "ip", "details")


@require_safe
@organization_view
@requires(Role.ADMIN)
def audit(request: HttpRequest, organization: Organization) -> HttpResponse:
    form = TrailForm(request.GET, organization=organization)
    page = Paginator(form.trail().events(organization), EVENTS_PER_PAGE).get_page(request.GET.get("page"))
    filters = request.GET.copy()
    filters.pop("page", None)
    names = find_names(page.object_list)
    project_names = dict(organization.projects.filter(deleted_at=None).values_list("pk", "name"))
    people: dict[int | None, User] = {**User.objects.in_bulk({event.actor_id for event in page} - {None})}
    rows = [
        read_event(
            event, names.get((event.project_id, event.target), ""), project_names, people.get(event.actor_id or 0)
        )
        for event in page
    ]
    context = {
        "organization": organization,
        "form": form,
        "page": page,
        "rows": rows,
        "filters": filters.urlencode(),
        "picker": range_picker(request.GET),
        "times": [(name, request.GET[name]) for name in RANGE_PARAMETERS if request.GET.get(name)],
        "section": "organizations",
        "tab": "audit",
    }
    return render(request, "settings/audit.html", context)


@require_safe
@organization_view
@requires(Role.ADMIN)
@download
def audit_csv(request: HttpRequest, organization: Organization) -> HttpResponseBase:
    events = TrailForm(request.GET, organization=organization).trail().events(organization)
    if request.method == "GET":
        record(Action.EXPORTED, organization, actor=person(request), target="audit log", request=request)
    lines = _lines(_in_batches(events))
    holder, name = Holder.of(person(request), organization), f"audit-{organization.pk}.csv"
    return made_answer(request, lines, holder, name=name, content_type=CSV_CONTENT_TYPE)


def _in_batches(events: QuerySet[AuditEvent]) -> Iterator[AuditEvent]:
    """Yield all events, newest first.

    Batches follow each other by key, so that no cursor stays open between them."""
    batch = list(events[:EVENTS_PER_BATCH])
    while batch:
        yield from batch
        last = batch[-1]
        older = events.filter(Q(at__lt=last.at) | Q(at=last.at, pk__lt=last.pk))
        batch = list(older[:EVENTS_PER_BATCH]) if len(batch) == EVENTS_PER_BATCH else []


def _lines(events: Iterator[AuditEvent]) -> Iterator[str]:
    yield csv_line(AUDIT_COLUMNS)
    for event in events:
        details = orjson.dumps(event.details).decode()
        cells = [event.actor, event.action, event.target, event.project_id, event.ip, details]
        yield csv_line([event.at.isoformat(), *(harmless("" if cell is None else str(cell)) for cell in cells)])
