"""Log handler that keeps an outage from filling the log.

A repeated line is written once and then counted. The failure of another server takes one line instead of a traceback.
"""

import logging
import os
import threading
import time
from collections import OrderedDict
from dataclasses import dataclass, field

import django.db
import kombu.exceptions
import psycopg
import redis

from config.log_formats import request_id_of
from projects.masking import with_routes
from tracing.ingest.faults import sqlstate_of

REPEAT_WINDOW_SECONDS = 10.0
MAX_KINDS = 200  # lines that are counted at a time; the oldest is dropped first
MAX_LINE_CHARACTERS = 400  # of an outage; database libraries repeat the message for every address they try
BROKER_ERRORS = (redis.ConnectionError, redis.TimeoutError, kombu.exceptions.OperationalError)
DATABASE_ERRORS = (
    *(django.db.OperationalError, django.db.InterfaceError, django.db.InternalError),
    *(psycopg.OperationalError, psycopg.InterfaceError, psycopg.InternalError),
)
# Beginnings of PostgreSQL's error codes: connection lost, server stopping or starting, out of resources, read-only.
# Without a code, the connection is lost.
OUTAGES = ("08", "57P", "53", "25006")

MAX_REQUEST_IDS = 20  # of repetitions that are counted in one line

RepeatKey = tuple[object, ...]


@dataclass
class Repeated:
    """A line that was written, and how often it has been repeated since."""

    name: str
    level: int
    line: str
    until: float
    count: int = 0
    request_ids: list[str] = field(default_factory=list)


class CountingHandler(logging.StreamHandler):  # type: ignore[type-arg]  # generic only in its stubs
    """Log handler that writes the first of several like warnings or errors, and then their number.

    The number is written after each REPEAT_WINDOW_SECONDS, by a thread, also when nothing else is logged. Records are
    alike if logger, level, template, status and kind of exception are the same."""

    def __init__(self) -> None:
        super().__init__()
        self._seen: OrderedDict[RepeatKey, Repeated] = OrderedDict()
        self._begin()
        os.register_at_fork(after_in_child=self._begin)

    def _begin(self) -> None:
        """Start with nothing counted. A forked process calls it again: it has no threads of its parent."""
        self._seen.clear()
        self._wake = threading.Event()
        self._thread: threading.Thread | None = None

    def emit(self, record: logging.LogRecord) -> None:
        """Write or count a record. The caller holds the handler's lock."""
        kind, record = kind_of(record), shortened(record)
        if record.levelno < logging.WARNING:
            return super().emit(record)
        seen = self._seen.get(kind)
        if seen is not None:
            seen.count += 1
            if (request_id := request_id_of(record)) and len(seen.request_ids) < MAX_REQUEST_IDS:
                seen.request_ids.append(request_id)
            return None
        if len(self._seen) >= MAX_KINDS:
            self._write(self._seen.popitem(last=False)[1])
        line = with_routes(record).getMessage().partition("\n")[0][:MAX_LINE_CHARACTERS]
        self._seen[kind] = Repeated(record.name, record.levelno, line, time.monotonic() + REPEAT_WINDOW_SECONDS)
        self._start()
        return super().emit(record)

    def _start(self) -> None:
        if self._thread is None:
            self._thread = threading.Thread(target=self._count, name="log counts", daemon=True)
            self._thread.start()
        self._wake.set()

    def _count(self) -> None:
        """Write the counts when they are due. Sleep while there is nothing to count."""
        while True:
            self._wake.wait()
            with self._locked():
                self._end_windows(time.monotonic())
                due = next(iter(self._seen.values())).until if self._seen else None
                if due is None:
                    self._wake.clear()
            if due is not None:
                time.sleep(max(0.0, due - time.monotonic()))

    def _end_windows(self, now: float) -> None:
        """Write the counts of windows that are over. Keep those that had repetitions open, forget the others.

        All windows are equally long, so the first one in the dictionary ends first."""
        while self._seen and (kind := next(iter(self._seen))) and self._seen[kind].until <= now:
            seen = self._seen.pop(kind)
            if seen.count:
                self._write(seen)
                self._seen[kind] = Repeated(seen.name, seen.level, seen.line, now + REPEAT_WINDOW_SECONDS)

    def _write(self, seen: Repeated) -> None:
        if seen.count:
            often = "once" if seen.count == 1 else f"{seen.count:,} times"
            text = f"{seen.line} … repeated {often} within {REPEAT_WINDOW_SECONDS:.0f} s"
            if seen.request_ids:
                text += f" (requests {', '.join(seen.request_ids)})"
            super().emit(logging.LogRecord(seen.name, seen.level, "", 0, text, None, None))

    def close(self) -> None:
        """Write all counts at the end of the process."""
        with self._locked():
            for seen in self._seen.values():
                self._write(seen)
            self._seen.clear()
        super().close()

    def _locked(self) -> threading.RLock:
        assert self.lock is not None
        return self.lock


def kind_of(record: logging.LogRecord) -> RepeatKey:
    """Return the key that like records share.

    For an exception it has the class and, unless it is an outage, the line that raised it: another fault of the same
    view is another kind."""
    kind: RepeatKey = (record.name, record.levelno, str(record.msg), getattr(record, "status_code", None))
    error = record.exc_info[1] if record.exc_info else None
    if error is None:
        return kind
    return *kind, type(error), None if is_outage(error) else _raised_at(error)


def _raised_at(error: BaseException) -> tuple[str, int] | None:
    trace = error.__traceback__
    while trace and trace.tb_next:
        trace = trace.tb_next
    return (trace.tb_frame.f_code.co_filename, trace.tb_lineno) if trace else None


def is_outage(error: BaseException) -> bool:
    """Return whether a server that we need is away or refuses everything. A traceback would say no more about it.

    Several failures at once are an outage if each of them is."""
    if isinstance(error, BaseExceptionGroup):
        return all(is_outage(each) for each in error.exceptions)
    if isinstance(error, BROKER_ERRORS):
        return True
    state = sqlstate_of(error)
    return isinstance(error, DATABASE_ERRORS) and (not state or state.startswith(OUTAGES))


def shortened(record: logging.LogRecord) -> logging.LogRecord:
    """Return the record of an outage as one line that names the error, and any other record unchanged."""
    error = record.exc_info[1] if record.exc_info else None
    if error is None or not is_outage(error):
        return record
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    message, cause = (" ".join(text.split()) for text in (record.getMessage(), f"{type(error).__name__}: {error}"))
    text = message if type(error).__name__ in message else f"{message}: {cause}"
    changes = {"msg": text[:MAX_LINE_CHARACTERS], "args": None, "exc_info": None, "exc_text": None, "stack_info": None}
    return logging.makeLogRecord(record.__dict__ | changes)
