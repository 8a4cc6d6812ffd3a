"""Sessions and traces."""

from typing import Any

from django.db.models import DateTimeField
from django.db.models.functions import Coalesce
from rest_framework.exceptions import NotFound, ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from sessions.api.v1.erasures import ErasingEndpoint
from sessions.api.v1.parameters import part_of
from sessions.api.v1.states import read_edit
from sessions.api.v1.views import Endpoint, found_or_404
from sessions.conversations.representation import sessions_json, span_json, texts_json, trace_json
from sessions.listing.listing import Listing
from sessions.models import Erasure, Session
from sessions.replay.state import change
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


class SessionsEndpoint(Endpoint):
    """The sessions of the list, with its filters and orders."""

    def get(self, request: Request) -> Response:
        """Answer with a page of sessions."""
        listing = Listing(self.project, request.query_params)
        if listing.errors:
            raise ValidationError(listing.errors)
        data = sessions_json(listing.rows)
        if listing.is_too_wide:
            raise ValidationError({"q": [TOO_WIDE]})
        part = {"searched_back_to": listing.since} if listing.since else {}
        return Response({"data": data, "next": listing.next, "previous": listing.previous, **part})


class SessionEndpoint(ErasingEndpoint):
    """One session."""

    def get(self, request: Request, session_id: str) -> Response:
        """Answer with every property, what stands behind its sets and scores, and the traces from the first on."""
        part = part_of(request, "traces", CHRONOLOGICAL, limit=DEFAULT_TRACES_PER_PAGE, highest=MAX_TRACES_PER_PAGE)
        found = found_or_404(Session.objects.for_project(self.project), session_id=session_id)
        traces = Trace.objects.for_project(self.project).filter(session_id=session_id).defer("claims", "left_out")
        page = CHRONOLOGICAL.page(traces, cursor=part.cursor, limit=part.limit)
        rows = [trace_json(trace) for trace in page.rows]
        return Response(
            {**self._json(found), "value_counts": count_values(found), "traces": rows, "traces_next": page.next}
        )

    def patch(self, request: Request, session_id: str) -> Response:
        """Change what people set of the session, and answer with every property."""
        found = found_or_404(Session.objects.for_project(self.project), session_id=session_id)
        change(found, read_edit(self.project.pk, self.body), by=self.key)
        return Response(self._json(found))

    def delete(self, request: Request, session_id: str) -> Response:
        """Delete the session with its traces."""
        return self.erased(Erasure.Subject.SESSION, session_id)

    def _json(self, session: Session) -> dict[str, Any]:
        [row] = sessions_json([session])
        return row


class TraceEndpoint(ErasingEndpoint):
    """One trace."""

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


class UnknownEndpoint(Endpoint):
    """Answers whatever else is asked for below /api/v1."""

    def get(self, request: Request) -> Response:
        """Raise NotFound."""
        raise NotFound("There is no such endpoint. docs/api.md lists them all.")

    post = put = patch = delete = get


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
