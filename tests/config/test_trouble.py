"""An installation in trouble: /readyz says so in time, whatever hangs, and a restore loses nothing that was taken."""

import os
import re
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import psycopg
import pytest

from config.health import FRESH_SECONDS
from tests.config.exporting import Exporter, assert_takes_traces, database_url, eventually, send, sessions
from tests.config.processes import frozen, running, the
from tests.config.repeating import Repeating, readiness, stored
from tests.config.test_silence import export, export_by_grpc, spans_of
from tests.live import MANAGE, Up, data_directory
from tests.tracing import otlp

pytestmark = pytest.mark.faults
READY_SECONDS = 2.0


@pytest.fixture(scope="module")
def up() -> Iterator[Up]:
    with data_directory() as data, running(data) as up:
        yield up


def environment(up: Up) -> dict[str, str]:
    return {"PATH": os.environ["PATH"], "CONFAB_DATA": str(up.data)}


def page_of_a_change(up: Up) -> str:
    """Status, Retry-After and heading of what somebody is answered who signs in."""
    with httpx.Client(base_url=up.url, timeout=20) as client:
        token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', client.get("/sign-in").text)
        assert token
        form = {"csrfmiddlewaretoken": token[1], "login": up.email, "password": up.password}
        answer = client.post("/sign-in", data=form)
    heading = re.search("<h1>([^<]+)", answer.text)
    return f"{answer.status_code} {answer.headers.get('Retry-After')} {heading and heading[1]}"


@contextmanager
def altered(up: Up, change: str, back: str) -> Iterator[None]:
    """A setting of the database, met by every connection that is made from now on."""
    server = database_url(up).replace("/confab?", "/postgres?")
    end = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = 'confab'"
    with psycopg.connect(server, autocommit=True) as connection:
        for statement in (change, end):
            connection.execute(statement.encode())
        try:
            yield
        finally:
            for statement in (back, end):
                connection.execute(statement.encode())


@pytest.mark.parametrize(("server", "names"), [("bin/postgres", {"database"}), ("valkey-server", {"broker"})])
def test_readyz_never_waits_for_a_frozen_server(up: Up, server: str, names: set[str]) -> None:
    assert eventually(lambda: readiness(up)[0] == 200)
    with frozen(up, server):
        time.sleep(FRESH_SECONDS)
        answers = [readiness(up) for _ in range(4)]

    assert {status for status, *_ in answers} == {503}
    for _, checks, seconds in answers:
        assert seconds < READY_SECONDS
        assert all("does not answer" in checks[name] for name in names), checks
    assert eventually(lambda: readiness(up)[0] == 200)


def test_readyz_rings_for_a_database_that_takes_no_writes_and_so_does_the_refusal(up: Up) -> None:
    change = "ALTER DATABASE confab {} default_transaction_read_only"
    with altered(up, change.format("SET") + " = on", change.format("RESET")):
        body = otlp.body(*spans_of(os.urandom(16), 1))
        assert eventually(lambda: "read-only" in readiness(up)[1]["database"])
        time.sleep(FRESH_SECONDS)
        assert readiness(up)[0] == 503
        assert export(up, body)[:2] == (503, "1")
        assert page_of_a_change(up).startswith("503 5 ")
    assert eventually(lambda: readiness(up)[0] == 200)
    assert_takes_traces(up)


def test_readyz_rings_for_a_queue_that_nobody_works_off(up: Up) -> None:
    mark = "INSERT INTO dirty_mark VALUES (%s, 'session', 'late', 1, now() - interval '5 minutes', 'infinity')"
    with psycopg.connect(database_url(up), autocommit=True) as connection:
        connection.execute(mark, [2**40])
        assert eventually(lambda: "behind their traces" in readiness(up)[1]["queue"])
        connection.execute("DELETE FROM dirty_mark WHERE project_id = %s", [2**40])
    assert eventually(lambda: readiness(up)[0] == 200)


def restoring(up: Up, file: Path, *options: str) -> subprocess.Popen[str]:
    """Start a restore that has no terminal to ask."""
    return subprocess.Popen(
        [*MANAGE, "restore", str(file), *(options or ["--no-input"])],
        env=environment(up),
        text=True,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )


