"""The read API. The key decides the project; what belongs to another one does not exist here."""

from typing import Any

from django.db.models import DateTimeField, QuerySet
from django.db.models.functions import Coalesce
from rest_framework.decorators import api_view
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response

from sessions.api.v1.authentication import project_of
from sessions.api.v1.erasures import deleted
from sessions.api.v1.parameters import BadParameters, part_of
from sessions.conversations.representation import session_json, span_json, trace_json
from sessions.listing.listing import Listing
from sessions.models import Erasure, Session
from sessions.rollup.breakdown import count_values
from tracing.lists.keyset import KeysetPage, Order
from tracing.models import Span, SpanIO, Trace
from tracing.reading.spans import texts_of

DEFAULT_TRACES_PER_PAGE, MAX_TRACES_PER_PAGE = 100, 500
DEFAULT_SPANS_PER_PAGE, MAX_SPANS_PER_PAGE = 100, 500
TEXT_PER_PAGE = 16_000_000  # characters of input and output after which a page of spans ends early
TOO_WIDE = "This took too long to find. Narrow the time, for example with range=7d, or ask for fewer things at once."
CHRONOLOGICAL = Order("started_at", "started_at", "trace_id", DateTimeField())
BY_START = Order("spans", "moment", "span_id", DateTimeField())


@api_view(["GET"])
def sessions(request: Request) -> Response:
    """The sessions of the list, with its filters and orders."""
    listing = Listing(project_of(request), request.query_params)
    if listing.errors:
        raise BadParameters(listing.errors)
    data = [session_json(session) for session in listing.rows]
    if listing.is_too_wide:
        raise BadParameters({"q": [TOO_WIDE]})
    part = {"searched_back_to": listing.since} if listing.since else {}
    return Response({"data": data, "next": listing.next, "previous": listing.previous, **part})


@api_view(["GET", "DELETE"])
def session(request: Request, session_id: str) -> Response:
    """Every property, what stands behind its sets and scores, and the traces from the first to the last."""
    if request.method == "DELETE":
        return deleted(request, Erasure.Subject.SESSION, session_id)
    project = project_of(request)
    part = part_of(request, "traces", CHRONOLOGICAL, limit=DEFAULT_TRACES_PER_PAGE, highest=MAX_TRACES_PER_PAGE)
    found = found_or_404(Session.objects.for_project(project), session_id=session_id)
    traces = Trace.objects.for_project(project).filter(session_id=session_id).defer("claims", "left_out")
    page = CHRONOLOGICAL.page(traces, cursor=part.cursor, limit=part.limit)
    rows = [trace_json(trace) for trace in page.rows]
    return Response(
        {**session_json(found), "value_counts": count_values(found), "traces": rows, "traces_next": page.next}
    )


@api_view(["GET", "DELETE"])
def trace(request: Request, trace_id: str) -> Response:
    """Every property with the whole input and output, and the spans in the order in which they started."""
    if request.method == "DELETE":
        return deleted(request, Erasure.Subject.TRACE, trace_id)
    project = project_of(request)
    part = part_of(request, "spans", BY_START, limit=DEFAULT_SPANS_PER_PAGE, highest=MAX_SPANS_PER_PAGE)
    found = found_or_404(Trace.objects.for_project(project), trace_id=trace_id)
    spans = Span.objects.for_project(project).filter(bucket=found.bucket, trace_id=trace_id)
    started = spans.annotate(moment=Coalesce("started_at", "received_at"))
    page = _within_budget(BY_START.page(started, cursor=part.cursor, limit=part.limit))
    texts = texts_of(found)
    return Response(
        {
            **trace_json(found),
            "input": texts.get("input"),
            "output": texts.get("output"),
            "spans": _spans_json(found, page.rows),
            "spans_next": page.next,
        }
    )


@api_view(["GET", "POST", "PUT", "PATCH", "DELETE"])
def unknown(request: Request) -> Response:
    raise NotFound("There is no such endpoint. docs/api.md lists them all.")


def found_or_404(rows: QuerySet[Any], **key: str) -> Any:
    """The row of a client's id; an id that no row can have is not found either."""
    found = None if any("\x00" in value for value in key.values()) else rows.filter(**key).first()
    if found is None:
        raise NotFound("This project has nothing with that id.")
    return found


def _within_budget(page: KeysetPage[Span]) -> KeysetPage[Span]:
    """The first spans whose texts fit into one answer; always at least one."""
    size = 0
    for index, span in enumerate(page.rows):
        size += (span.input_size or 0) + (span.output_size or 0)
        if size > TEXT_PER_PAGE and index:
            kept = page.rows[:index]
            return KeysetPage(kept, BY_START.cursor(kept[-1], is_forward=True), page.previous)
    return page


def _spans_json(trace: Trace, spans: list[Span]) -> list[dict[str, Any]]:
    stored = SpanIO.objects.for_project(trace.project_id).filter(bucket=trace.bucket, trace_id=trace.trace_id)
    io = {row.span_id: row for row in stored.filter(span_id__in=[span.span_id for span in spans])}
    return [span_json(span, io.get(span.span_id)) for span in spans]
