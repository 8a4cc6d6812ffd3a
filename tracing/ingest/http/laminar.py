"""Laminar's calls on traces that stand: tags and metadata. Their SDKs take nothing but exactly 200 for success."""

import re
import uuid
from datetime import timedelta
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from projects.models import Project
from tracing.ingest.http.bodies import read_object
from tracing.ingest.http.endpoints import machine
from tracing.ingest.pipeline import ingest
from tracing.models import Span, Trace
from tracing.records import Claims, TraceRecord
from tracing.wire.fields import texts
from tracing.wire.refusals import Invalid, NotFound
from tracing.wire.responses import json_response
from tracing.wire.sdks import sdk_of

RECENT = timedelta(days=2)
SPAN_UUID = re.compile(r"00000000-0000-0000-([0-9a-f]{4})-([0-9a-f]{12})")


@machine("POST")
def tag(request: HttpRequest, project: Project) -> HttpResponse:
    """`{"traceId" or "spanId", "names"}`: a tag on a span is one of its trace."""
    body = read_object(request)
    names = texts(body.get("names"))
    if not names:
        raise Invalid("names: a list of tags")
    _claim(request, project, _trace_id(project, body), Claims(tags=names))
    return json_response([{"name": name} for name in names])


@machine("POST")
def metadata(request: HttpRequest, project: Project) -> HttpResponse:
    """`{"traceId", "metadata"}`, merged key by key."""
    body = read_object(request)
    found = body.get("metadata")
    if not isinstance(found, dict) or not found:
        raise Invalid("metadata: an object with at least one key")
    _claim(request, project, _trace_id(project, body), Claims(metadata=found))
    return json_response({})


def _claim(request: HttpRequest, project: Project, trace_id: str, claims: Claims) -> None:
    ingest(project.pk, [TraceRecord(trace_id, claims)], sdk=sdk_of(request.headers, ()))


def _trace_id(project: Project, body: dict[str, Any]) -> str:
    """The id of the trace meant, which must stand; Laminar shows ids as UUIDs."""
    if span_id := body.get("spanId"):
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
