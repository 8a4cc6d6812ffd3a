"""An outage is in the log once, and then as a count; other faults keep their tracebacks."""

import io
import logging
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator

import django.db
import psycopg.errors
import pytest
import redis
from django.test import RequestFactory
from django.urls import resolve

from config import logs
from config.logs import CountingHandler
from projects.masking import MaskingFormatter
from tests.config.exporting import eventually

WINDOW_SECONDS = 0.3


@pytest.fixture
def short_windows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(logs, "REPEAT_WINDOW_SECONDS", WINDOW_SECONDS)


@pytest.fixture
def log() -> Iterator[logging.Logger]:
    """A logger that writes as production does."""
    handler = CountingHandler()
    handler.setStream(io.StringIO())
    handler.setFormatter(MaskingFormatter("%(levelname)s %(name)s: %(message)s"))
    logger = logging.getLogger("tests.outage")
    logger.handlers, logger.propagate = [handler], False
    logger.setLevel(logging.INFO)
    yield logger
    handler.close()
    logger.handlers, logger.propagate = [], True


def handler_of(log: logging.Logger) -> CountingHandler:
    [handler] = [handler for handler in log.handlers if isinstance(handler, CountingHandler)]
    return handler


def lines(log: logging.Logger) -> list[str]:
    written: str = handler_of(log).stream.getvalue()
    return written.splitlines()


def fail(log: logging.Logger, error: Exception, text: str = "task %s failed", *args: object) -> None:
    try:
        raise error
    except Exception:
        log.exception(text, *args)


def test_what_repeats_is_written_once_and_counted_though_nothing_else_is_logged(
    short_windows: None, log: logging.Logger
) -> None:
    for number in range(1000):
        log.warning("the database is away: %s", number)
    assert eventually(lambda: counted(log) == 999, 5)

    first, *counts = lines(log)
    assert first == "WARNING tests.outage: the database is away: 0"
    assert all(line.startswith(f"{first} … repeated ") for line in counts)
    assert len(counts) < 20


def counted(log: logging.Logger) -> int:
    """How often something came again, over all lines that say so."""
    found = re.findall(r"… repeated (once|[\d,]+)", "\n".join(lines(log)))
    return sum(1 if often == "once" else int(often.replace(",", "")) for often in found)


def test_an_outage_that_goes_on_is_counted_window_by_window_and_one_that_ended_is_new(
    short_windows: None, log: logging.Logger
) -> None:
    end = time.monotonic() + 4 * WINDOW_SECONDS
    while time.monotonic() < end:
        log.error("away")
        time.sleep(0.01)
    time.sleep(3 * WINDOW_SECONDS)
    log.error("away")

    found = lines(log)
    assert [line for line in found if "repeated" not in line] == ["ERROR tests.outage: away"] * 2
    assert 3 <= len(found) <= 10


def test_different_lines_are_all_written(log: logging.Logger) -> None:
    for number in range(20):
        log.warning(f"fault {number}")
        log.info("every %s", number)
    log.error("%s: %s", "Not Found", "/a", extra={"status_code": 404})
    log.error("%s: %s", "Forbidden", "/b", extra={"status_code": 403})

    assert len(lines(log)) == 42


def test_a_count_names_the_route_of_a_request_and_not_its_address(short_windows: None, log: logging.Logger) -> None:
    requests = [
        RequestFactory().get(f"/project/1/sessions/{session_id}") for session_id in ("secret-chat", "secret-talk")
    ]
    for request in requests:
        request.resolver_match = resolve(request.path)
    for request in requests:
        log.warning("Not Found: %s", request.path, extra={"request": request, "status_code": 404})
    assert eventually(lambda: counted(log) == 1, 30)

    assert "secret" not in "\n".join(lines(log))
    assert f"Not Found: /{resolve(requests[0].path).route} … repeated once" in lines(log)[1]


def test_the_memory_for_counting_is_bounded_and_nothing_counted_is_lost(
    log: logging.Logger, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(logs, "MAX_KINDS", 50)
    log.error("first")
    log.error("first")
    for number in range(500):
        log.error(f"another {number}")

    assert len(handler_of(log)._seen) == 50
    assert any("first … repeated once" in line for line in lines(log))


@pytest.mark.parametrize(
    "error",
    [
        django.db.OperationalError("connection failed:\n\tIs the server running?"),
        psycopg.errors.CannotConnectNow("the database system is starting up"),
        psycopg.errors.DiskFull("No space left on device"),
        psycopg.errors.ReadOnlySqlTransaction("cannot execute INSERT in a read-only transaction"),
        redis.ConnectionError("Error 111"),
    ],
    ids=lambda error: type(error).__name__,
)
def test_an_outage_is_one_line_without_its_traceback(log: logging.Logger, error: Exception) -> None:
    for number in range(3):
        fail(log, error, "task %s failed", number)

    [line] = lines(log)
    assert line.startswith("ERROR tests.outage: task 0 failed")
    assert type(error).__name__ in line


def test_several_failures_at_once_are_an_outage_if_each_of_them_is(log: logging.Logger) -> None:
    away, ours = django.db.OperationalError("connection failed"), ValueError("ours")
    fail(log, ExceptionGroup("three", [away, ExceptionGroup("two", [away, redis.ConnectionError("Error 111")])]))
    [line] = lines(log)
    assert line.endswith("OperationalError: connection failed")

    fail(log, ExceptionGroup("two", [away, ours]))
    assert "ValueError: ours" in "\n".join(lines(log))


@pytest.mark.parametrize("error", [ValueError("ours"), psycopg.errors.DeadlockDetected("deadlock"), KeyError("x")])
def test_any_other_fault_keeps_its_traceback_and_hides_no_other(log: logging.Logger, error: Exception) -> None:
    fail(log, error)
    fail(log, TypeError("another"))

    assert sum("Traceback" in line for line in lines(log)) == 2


def test_the_last_count_is_written_at_the_end_of_the_process_also_of_a_forked_one() -> None:
    code = """
import os; os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"
import django, logging; django.setup()
log = logging.getLogger("x")
[log.warning("in the parent %s", n) for n in range(5)]
if not (pid := os.fork()):
    [log.warning("in the child %s", n) for n in range(7)]
else:
    os.waitpid(pid, 0)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=os.environ, check=True)

    assert "in the parent 0 … repeated 4 times" in done.stderr
    assert "in the child 0 … repeated 6 times" in done.stderr
    assert done.stderr.count("in the parent 0 …") == 1
