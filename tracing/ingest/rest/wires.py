"""How bodies are read and answers written: parsers, renderers, and which of them a request gets.

Bodies are bounded while they are read and unpacked. An answer is in the content type of its request, whatever the
client says it would accept: exporters read nothing else."""

import json
from collections.abc import Iterable, Mapping
from typing import IO, Any, cast

from rest_framework.negotiation import BaseContentNegotiation
from rest_framework.parsers import BaseParser
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from tracing.wire.bodies import read_body
from tracing.wire.fields import MAX_JSON_DEPTH, nests_deeper
from tracing.wire.otlp import JSON, PROTOBUF
from tracing.wire.otlp_json import parse
from tracing.wire.refusals import IngestRefused, Unreadable
from tracing.wire.responses import Outcome, export_response, partial_success, status_json, status_message

WireContext = Mapping[str, Any] | None


class WireRequest(Request):
    """A request whose parser reads the body itself, also one that is empty or comes in chunks and names no length."""

    def _load_stream(self) -> None:
        self._stream = cast(Any, self._request)


class WireResponse(Response):
    """An answer that keeps its content type when it is empty: a success of OTLP is no bytes at all."""

    renderer_context: dict[str, Any]

    @property
    def rendered_content(self) -> Any:
        """Return the body, and set its content type."""
        self["Content-Type"] = self.accepted_renderer.media_type
        return self.accepted_renderer.render(self.data, self.accepted_media_type, self.renderer_context)


class RequestsContentType(BaseContentNegotiation):
    """Answers in the content type of the request, and leaves it to the one parser of a view to refuse a body."""

    def select_parser(self, request: Request, parsers: Iterable[BaseParser]) -> BaseParser:
        """Return the view's parser: SDKs send JSON under any content type."""
        return next(iter(parsers))

    def select_renderer(
        self, request: Request, renderers: Iterable[BaseRenderer], format_suffix: str | None = None
    ) -> tuple[BaseRenderer, str]:
        """Return the renderer whose format the content type names, else the first."""
        content_type = (request.content_type or "").lower()
        first, *others = renderers
        renderer = next((one for one in others if str(one.format) in content_type), first)
        return renderer, str(renderer.media_type)


class BytesParser(BaseParser):
    """Reads the body and unpacks it (gzip, deflate, zstd), for whoever decodes it in a place of its own."""

    media_type = "*/*"

    def parse(self, stream: IO[Any], media_type: str | None = None, parser_context: WireContext = None) -> Any:
        """Return the bytes. Raise BodyTooLarge, Unreadable or UnsupportedContent."""
        assert parser_context is not None
        return read_body(parser_context["request"]._request)


class JsonParser(BytesParser):
    """Reads any JSON value."""

    media_type = JSON

    def parse(self, stream: IO[Any], media_type: str | None = None, parser_context: WireContext = None) -> Any:
        """Return the value. Raise IngestRefused."""
        return parse(super().parse(stream, media_type, parser_context))


class JsonObjectParser(JsonParser):
    """Reads a JSON object that does not nest without end, with "?" for each half of a character."""

    def parse(self, stream: IO[Any], media_type: str | None = None, parser_context: WireContext = None) -> Any:
        """Return the object. Raise IngestRefused."""
        value = super().parse(stream, media_type, parser_context)
        if not isinstance(value, dict):
            raise Unreadable("The body must be a JSON object.")
        if nests_deeper(value, MAX_JSON_DEPTH):
            raise Unreadable(f"The body nests more than {MAX_JSON_DEPTH} levels deep.")
        return {_whole(key): _whole(item) for key, item in value.items()}


class FileParser(BaseParser):
    """Hands a file on as it comes, to be read piece by piece."""

    media_type = "*/*"

    def parse(self, stream: IO[Any], media_type: str | None = None, parser_context: WireContext = None) -> Any:
        """Return the stream."""
        return stream


class JsonRenderer(BaseRenderer):
    """Writes JSON, and a refusal as google.rpc.Status with the keys that all SDKs show.

    Ids go back as they came, half a surrogate pair too."""

    media_type, format, charset = JSON, "json", None

    def render(self, data: Any, accepted_media_type: str | None = None, renderer_context: WireContext = None) -> bytes:
        """Return the bytes of an answer or of an IngestRefused."""
        body = self.refusal(data) if isinstance(data, IngestRefused) else self.body_of(data, renderer_context)
        return json.dumps(body, default=str).encode()

    def refusal(self, refused: IngestRefused) -> dict[str, object]:
        """Return what the JSON of a refusal is made of."""
        return status_json(refused)

    def body_of(self, data: Any, context: WireContext) -> Any:
        """Return what JSON is made of."""
        return data


class OtlpJsonRenderer(JsonRenderer):
    """Writes the Outcome of an export in JSON, by the name that the view has for its items."""

    def body_of(self, data: Outcome, context: WireContext) -> Any:
        """Return an ExportTraceServiceResponse, or the response of another signal."""
        return partial_success(data, items=(context or {})["view"].items)


class OtlpProtobufRenderer(BaseRenderer):
    """Writes the Outcome of an export in protobuf, and a refusal as google.rpc.Status."""

    media_type, format, charset, render_style = PROTOBUF, "protobuf", None, "binary"

    def render(self, data: Any, accepted_media_type: str | None = None, renderer_context: WireContext = None) -> bytes:
        """Return the bytes of an Outcome or of an IngestRefused."""
        if isinstance(data, IngestRefused):
            return status_message(data.code.value[0], str(data))
        return export_response(data).SerializeToString()


def _whole(value: Any) -> Any:
    match value:
        case str():
            return value if value.isascii() else value.encode("utf-8", "replace").decode()
        case list():
            return [_whole(item) for item in value]
        case dict():
            return {_whole(key): _whole(item) for key, item in value.items()}
    return value
