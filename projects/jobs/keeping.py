"""Keeps leases while work waits for others, such as a model, so that a lease may be shorter than the wait.

One thread of a process extends the leases of all rows that are kept, and ends when there are none. It dies with its
process: what a killed worker had is free after the rest of a short lease."""

import logging
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from django.db import DatabaseError, connection

from projects.jobs.leases import Leased

logger = logging.getLogger(__name__)

EXTENSIONS_OF_LEASE = 4  # so often while a lease lasts, so that a busy machine does not lose it

_lock = threading.Lock()
_kept: dict[int, Leased] = {}
_keeper: list[threading.Thread] = []  # one at most; that of a parent process is not alive


@contextmanager
def kept(row: Leased) -> Iterator[None]:
    """Keep the lease of a row until the block ends, or the row is released."""
    with _lock:
        _kept[id(row)] = row
        if not any(thread.is_alive() for thread in _keeper):
            _keeper[:] = [threading.Thread(target=_keep, name="leases", daemon=True)]
            _keeper[0].start()
    try:
        yield
    finally:
        with _lock:
            del _kept[id(row)]


def _keep() -> None:
    while seconds := _pause():
        time.sleep(seconds)
        with _lock:
            rows = list(_kept.values())
        for row in rows:
            try:
                row.keep()
            except DatabaseError as error:
                logger.warning("a lease was not extended: %s", error)
        connection.close()


def _pause() -> float:
    """Return for how long leases need nothing; 0 if none is kept, and then this thread is the keeper no longer."""
    with _lock:
        if not _kept:
            _keeper.clear()
        return min((row.LEASE.total_seconds() / EXTENSIONS_OF_LEASE for row in _kept.values()), default=0.0)
