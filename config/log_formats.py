"""How a line of the log is written: as text for people, or as JSON for programs. Secrets are masked in both."""

import json
import logging
from datetime import UTC, datetime
from typing import Any

from django.http import HttpRequest

from projects.masking import MaskingFormatter, masked, with_routes
from projects.request_context import REQUEST_ID_META, current_context, project_id_of, route_of

ACCESS_FIELDS = ("method", "route", "status", "duration_ms", "project")


def request_id_of(record: logging.LogRecord) -> str:
    """Return the id of the request that a record is about, or ""."""
    meta: dict[str, Any] = getattr(getattr(record, "request", None), "META", {})
    return str(meta.get(REQUEST_ID_META) or current_context().request_id)


class LineFormatter(MaskingFormatter):
    """Log formatter for one line of text, which ends in the id of the request."""

    def formatMessage(self, record: logging.LogRecord) -> str:
        """Return the line without the traceback that may follow."""
        line, request_id = super().formatMessage(record), request_id_of(record)
        return f"{line} (request {request_id})" if request_id else line


class JsonFormatter(MaskingFormatter):
    """Log formatter for one JSON object on a line. A field that is not known is left out."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the object."""
        record = with_routes(record)
        trouble = self.formatException(record.exc_info) if record.exc_info else None
        fields = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
            "request_id": request_id_of(record),
            **_work_of(record),
            "exception": trouble,
        }
        known = {name: value for name, value in fields.items() if value not in (None, "")}
        return json.dumps({name: masked(value) if isinstance(value, str) else value for name, value in known.items()})


def _work_of(record: logging.LogRecord) -> dict[str, Any]:
    """Return task, project and route, and what the access log adds to them."""
    context = current_context()
    request = getattr(record, "request", None) or context.request
    found: dict[str, Any] = {"task": context.task, "project": context.project_id, "route": context.route}
    if isinstance(request, HttpRequest):
        found |= {"project": project_id_of(request), "route": route_of(request)}
    return found | {name: vars(record)[name] for name in ACCESS_FIELDS if name in vars(record)}
