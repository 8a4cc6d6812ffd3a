"""Notices that the database has fallen silent, and ends the wait of every request for it.

A server that is frozen or cut off sends nothing, not even an error, while the kernel keeps its connections open:
requests would hang. A question on a connection of its own tells silence from a slow statement."""

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
SILENCE_SECONDS = 0.5  # with INTERVAL_SECONDS well below 1 s, within which a client should have its answer
SIGN_SECONDS = 0.8  # how long a request waits for a sign before it connects
SILENT_MESSAGE = "The database does not answer; nothing was stored. Send it again."


class DatabaseWatchdog:
    """Watch over the database while requests are at work. Idle, and without a connection, in other commands."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._guarded: set[BaseDatabaseWrapper] = set()
        self._is_asked = False
        self._is_silent = False
        self._heard_at = 0.0
        self._is_enabled = False
        self._thread: threading.Thread | None = None

    def enable(self) -> None:
        """Watch from now on; for servers.

        The thread starts with the first request, so the process may fork until then."""
        self._is_enabled = True

    @contextmanager
    def guard(self) -> Iterator[None]:
        """End every wait for the database in this block soon after it falls silent, by an OperationalError.

        Raises IngestUnavailable at once while the database is silent."""
        if not self._is_enabled:
            yield
            return
        database = connections[DEFAULT_DB_ALIAS]  # the connection of this thread
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
                self._thread = threading.Thread(target=self._run, name="database watchdog", daemon=True)
                self._thread.start()
            if self._is_silent:
                raise IngestUnavailable(SILENT_MESSAGE)
            self._guarded.add(database)
            self._changed.notify_all()

    def _wait_for_sign(self) -> None:
        """Wait until the server is known to answer, because nobody can end an attempt to connect.

        Raises IngestUnavailable if it does not answer in time."""
        arrived = time.monotonic()
        with self._changed:
            self._is_asked = True
            self._changed.notify_all()
            self._changed.wait_for(lambda: self._heard_at >= arrived or self._is_silent, SIGN_SECONDS)
            if self._heard_at < arrived:
                raise IngestUnavailable(SILENT_MESSAGE)

    def _run(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._guarded or self._is_asked or self._is_silent)
                self._is_asked = False
            self._judge(heard=answers())
            with self._changed:
                self._changed.wait_for(lambda: self._is_asked, INTERVAL_SECONDS)

    def _judge(self, *, heard: bool) -> None:
        with self._changed:
            if heard:
                self._heard_at = time.monotonic()
            else:
                for database in self._guarded:
                    cut(database)
            if self._is_silent == heard:
                log.warning("the database %s", "answers again" if heard else "has fallen silent")
            self._is_silent = not heard
            self._changed.notify_all()


def answers() -> bool:
    """Return whether the server answers soon. An error counts as an answer: requests get it themselves."""
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
    """Shut the socket of a connection, which ends the wait of its thread. Closing it is left to that thread."""
    if database.connection is None:
        return
    with suppress(psycopg.Error, OSError), socket.socket(fileno=os.dup(database.connection.pgconn.socket)) as wire:
        wire.shutdown(socket.SHUT_RDWR)


watchdog = DatabaseWatchdog()
