"""Faults of `manage.py up`: whatever is killed, no acknowledged trace is lost and nothing is left running."""

import os
import signal
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from config.embedded import CannotStart
from config.embedded.account import SystemUser
from config.ports import refuse_taken
from tests.config.exporting import Exporter, assert_takes_traces, eventually, send, sessions
from tests.config.processes import family, having, running, survivors, the
from tests.live import MANAGE, Up, data_directory, start

pytestmark = pytest.mark.faults
ORDINARY = SystemUser(65534, 65534)


@pytest.fixture
def data() -> Iterator[Path]:
    with data_directory() as path:
        yield path


@pytest.fixture
def own_up(data: Path) -> Iterator[Up]:
    with running(data) as up:
        yield up


@pytest.fixture(scope="module")
def up() -> Iterator[Up]:
    """Shared by the tests that leave it as they found it."""
    with data_directory() as data, running(data) as up:
        yield up


def manage(up: Up, *arguments: str) -> None:
    """Runs a command that is told nothing but where the data are."""
    subprocess.run([*MANAGE, *arguments], env={"PATH": os.environ["PATH"], "CONFAB_DATA": str(up.data)}, check=True)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_clean_stop_leaves_nothing_running(own_up: Up, number: signal.Signals) -> None:
    processes = family(own_up)

    assert own_up.stop(number) == 0
    assert survivors(processes) == []
    assert not (own_up.data / "environment.json").exists()


def test_a_killed_up_takes_everything_along_and_starts_again_at_once(own_up: Up) -> None:
    processes = family(own_up)
    with Exporter(own_up) as exporter:
        own_up.process.kill()
        own_up.process.wait()

    with running(own_up.data) as again:
        assert survivors(processes) == []
        assert eventually(lambda: exporter.acknowledged <= sessions(again))


def test_servers_that_outlived_up_and_reaper_are_taken_over(own_up: Up) -> None:
    session_id = send(own_up)
    servers = [the(own_up, "bin/postgres"), the(own_up, "valkey-server")]
    others = [process for process in family(own_up) if process not in [*servers, *servers[0].children()]]
    for process in [the(own_up, "reaper.py"), psutil.Process(own_up.pid), *others]:
        process.kill()
    own_up.process.wait()
    assert survivors(servers) == servers

    with running(own_up.data) as again:
        assert survivors(servers) == []
        assert eventually(lambda: session_id in sessions(again))


@pytest.mark.parametrize("victim", ["bin/postgres", "valkey-server", "granian", "celery", "grpc", "reaper.py"])
def test_a_killed_child_is_replaced_and_no_acknowledged_trace_is_lost(up: Up, victim: str) -> None:
    child = the(up, victim)
    with Exporter(up) as exporter:
        child.kill()
        assert eventually(lambda: survivors([child]) == [])
        assert eventually(lambda: having(up, victim))
        exporter.expect_more()

    assert eventually(lambda: exporter.acknowledged <= sessions(up))
    assert eventually(lambda: up.status("/readyz") == 200)


def test_a_killed_web_worker_is_replaced(up: Up) -> None:
    web = the(up, "granian")
    workers = survivors(web.children())
    with Exporter(up) as exporter:
        workers[0].kill()
        assert eventually(lambda: not survivors([workers[0]]))
        assert eventually(lambda: len(survivors(web.children())) == len(workers))
        exporter.expect_more()

    assert eventually(lambda: exporter.acknowledged <= sessions(up))


def test_other_commands_join_the_installation_that_runs_on_their_data(up: Up, data: Path) -> None:
    kept = send(up)
    assert eventually(lambda: kept in sessions(up))
    manage(up, "dump", str(data / "dump"))
    lost = send(up)
    assert eventually(lambda: lost in sessions(up))

    manage(up, "restore", "--no-input", str(data / "dump"))
    assert kept in sessions(up)
    assert lost not in sessions(up)
    with Exporter(up) as exporter:
        exporter.expect_more()


def test_what_it_keeps_on_disk_is_for_its_own_accounts_alone(up: Up) -> None:
    for path in up.data.rglob("*"):
        assert path.is_symlink() or path.lstat().st_mode & 0o077 == 0, path
    assert up.data.stat().st_mode & 0o007 == 0


def test_a_second_up_on_the_same_data_is_refused(up: Up) -> None:
    second = start(up.data, log="second.log")

    assert second.process.wait(20) == 1
    assert f"already runs on {up.data} (process {up.pid})" in second.output
    assert up.status("/healthz") == 200


@pytest.mark.parametrize(("option", "attribute"), [("--port", "port"), ("--grpc-port", "grpc_port")])
def test_a_port_in_use_is_named(up: Up, data: Path, option: str, attribute: str) -> None:
    port = str(getattr(up, attribute))
    second = start(data, option, port)

    assert second.process.wait(20) == 1
    assert f"Port {port} of 127.0.0.1 cannot be used" in second.output
    assert option in second.output


def test_an_address_of_another_machine_is_named() -> None:
    with pytest.raises(CannotStart, match=r"192\.0\.2\.1 .*--host"):
        refuse_taken("192.0.2.1", 8000, "--port")  # an address for documentation, which no machine has


@pytest.mark.parametrize(
    ("variable", "value"),
    [("CONFAB_INIT_PASSWORD", "short"), ("DATABASE_URL", "postgresql://nobody@127.0.0.1:1/none")],
)
def test_a_variable_that_cannot_be_followed_is_named(data: Path, variable: str, value: str) -> None:
    up = start(data, **{variable: value})

    assert up.process.wait(30) == 1
    assert variable in up.output
    assert "Traceback" not in up.output


def test_a_long_path_is_no_obstacle(data: Path) -> None:
    deep = data / ("deep-" * 20) / ("deeper-" * 10)
    deep.mkdir(parents=True)
    with running(deep, TMPDIR=str(data)) as up:
        assert list(data.glob("confab-*/.s.PGSQL.5432"))
        assert_takes_traces(up)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may enter a directory that PostgreSQL's account may not")
def test_root_may_keep_its_data_to_itself(data: Path) -> None:
    data.chmod(0o700)
    with running(data) as up:
        assert (data / "postgres").is_symlink()
        assert_takes_traces(up)
    assert stat.S_IMODE(data.stat().st_mode) == 0o700


@pytest.mark.skipif(os.geteuid() != 0, reason="the other tests run as an ordinary user")
@pytest.mark.skipif(
    not ORDINARY.can_reach(Path(sys.executable)), reason=f"{sys.executable} is closed to ordinary users"
)
def test_an_ordinary_user_needs_nothing_special(data: Path) -> None:
    os.chown(data, ORDINARY.uid, ORDINARY.gid)
    become = ("setpriv", f"--reuid={ORDINARY.uid}", f"--regid={ORDINARY.gid}", "--clear-groups")
    with running(data, command=(*become, *MANAGE)) as up:
        assert {process.uids().real for process in family(up)} == {ORDINARY.uid}
        assert_takes_traces(up)
