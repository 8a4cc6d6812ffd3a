"""Traces and their spans."""

from typing import Any

from django.db.models import DateTimeField, QuerySet
from django.db.models.functions import Coalesce
from django.http import QueryDict
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from projects.date_range import RANGE_PARAMETERS
from projects.models import Project
from projects.values import whole_number
from sessions.api.v1.erasures import ErasingEndpoint
from sessions.api.v1.parameters import TOO_WIDE, part_of
from sessions.api.v1.shapes.conversations import TracePageShape, WholeTraceShape
from sessions.api.v1.shapes.lists import SpanParameters, TraceParameters
from sessions.api.v1.shapes.operations import Operation
from sessions.api.v1.shapes.work import ErasureShape
from sessions.api.v1.views import Endpoint, found_or_404
from sessions.conversations.representation import plain, span_json, texts_json, trace_json
from sessions.listing.traces import QueriedTraces
from sessions.models import Erasure
from tracing.lists.keyset import KeysetPage, Order
from tracing.models import Span, SpanIO, Trace
from tracing.reading.spans import texts_of

DEFAULT_TRACES_LIMIT, MAX_TRACES_LIMIT = 50, 100
DEFAULT_SPANS_PER_PAGE, MAX_SPANS_PER_PAGE = 100, 500
TEXT_PER_PAGE = 16_000_000  # characters of input and output after which a page of spans ends early
BY_START = Order("spans", "moment", "span_id", DateTimeField())


class ListedTraces(QueriedTraces):
    """The list of traces as programs ask for it."""

    parameters = ("q", *RANGE_PARAMETERS, "sort", "cursor", "limit")

    def __init__(self, project: Project, params: QueryDict) -> None:
        super().__init__(project, params)
        limit = whole_number(params.get("limit") or str(DEFAULT_TRACES_LIMIT), 1, MAX_TRACES_LIMIT)
        if limit is None:
            self.errors["limit"] = [f"The limit is a whole number from 1 to {MAX_TRACES_LIMIT}."]
        self.limit = limit or DEFAULT_TRACES_LIMIT

    @property
    def read_columns(self) -> QuerySet[Trace]:
        """The matching traces, with what is read of each."""
        return self.matching.defer("claims", "left_out", "exchanges")


class TracesEndpoint(Endpoint):
    """The traces of the project, also those without a session."""

    operations = {"GET": Operation(says="List traces", parameters=TraceParameters, answers={200: TracePageShape})}

    def get(self, request: Request) -> Response:
        """Answer with a page of traces.

        Without a time, what no index serves is looked for in the last days; the answer says since when."""
        listing = ListedTraces(self.project, request.query_params)
        if listing.errors:
            raise ValidationError(listing.errors)
        data = [trace_json(trace) for trace in listing.rows]
        if listing.is_too_wide:
            raise ValidationError({"q": [TOO_WIDE]})
        start = listing.span.start
        part = {"searched_back_to": plain(start.start)} if listing.is_narrowed and start else {}
        return Response({"data": data, "next": listing.next, "previous": listing.previous, **part})


class TraceEndpoint(ErasingEndpoint):
    """One trace."""

    operations = {
        "GET": Operation(says="Read a trace", parameters=SpanParameters, answers={200: WholeTraceShape}),
        "DELETE": Operation(says="Delete a trace", answers={200: ErasureShape, 202: ErasureShape}),
    }

    def get(self, request: Request, trace_id: str) -> Response:
        """Answer with every property, the whole input and output, and the spans in the order in which they started."""
        part = part_of(request, "spans", BY_START, limit=DEFAULT_SPANS_PER_PAGE, highest=MAX_SPANS_PER_PAGE)
        found = found_or_404(Trace.objects.for_project(self.project), trace_id=trace_id)
        spans = Span.objects.for_project(self.project).filter(bucket=found.bucket, trace_id=trace_id)
        started = spans.annotate(moment=Coalesce("started_at", "received_at"))
        page = _within_budget(BY_START.page(started, cursor=part.cursor, limit=part.limit))
        texts = texts_of(found)
        return Response(
            {
                **trace_json(found),
                **texts_json(texts.get("input"), texts.get("output")),
                "spans": _spans_json(found, page.rows),
                "spans_next": page.next,
            }
        )

    def delete(self, request: Request, trace_id: str) -> Response:
        """Delete the trace."""
        return self.erased(Erasure.Subject.TRACE, trace_id)


def _within_budget(page: KeysetPage[Span]) -> KeysetPage[Span]:
    """Return the first spans whose texts fit into one answer; always at least one."""
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
