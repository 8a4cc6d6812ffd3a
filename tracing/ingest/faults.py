"""Reasons why the database did not accept a request, and the recent failures to store in this process."""

import time
from typing import NamedTuple

from django.db import InterfaceError, InternalError, OperationalError

DISK_FULL_SQLSTATE, READ_ONLY_SQLSTATE = "53100", "25006"
# Locked rows and statements that took too long say something about the request, not about the database.
REQUEST_SQLSTATES = {"55P03", "57014", "40P01", "40001"}
FAULT_MESSAGES = {
    DISK_FULL_SQLSTATE: "The database's disk is full",
    READ_ONLY_SQLSTATE: "The database is read-only, as while a restore runs",
}
DEFAULT_FAULT_MESSAGE = "The database is away or busy"
MAX_QUIET_FAILURES = 3  # more failures are reported to operators
FAILURE_WINDOW_SECONDS = 60.0


class Failing(NamedTuple):
    """Number of requests in a row that were not stored, and the error of the last one."""

    requests: int
    error: str


class Faults:
    """Counter of failures in one process. It does no harm if two threads count as one."""

    def __init__(self) -> None:
        self._count = 0
        self._name = ""
        self._at = 0.0

    def note_stored(self) -> None:
        """Note that a request was stored."""
        self._count = 0

    def note(self, error: Exception) -> str:
        """Count a failure of the database, and return its reason in words for the sender."""
        state = sqlstate_of(error)
        if state not in REQUEST_SQLSTATES:
            self._count, self._name, self._at = (
                self._count + 1,
                type(error.__cause__ or error).__name__,
                time.monotonic(),
            )
        return f"{FAULT_MESSAGES.get(state, DEFAULT_FAULT_MESSAGE)}; nothing was stored. Send it again."

    def failing(self) -> Failing | None:
        """Return the failures, or None if requests are stored or the last failure is long ago."""
        is_recent = time.monotonic() - self._at < FAILURE_WINDOW_SECONDS
        return Failing(self._count, self._name) if self._count > MAX_QUIET_FAILURES and is_recent else None


def is_refusal(error: BaseException) -> bool:
    """Return whether the database is away, busy or read-only, so that it is worth trying again."""
    is_read_only = isinstance(error, InternalError) and sqlstate_of(error) == READ_ONLY_SQLSTATE
    return is_read_only or isinstance(error, OperationalError | InterfaceError)


def sqlstate_of(error: BaseException) -> str:
    """Return PostgreSQL's code of an error, or "" if there is none, such as for a lost connection."""
    return getattr(error.__cause__, "sqlstate", None) or getattr(error, "sqlstate", None) or ""


faults = Faults()
