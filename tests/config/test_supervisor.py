"""The supervisor starts again what ends, gives up on what keeps ending, and stops in order."""

import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event, Timer
from types import SimpleNamespace

import pytest

from config.embedded import CannotStart
from config.embedded import supervisor as supervising
from config.embedded.children import Child, Children
from config.embedded.logs import LIMIT_BYTES
from config.embedded.supervisor import (
    DEATHS_WINDOW_SECONDS,
    FIRST_DELAY_SECONDS,
    MAX_DEATHS,
    ServiceWatch,
    Stopped,
    Supervisor,
)

UNTIL_TERM = """
import signal, sys, time
signal.signal(signal.SIGTERM, lambda *_: sys.exit(print(time.monotonic_ns())))
print("up", flush=True)
time.sleep(60)
"""


@dataclass
class Script:
    """A service that runs lines of Python, and is ready when they have written to the log."""

    name: str
    code: str
    log: Path
    detail: str = ""
    max_early_deaths: int = 1
    started: list[Child] = field(default_factory=list)

    def spawn(self, children: Children) -> Child:
        self.started.append(children.spawn(self.name, [sys.executable, "-c", self.code], log=self.log))
        return self.started[-1]

    def is_ready(self) -> bool:
        return self.log.read_text() != ""

    @property
    def stopped_at(self) -> int:
        return int(self.log.read_text().split()[-1])


def run(service: Script, *, stop: Event, say: Callable[[str], None] = lambda _: None) -> None:
    with Children() as children, Supervisor(children, stop=stop, say=say) as supervisor:
        supervisor.start(service)
        supervisor.keep()


def test_a_service_that_ends_is_started_again(tmp_path: Path) -> None:
    stop, said = Event(), list[str]()
    service = Script("Web", UNTIL_TERM, tmp_path / "log")
    with Children() as children, Supervisor(children, stop=stop, say=said.append) as supervisor:
        supervisor.start(service)
        service.started[0].process.kill()
        Timer(2.0, stop.set).start()
        supervisor.keep()
        assert [child.exit_code for child in service.started] == [-9, None]
    assert [text for text in said if "ended with -9" in text]


def test_a_service_that_keeps_ending_is_given_up(tmp_path: Path) -> None:
    service = Script("Web", "print(flush=True); import time; time.sleep(0.3); raise SystemExit(3)", tmp_path / "log")

    with pytest.raises(CannotStart, match=f"Web ended with 3, {MAX_DEATHS} times"):
        run(service, stop=Event())
    assert len(service.started) == MAX_DEATHS


def test_a_service_that_was_never_ready_is_given_up_when_its_patience_ends(tmp_path: Path) -> None:
    service = Script("Web", "raise SystemExit(3)", tmp_path / "log", max_early_deaths=2)

    with pytest.raises(CannotStart, match=str(service.log)):
        run(service, stop=Event())
    assert len(service.started) == 2


def test_being_asked_to_stop_ends_the_wait_for_readiness(tmp_path: Path) -> None:
    stop = Event()
    stop.set()
    service = Script("Web", "import time; time.sleep(60)", tmp_path / "log")
    with pytest.raises(Stopped):
        run(service, stop=stop)
    assert service.started[0].exit_code is not None


def test_what_started_last_stops_first(tmp_path: Path) -> None:
    server, program = (Script(name, UNTIL_TERM, tmp_path / name) for name in ("PostgreSQL", "Web"))
    with Children() as children, Supervisor(children, stop=Event(), say=lambda _: None) as supervisor:
        supervisor.start(server)
        supervisor.start(program)
    assert program.stopped_at < server.stopped_at


def test_a_log_is_bounded_while_its_writer_runs_and_nothing_is_lost(tmp_path: Path) -> None:
    write = """
import time
print("up", flush=True)
for number in range(12):
    print(number, "x" * 2**20, flush=True)
    time.sleep(0.1)
print("end", flush=True)
time.sleep(60)
"""
    stop = Event()
    service = Script("PostgreSQL", write, log := tmp_path / "server.log")
    before = tmp_path / "server.log.1"

    def written() -> str:
        return (before.read_text() if before.exists() else "") + log.read_text()

    with Children() as children, Supervisor(children, stop=stop, say=lambda _: None) as supervisor:
        supervisor.start(service)
        Timer(4.0, stop.set).start()
        supervisor.keep()

    assert log.stat().st_size < LIMIT_BYTES
    assert before.stat().st_mode & 0o077 == 0
    assert [line.split()[0] for line in written().splitlines()] == ["up", *map(str, range(12)), "end"]


def test_a_log_that_was_left_long_is_moved_at_the_start(tmp_path: Path) -> None:
    log = tmp_path / "server.log"
    log.write_bytes(b"old" * LIMIT_BYTES)
    service = Script("PostgreSQL", UNTIL_TERM, log)
    with Children() as children, Supervisor(children, stop=Event(), say=lambda _: None) as supervisor:
        supervisor.start(service)

    assert log.stat().st_size < 100
    assert (tmp_path / "server.log.1").read_bytes().startswith(b"old")


@dataclass
class Unstarted:
    """A service that counts how often somebody starts it."""

    name: str = "Web"
    detail: str = ""
    log: None = None
    max_early_deaths: int = 3
    starts: int = 0

    def spawn(self, children: Children) -> None:
        self.starts += 1

    def is_ready(self) -> bool:
        return True


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    now = [1000.0]
    monkeypatch.setattr(supervising, "time", SimpleNamespace(monotonic=lambda: now[0]))
    return now


def test_each_death_doubles_the_wait_and_is_forgotten_in_time(clock: list[float]) -> None:
    watch = ServiceWatch(Unstarted())  # type: ignore[arg-type]
    watch.note_ready()
    assert (watch.is_ready, watch.max_deaths) == (True, MAX_DEATHS)

    assert [watch.note_death() for _ in range(4)] == [FIRST_DELAY_SECONDS * factor for factor in (1, 2, 4, 8)]
    assert (watch.is_ready, watch.child, watch.due) == (False, None, 1000 + 8 * FIRST_DELAY_SECONDS)
    clock[0] += DEATHS_WINDOW_SECONDS
    assert watch.note_death() == FIRST_DELAY_SECONDS


def test_a_service_is_not_started_before_its_wait_is_over(clock: list[float]) -> None:
    service = Unstarted()
    with Children() as children, Supervisor(children, stop=Event(), say=lambda _: None) as supervisor:
        watch = ServiceWatch(service)  # type: ignore[arg-type]
        watch.note_death()
        supervisor._groups.append([watch])
        supervisor._look()
        clock[0] += FIRST_DELAY_SECONDS / 2
        supervisor._look()
        assert service.starts == 0
        clock[0] += FIRST_DELAY_SECONDS / 2
        supervisor._look()
        assert service.starts == 1
