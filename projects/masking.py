"""Makes secret keys unreadable in logs, tracebacks and the audit log."""

import logging
import re
from copy import copy

from django.http import HttpRequest

from projects.request_context import route_of

SECRET = re.compile(r"(?<![\w-])(sk-[A-Za-z0-9]{0,4})[A-Za-z0-9_-]{4,}")
# Any credentials after "Basic" or "Bearer".
CREDENTIALS = re.compile(r"((?:Basic|Bearer)(?:\s+|%20))[A-Za-z0-9+/=_.~-]{16,}", re.IGNORECASE)


# Values of database keys, which PostgreSQL repeats when it refuses a row: ids of sessions and people.
FAILING_ROW = re.compile(r"(\bKey \([^()\n]{1,500}\)=)\([^\n]*")


def masked(text: str) -> str:
    """Return `text` with secret keys, credentials, and values of database keys replaced by ***."""
    return FAILING_ROW.sub(r"\1(***)", CREDENTIALS.sub(r"\1***", SECRET.sub(r"\1***", text)))


class MaskingFormatter(logging.Formatter):
    """Log formatter that masks the record and its traceback.

    It shows the route of a request instead of its address, which may contain the id of a session or a person."""

    def format(self, record: logging.LogRecord) -> str:
        return masked(super().format(with_routes(record)))


def with_routes(record: logging.LogRecord) -> logging.LogRecord:
    """Return the record of a request with its route in place of its address, and any other record unchanged."""
    request = getattr(record, "request", None)
    values = record.args
    if not isinstance(request, HttpRequest) or not isinstance(values, tuple):
        return record
    record = copy(record)
    record.args = tuple(route_of(request) if str(arg).startswith("/") else arg for arg in values)
    return record
