"""Notices that the database has fallen silent, and ends the wait of every request for it.

A server that is frozen or cut off says nothing, not even an error, while the kernel keeps its connections open, so
requests would hang. Asking on a connection of our own tells silence from a statement that takes its time."""

import logging
import os
import select
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import psycopg
from django.db import DEFAULT_DB_ALIAS, DatabaseError, connection, connections
from django.db.backends.base.base import BaseDatabaseWrapper

from tracing.wire.refusals import IngestUnavailable

log = logging.getLogger(__name__)

INTERVAL_SECONDS = 0.25
SILENCE_SECONDS = 0.5  # both together well below the second after which a client shall have its answer
SIGN_SECONDS = 0.8
SILENT = "The database does not answer; nothing was stored. Send it again."


class Pulse:
    """Feels the database while requests are at work; idle, and without a connection of its own, in other commands."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._guarded: set[BaseDatabaseWrapper] = set()
        self._asked = False
        self._silent = False
        self._heard_at = 0.0
        self._enabled = False
        self._thread: threading.Thread | None = None

    def enable(self) -> None:
        """For servers. The thread starts with the first request, so that a process may fork until then."""
        self._enabled = True

    @contextmanager
    def guard(self) -> Iterator[None]:
        """Who waits for the database inside gets an OperationalError soon after it falls silent. Raises
        IngestUnavailable while it is silent."""
        if not self._enabled:
            yield
            return
        database = connections[DEFAULT_DB_ALIAS]  # this thread's own
        self._enter(database)
        try:
            database.close_if_health_check_failed()  # what Django would do later, and then connect at once
            if database.connection is None:
                self._wait_for_sign()
            yield
        finally:
            with self._changed:
                self._guarded.discard(database)

    def _enter(self, database: BaseDatabaseWrapper) -> None:
        with self._changed:
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="pulse", daemon=True)
                self._thread.start()
            if self._silent:
                raise IngestUnavailable(SILENT)
            self._guarded.add(database)
            self._changed.notify_all()

    def _wait_for_sign(self) -> None:
        """Connecting cannot be ended from outside, so it begins when the server is known to answer."""
        arrived = time.monotonic()
        with self._changed:
            self._asked = True
            self._changed.notify_all()
            self._changed.wait_for(lambda: self._heard_at >= arrived or self._silent, SIGN_SECONDS)
            if self._heard_at < arrived:
                raise IngestUnavailable(SILENT)

    def _run(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._guarded or self._asked or self._silent)
                self._asked = False
            self._judge(heard=answers())
            with self._changed:
                self._changed.wait_for(lambda: self._asked, INTERVAL_SECONDS)

    def _judge(self, *, heard: bool) -> None:
        with self._changed:
            if heard:
                self._heard_at = time.monotonic()
            else:
                for database in self._guarded:
                    cut(database)
            if self._silent == heard:
                log.warning("the database %s", "answers again" if heard else "has fallen silent")
            self._silent = not heard
            self._changed.notify_all()


def answers() -> bool:
    """Whether the server says anything soon, if only that it cannot take us: requests hear that by themselves."""
    try:
        connection.ensure_connection()
        server = connection.connection.pgconn
        server.send_query(b"SELECT 1")
        server.flush()
        heard = bool(_readable(server.socket))
        while heard and server.get_result():
            pass
    except (DatabaseError, psycopg.Error) as error:
        connection.close()
        return not isinstance(error.__cause__, psycopg.errors.ConnectionTimeout)
    if not heard:
        connection.close()
    return heard


def _readable(file: int) -> list[tuple[int, int]]:
    waiting = select.poll()
    waiting.register(file, select.POLLIN)
    return waiting.poll(SILENCE_SECONDS * 1000)


def cut(database: BaseDatabaseWrapper) -> None:
    """Ends the wait of the thread whose connection this is. The socket is shut; closing it is for the thread."""
    if database.connection is None:
        return
    with suppress(psycopg.Error, OSError), socket.socket(fileno=os.dup(database.connection.pgconn.socket)) as wire:
        wire.shutdown(socket.SHUT_RDWR)


pulse = Pulse()
