"""Makes secret keys unreadable in logs, tracebacks and the audit log."""

import logging
import re
from copy import copy
from typing import Any

SECRET = re.compile(r"(?<![\w-])(sk-[A-Za-z0-9]{0,4})[A-Za-z0-9_-]{4,}")
# Any credentials after "Basic" or "Bearer".
CREDENTIALS = re.compile(r"((?:Basic|Bearer)\s+)[A-Za-z0-9+/=_.~-]{16,}", re.IGNORECASE)


# Values of database keys, which PostgreSQL repeats when it refuses a row: ids of sessions and people.
FAILING_ROW = re.compile(r"(\bKey \([^()\n]{1,500}\)=)\([^\n]*")


def masked(text: str) -> str:
    """Return `text` with secret keys, credentials, and values of database keys replaced by ***."""
    return FAILING_ROW.sub(r"\1(***)", CREDENTIALS.sub(r"\1***", SECRET.sub(r"\1***", text)))


class MaskingFormatter(logging.Formatter):
    """Log formatter that masks the record and its traceback.

    It shows the route of a request instead of its address, which may contain the id of a session or a person."""

    def format(self, record: logging.LogRecord) -> str:
        request = getattr(record, "request", None)
        values = record.args
        if hasattr(request, "path") and isinstance(values, tuple):
            record = copy(record)
            record.args = tuple(_route_of(request) if str(arg).startswith("/") else arg for arg in values)
        return masked(super().format(record))


def _route_of(request: Any) -> str:
    """Return the pattern of a request's route, or the first part of its address if there is no route."""
    if match := getattr(request, "resolver_match", None):
        return f"/{match.route}"
    first = request.path.strip("/").partition("/")
    return f"/{first[0][:40]}/..." if first[1] else "/..."
