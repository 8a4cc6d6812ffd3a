"""Secret keys are unreadable wherever they could slip in: in logs, tracebacks and the audit log."""

import logging
import re

SECRET = re.compile(r"(?<![\w-])(sk-[A-Za-z0-9]{0,4})[A-Za-z0-9_-]{4,}")
# Basic credentials and what follows "Bearer", whatever the secret looks like.
CREDENTIALS = re.compile(r"((?:Basic|Bearer)\s+)[A-Za-z0-9+/=_.~-]{16,}", re.IGNORECASE)


def masked(text: str) -> str:
    return CREDENTIALS.sub(r"\1***", SECRET.sub(r"\1***", text))


class MaskingFormatter(logging.Formatter):
    """Formats a record with its traceback, then masks all of it."""

    def format(self, record: logging.LogRecord) -> str:
        return masked(super().format(record))
