"""Secret keys are unreadable wherever they could slip in: in logs, tracebacks and the audit log."""

import logging
import re
from copy import copy
from typing import Any

SECRET = re.compile(r"(?<![\w-])(sk-[A-Za-z0-9]{0,4})[A-Za-z0-9_-]{4,}")
# Basic credentials and what follows "Bearer", whatever the secret looks like.
CREDENTIALS = re.compile(r"((?:Basic|Bearer)\s+)[A-Za-z0-9+/=_.~-]{16,}", re.IGNORECASE)


# The values of a key that PostgreSQL repeats when it refuses a row: ids of sessions and of people.
FAILING_ROW = re.compile(r"(\bKey \([^()\n]{1,500}\)=)\([^\n]*")


def masked(text: str) -> str:
    return FAILING_ROW.sub(r"\1(***)", CREDENTIALS.sub(r"\1***", SECRET.sub(r"\1***", text)))


class MaskingFormatter(logging.Formatter):
    """Formats a record with its traceback, then masks all of it. Of a request it names the route, not the address,
    which may hold the id of a session or a person."""

    def format(self, record: logging.LogRecord) -> str:
        request = getattr(record, "request", None)
        given = record.args
        if hasattr(request, "path") and isinstance(given, tuple):
            record = copy(record)
            record.args = tuple(_route_of(request) if str(arg).startswith("/") else arg for arg in given)
        return masked(super().format(record))


def _route_of(request: Any) -> str:
    """Return the pattern of the address, or its first part alone where there is no such page."""
    if match := getattr(request, "resolver_match", None):
        return f"/{match.route}"
    first = request.path.strip("/").partition("/")
    return f"/{first[0][:40]}/..." if first[1] else "/..."
