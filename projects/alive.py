"""Proves that this process lives: a thread answers on a Unix socket whenever it gets to run.

It cannot answer while the process is stopped, or while a thread holds Python's lock, as a regular expression does: then
the other threads cannot work either. A thread that waits for a client or for the database does not silence it.
config/process_probes.py asks, and kills processes that stay silent."""

import faulthandler
import logging
import os
import signal
import socket
import time
from contextlib import suppress
from pathlib import Path
from threading import Thread

from django.conf import settings

log = logging.getLogger(__name__)

ALIVE_BODY = b"alive\n"
BACKLOG = 64
ALIVE_REST_SECONDS = 1.0
# Makes the process write the stacks of its threads to standard error, also while Python's lock is held.
TRACE_SIGNAL = signal.SIGUSR1


def prove(role: str) -> None:
    """Answer for this process from now on, on the socket `<role>-<process id>` in ALIVE_DIR."""
    place: Path = settings.ALIVE_DIR / f"{role}-{os.getpid()}"
    try:
        listener = _listener(place)
    except OSError as error:
        log.warning("nobody will notice if this process freezes: cannot create %s (%s)", place, error)
        return
    with suppress(AttributeError, ValueError):  # standard error is not a file
        faulthandler.register(TRACE_SIGNAL)
    Thread(target=_answer, args=(listener,), name="alive", daemon=True).start()


def _listener(place: Path) -> socket.socket:
    place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    facts = place.parent.lstat()
    if facts.st_uid != os.geteuid() or facts.st_mode & 0o077:
        raise PermissionError(f"{place.parent} belongs to somebody else or is open to others")
    place.unlink(missing_ok=True)
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(str(place))
    listener.listen(BACKLOG)
    return listener


def _answer(listener: socket.socket) -> None:
    while True:
        try:
            client, _ = listener.accept()
        except OSError:  # too many open files
            time.sleep(ALIVE_REST_SECONDS)
            continue
        with client, suppress(OSError):
            client.sendall(ALIVE_BODY)