@pytest.fixture(scope="module")
def dumped(up: Up, tmp_path_factory: pytest.TempPathFactory) -> Path:
    send(up)
    file = tmp_path_factory.mktemp("dumps") / "dump"
    subprocess.run([*MANAGE, "dump", str(file)], env=environment(up), check=True)
    return file


def test_what_is_acknowledged_while_a_restore_runs_is_there_afterwards(up: Up, dumped: Path) -> None:
    before = stored(up)
    with Repeating(up) as exporter:
        assert eventually(lambda: len(exporter.acknowledged) > 5)
        restore = restoring(up, dumped)
        assert restore.stdout
        assert "Paused" in restore.stdout.readline()
        paused_at = time.monotonic()
        assert "Restored" in restore.stdout.readline(), up.output
        ended_at = time.monotonic()
        assert restore.wait(20) == 0
        assert eventually(lambda: sum(at > ended_at for at in exporter.acknowledged.values()) > 10)
        assert export_by_grpc(up, otlp.body(*spans_of(os.urandom(16), 1)))[0].name == "OK"

    taken = {trace_id for trace_id, at in exporter.acknowledged.items() if at > paused_at}
    found = stored(up)
    assert {trace_id: found.get(trace_id) for trace_id in taken} == dict.fromkeys(taken, 2)
    assert before.items() <= found.items()
    assert set(exporter.refused) == {(503, "1")}
    assert eventually(lambda: readiness(up)[0] == 200)
    assert_takes_traces(up)


def test_a_restore_that_fails_or_is_stopped_leaves_what_was_there_and_ends_its_pause(up: Up, dumped: Path) -> None:
    kept = send(up)
    broken = dumped.with_name("broken")
    broken.write_bytes(dumped.read_bytes()[:-20_000])
    failing = restoring(up, broken)
    said, _ = failing.communicate(timeout=60)
    assert failing.returncode == 1
    assert "pg_restore failed" in said
    assert "Traceback" not in said

    stopped = restoring(up, dumped)
    assert stopped.stdout
    assert "Paused" in stopped.stdout.readline()
    stopped.terminate()
    assert stopped.wait(20) == 1
    assert_takes_traces(up)
    assert kept in sessions(up)


def test_a_restore_that_was_killed_is_named_and_its_pause_is_ended_by_preparing_again(up: Up, dumped: Path) -> None:
    killed = restoring(up, dumped)
    assert killed.stdout
    assert "Paused" in killed.stdout.readline()
    killed.kill()
    killed.wait()
    assert eventually(lambda: "a restore runs since" in readiness(up)[1]["database"])

    subprocess.run([*MANAGE, "prepare"], env=environment(up), check=True)
    with Exporter(up) as exporter:
        exporter.expect_more()
    assert eventually(lambda: readiness(up)[0] == 200)


def test_an_outage_is_some_lines_of_the_log_and_no_traceback(up: Up) -> None:
    before = len(up.output)
    with Repeating(up) as exporter:
        the(up, "bin/postgres").kill()
        assert eventually(lambda: len(exporter.refused) > 5), up.output
        assert eventually(lambda: up.status("/readyz") == 200), up.output

    # At once, or counted within ten seconds after the outage of an earlier test.
    assert eventually(lambda: "the database does not respond" in up.output[before:]), up.output
    said = up.output[before:]
    assert "Traceback" not in said
    assert said.count("\n") < 40, said


def test_a_file_that_is_no_dump_changes_nothing(up: Up, tmp_path: Path) -> None:
    file = tmp_path / "no-dump"
    file.write_text("hello")
    before = stored(up)
    refused = restoring(up, file)

    assert "pg_restore failed" in refused.communicate(timeout=60)[0]
    assert refused.returncode == 1
    assert eventually(lambda: readiness(up)[0] == 200), readiness(up)
    assert stored(up) == before


def test_a_restore_that_nobody_answers_changes_nothing_and_says_the_way_out(up: Up, dumped: Path) -> None:
    refused = restoring(up, dumped, "--verbosity=1")
    said = refused.communicate(timeout=60)[0]

    assert refused.returncode == 1
    assert "Nothing was changed" in said
    assert "--no-input" in said
    assert "Traceback" not in said
