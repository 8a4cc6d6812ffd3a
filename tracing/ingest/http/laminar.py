"""Laminar's calls on traces that stand: tags, metadata and scores. Their SDKs take nothing but 200 for success."""

import re
import uuid
from datetime import timedelta
from typing import Any

from django.utils import timezone
from rest_framework.request import Request
from rest_framework.response import Response

from projects.models import Project
from tracing.ingest.http.scores import store_score
from tracing.ingest.intake import take_reports
from tracing.ingest.rest.views import SdkView
from tracing.ingest.rest.wires import WireResponse
from tracing.models import Span, Trace
from tracing.records import Claims, TraceRecord
from tracing.wire.fields import texts
from tracing.wire.refusals import Invalid, NotFound
from tracing.wire.sdks import sdk_of

RECENT = timedelta(days=2)
SPAN_UUID = re.compile(r"00000000-0000-0000-([0-9a-f]{4})-([0-9a-f]{12})")


class ClaimView(SdkView):
    """Takes what a program says about a trace that stands."""

    def claim(self, claims: Claims) -> None:
        """Store what is said. Raise NotFound when the trace is not here."""
        record = TraceRecord(_trace_id(self.project, self.body), claims)
        take_reports(self.project, [record], sdk=sdk_of(self.request.headers, ()))


class ReportTags(ClaimView):
    """Takes `{"traceId" or "spanId", "names"}`: a tag on a span is one of its trace."""

    def post(self, request: Request) -> Response:
        """Answer with the tags."""
        names = texts(self.body.get("names"))
        if not names:
            raise Invalid("names: a list of tags")
        self.claim(Claims(tags=names))
        return WireResponse([{"name": name} for name in names])


class ReportMetadata(ClaimView):
    """Takes `{"traceId", "metadata"}`, merged key by key."""

    def post(self, request: Request) -> Response:
        """Answer with an empty object."""
        found = self.body.get("metadata")
        if not isinstance(found, dict) or not found:
            raise Invalid("metadata: an object with at least one key")
        self.claim(Claims(metadata=found))
        return WireResponse({})


class ReportEvaluatorScore(SdkView):
    """Takes `{"traceId" or "spanId", "name", "score", "metadata"}` of SDKs before 0.8."""

    def post(self, request: Request) -> Response:
        """Answer with an empty object. Raise NotFound when the trace is not here."""
        body = {name: self.body.get(name) for name in ("name", "metadata")}
        target = {"traceId": _trace_id(self.project, self.body)}
        if span_id := self.body.get("spanId"):
            target["observationId"] = _span_hex(str(span_id))
        told = {**body, **target, "value": self.body.get("score"), "dataType": "NUMERIC"}
        store_score(self.project, told, sdk_of(request.headers, ()))
        return WireResponse({})


def _trace_id(project: Project, body: dict[str, Any]) -> str:
    """Return the id of the trace that is meant; Laminar shows ids as UUIDs. Raise NotFound when it is not here."""
    if "\x00" in f"{body.get('spanId')} {body.get('traceId')}":
        trace_id = None
    elif span_id := body.get("spanId"):
        recent = timezone.now().date() - RECENT  # no index leads from a span to its trace
        spans = Span.objects.for_project(project).filter(bucket__gte=recent, span_id=_span_hex(str(span_id)))
        trace_id = spans.values_list("trace_id", flat=True).first()
    else:
        traces = Trace.objects.for_project(project).filter(trace_id=_trace_hex(str(body.get("traceId"))))
        trace_id = traces.values_list("trace_id", flat=True).first()
    if trace_id is None:
        raise NotFound("There is no such trace yet: flush before you tag it.")
    return str(trace_id)


def _trace_hex(text: str) -> str:
    try:
        return uuid.UUID(text).hex
    except ValueError:
        return text


def _span_hex(text: str) -> str:
    return SPAN_UUID.sub(r"\1\2", text.lower())
