"""JSON bodies of the read API: read, bounded and refused like those of every other call."""

from collections.abc import Mapping
from typing import IO, Any

from rest_framework.parsers import BaseParser

from tracing.ingest.http.bodies import read_object


class BodyParser(BaseParser):
    """Reads an object that does not nest without end."""

    media_type = "application/json"

    def parse(
        self, stream: IO[Any], media_type: str | None = None, parser_context: Mapping[str, Any] | None = None
    ) -> dict[str, Any]:
        """Raise IngestRefused."""
        assert parser_context is not None
        return read_object(parser_context["request"]._request)
