"""Keeps services running: starts them together, restarts one that ends, and gives up if it keeps ending."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path
from threading import Event
from typing import Protocol, Self

from config.embedded import CannotStart
from config.embedded.children import Child, Children
from config.embedded.logs import rotate

START_POLL_SECONDS = 0.05
WATCH_POLL_SECONDS = 0.2
DEATHS_WINDOW_SECONDS = 60.0  # older deaths are forgotten
# Deaths within the window after which there is no hope. A killed PostgreSQL starts only when its last backend is gone,
# which takes some seconds on a busy machine: the delays until then add up to 16 s.
MAX_DEATHS = 7
FIRST_DELAY_SECONDS = 0.25  # doubled with every death


class Service(Protocol):
    """A program that is started, is ready some time later, and may end unexpectedly.

    `max_early_deaths` is the number of deaths after which there is no hope for a service that was never ready."""

    @property
    def name(self) -> str: ...
    @property
    def detail(self) -> str: ...
    @property
    def log(self) -> Path | None: ...
    @property
    def max_early_deaths(self) -> int: ...
    def spawn(self, children: Children) -> Child: ...
    def is_ready(self) -> bool: ...


def line(name: str, detail: str) -> str:
    """Return a line of the terminal about one service."""
    return f"  {name:<12} {detail}"


class Stopped(Exception):
    """We were asked to stop while we waited for a service."""


@dataclass
class ServiceWatch:
    """One service, its present process, and its recent deaths."""

    service: Service
    child: Child | None = None
    is_ready: bool = False
    due: float = 0.0
    deaths: list[float] = field(default_factory=list)
    max_deaths: int = 0

    def __post_init__(self) -> None:
        self.max_deaths = self.service.max_early_deaths

    def note_ready(self) -> None:
        """Note that the service was ready, which allows it MAX_DEATHS."""
        self.is_ready, self.max_deaths = True, MAX_DEATHS

    def note_death(self) -> float:
        """Note that the process has ended. Return the seconds to wait before the next start."""
        now = time.monotonic()
        self.deaths = [death for death in self.deaths if now - death < DEATHS_WINDOW_SECONDS] + [now]
        self.child, self.is_ready = None, False
        delay: float = FIRST_DELAY_SECONDS * 2 ** (len(self.deaths) - 1)
        self.due = now + delay
        return delay


class Supervisor:
    """Starts services, keeps them running, and stops them at the end of its block, the last group first."""

    def __init__(self, children: Children, *, stop: Event, say: Callable[[str], None]) -> None:
        self._children = children
        self._stop = stop
        self._say = say
        self._groups: list[list[ServiceWatch]] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        for group in reversed(self._groups):
            self._children.stop(*[watch.child for watch in group if watch.child])

    def start(self, *services: Service) -> None:
        """Start services at the same time, and return when all of them are ready.

        Raises Stopped if we are asked to stop, and CannotStart if one of them keeps ending."""
        started = [ServiceWatch(service) for service in services]
        self._groups.append(started)
        while not all(watch.is_ready for watch in started):
            self._look()
            if self._stop.wait(START_POLL_SECONDS):
                raise Stopped

    def keep(self) -> None:
        """Keep all services running, and return when we are asked to stop."""
        while not self._stop.wait(WATCH_POLL_SECONDS):
            self._children.keep_reaper()
            self._look()

    def _look(self) -> None:
        for watch in chain.from_iterable(self._groups):
            if watch.service.log:
                rotate(watch.service.log)
            if watch.child is None:
                self._start_when_due(watch)
            elif watch.child.exit_code is not None:
                self._bury(watch, watch.child)
            elif not watch.is_ready and watch.service.is_ready():
                watch.note_ready()
                self._say(line(watch.service.name, watch.service.detail))

    def _start_when_due(self, watch: ServiceWatch) -> None:
        if time.monotonic() >= watch.due:
            watch.child = watch.service.spawn(self._children)

    def _bury(self, watch: ServiceWatch, child: Child) -> None:
        self._children.forget(child)
        delay = watch.note_death()
        ended = f"{watch.service.name} ended with {child.exit_code}"
        if len(watch.deaths) >= watch.max_deaths:
            often = f", {len(watch.deaths)} times within {DEATHS_WINDOW_SECONDS:.0f} s" if len(watch.deaths) > 1 else ""
            raise CannotStart(f"{ended}{often}: see {watch.service.log or 'its messages above'}")
        self._say(f"{ended}: restarting it in {delay:.2g} s")
