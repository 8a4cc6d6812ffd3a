"""Why the database did not take a request, and how storing has been going in this process since."""

import time
from typing import NamedTuple

from django.db import InterfaceError, InternalError, OperationalError

DISK_FULL, READ_ONLY = "53100", "25006"
# Somebody holds the row, or the statement took too long: it says something about the request, not about the database.
OF_THE_REQUEST = {"55P03", "57014", "40P01", "40001"}
REASONS = {
    DISK_FULL: "The database's disk is full",
    READ_ONLY: "The database is read-only, as while a restore runs",
}
DEFAULT_FAULT_MESSAGE = "The database is away or busy"
MAX_QUIET_FAILURES = 3  # failures that nobody is called for
MEMORY_SECONDS = 60.0


class Failing(NamedTuple):
    """How many requests in a row were not stored, and the last one's error."""

    requests: int
    error: str


class Faults:
    """Counts in one process; that two threads may count as one does no harm."""

    def __init__(self) -> None:
        self._count = 0
        self._name = ""
        self._at = 0.0

    def note_stored(self) -> None:
        self._count = 0

    def note(self, error: Exception) -> str:
        """Count a failure of the database. Return its reason in words for the sender."""
        state = sqlstate_of(error)
        if state not in OF_THE_REQUEST:
            self._count, self._name, self._at = (
                self._count + 1,
                type(error.__cause__ or error).__name__,
                time.monotonic(),
            )
        return f"{REASONS.get(state, DEFAULT_FAULT_MESSAGE)}; nothing was stored. Send it again."

    def failing(self) -> Failing | None:
        """None while requests are stored, and when it is long ago that one was not."""
        is_recent = time.monotonic() - self._at < MEMORY_SECONDS
        return Failing(self._count, self._name) if self._count > MAX_QUIET_FAILURES and is_recent else None


def is_refusal(error: BaseException) -> bool:
    """Return whether the database is away, busy or takes no writes, so that it is worth asking again."""
    is_read_only = isinstance(error, InternalError) and sqlstate_of(error) == READ_ONLY
    return is_read_only or isinstance(error, OperationalError | InterfaceError)


def sqlstate_of(error: BaseException) -> str:
    """Return PostgreSQL's code of an error; empty for one that did not come from it, such as a lost connection."""
    return getattr(error.__cause__, "sqlstate", None) or getattr(error, "sqlstate", None) or ""


faults = Faults()
