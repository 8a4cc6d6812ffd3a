"""The exports of OpenTelemetry over HTTP, and the answer to what Confab does not have.

An export is answered after the commit, and only in exporters' own words."""

from collections.abc import Callable, Collection, Mapping

from rest_framework.request import Request
from rest_framework.response import Response

from projects.models import Project
from tracing.ingest.intake import take_logs, take_metrics, take_traces
from tracing.ingest.rest.throttles import KeyThrottle, QuotaThrottle
from tracing.ingest.rest.views import SdkView
from tracing.ingest.rest.wires import BytesParser, OtlpJsonRenderer, OtlpProtobufRenderer, WireResponse
from tracing.wire.otlp import media_type
from tracing.wire.refusals import NotFound
from tracing.wire.responses import Outcome


class OtlpExport(SdkView):
    """Takes one signal of OTLP, protobuf or JSON; `items` is what the signal calls its parts."""

    parser_classes = [BytesParser]
    renderer_classes = [OtlpJsonRenderer, OtlpProtobufRenderer]
    http_method_names = ["post"]
    items = ""
    take: Callable[[Project, bytes, str, Mapping[str, str]], Outcome]

    def post(self, request: Request) -> Response:
        """Answer with an empty message, or with what was not taken as it was sent."""
        content_type = media_type(request.content_type or "")
        return WireResponse(self.take(self.project, self.body, content_type, request.headers))


class ExportTraces(OtlpExport):
    """Stores the spans of a request."""

    throttle_classes = [KeyThrottle, QuotaThrottle]
    items, take = "Spans", staticmethod(take_traces)


class ExportLogs(OtlpExport):
    """Keeps the messages of model calls."""

    throttle_classes = [KeyThrottle, QuotaThrottle]
    items, take = "LogRecords", staticmethod(take_logs)


class ExportMetrics(OtlpExport):
    """Counts what came and keeps nothing of it, so that it takes nothing of the quota."""

    items, take = "DataPoints", staticmethod(take_metrics)


class UnknownCall(SdkView):
    """Answers whatever else an SDK asks for, so that it can parse the answer."""

    renderer_classes = [OtlpJsonRenderer, OtlpProtobufRenderer]

    def parameters(self) -> Collection[str]:
        """Return all that were sent: it is the address that is unknown."""
        return self.request.query_params

    def get(self, request: Request) -> Response:
        """Raise NotFound."""
        raise NotFound(
            f"Confab has no {request.method} {request.path}. docs/dialects.md lists the calls that it serves."
        )

    post = put = patch = delete = get
