"""Places to work in, of which a process has a few, shared fairly by projects.

A free place goes to the waiting project that holds the fewest, projects in turn when they hold as many. No project
holds all of them, however alone it is: whoever came next would wait for a request of unknown length. And a project has
only a part of the process's threads in places and waiting for them: what comes beyond is sent away at once, so that
pages and other projects find a thread."""

import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from operator import itemgetter

from tracing.wire.refusals import IngestUnavailable

SLOT_WAIT_SECONDS = 0.8  # so that who waits in vain can send again within the 5 seconds that some SDKs give a batch
BUSY = "Too many requests at once; nothing was stored. Send it again."


class IngestSlots:
    """`count` places; of one project at most `most_present` requests hold one or wait."""

    def __init__(self, count: int, *, most_present: int) -> None:
        self._most_held, self._most_present = max(1, count - 1), most_present
        self._lock = threading.Lock()
        self._free = count
        self._held: dict[int, int] = {}
        self._waiting: dict[int, deque[threading.Event]] = {}  # projects in the order of their turns

    def take(self, project_id: int) -> None:
        """Wait for a place. Raises IngestUnavailable when none comes free soon, or too many of the project wait
        already."""
        with self._lock:
            held = self._held.get(project_id, 0)
            if self._free and held < self._most_held:
                self._hold(project_id)
                return
            if held + len(self._waiting.get(project_id, ())) >= self._most_present:
                raise IngestUnavailable(BUSY)
            turn = threading.Event()
            self._waiting.setdefault(project_id, deque()).append(turn)
        if not turn.wait(SLOT_WAIT_SECONDS):
            self._give_up(project_id, turn)

    def give_back(self, project_id: int) -> None:
        with self._lock:
            self._free += 1
            self._held[project_id] -= 1
            if not self._held[project_id]:
                del self._held[project_id]
            if self._waiting:
                self._hand_on()

    def _hold(self, project_id: int) -> None:
        self._free -= 1
        self._held[project_id] = self._held.get(project_id, 0) + 1

    def _hand_on(self) -> None:
        """Give what is free to those who wait, as long as one of them may have it."""
        while self._free:
            held, project_id = min(  # the first of those that hold as few
                ((self._held.get(waits, 0), waits) for waits in self._waiting), key=itemgetter(0), default=(0, None)
            )
            if project_id is None or held >= self._most_held:
                return
            waiting = self._waiting.pop(project_id)
            waiting.popleft().set()
            self._hold(project_id)
            if waiting:
                self._waiting[project_id] = waiting  # behind the others

    def _give_up(self, project_id: int, turn: threading.Event) -> None:
        """Stop waiting, unless the place was handed over at the last moment."""
        with self._lock:
            if turn.is_set():
                return
            waiting = self._waiting[project_id]
            waiting.remove(turn)
            if not waiting:
                del self._waiting[project_id]
        raise IngestUnavailable(BUSY)


class IngestSlot:
    """A place of one project, held for as long as its block lasts. Entering raises IngestUnavailable."""

    def __init__(self, places: IngestSlots, project_id: int) -> None:
        self._places, self._project_id = places, project_id
        self._is_held = False

    def __enter__(self) -> "IngestSlot":
        self._places.take(self._project_id)
        self._is_held = True
        return self

    def __exit__(self, *_: object) -> None:
        if self._is_held:
            self._is_held = False
            self._places.give_back(self._project_id)

    @contextmanager
    def left(self) -> Iterator[None]:
        """Let somebody else have the place for as long as this lasts."""
        self.__exit__()
        yield
        self.__enter__()
