"""Slots for the work of a process, shared fairly by projects.

A free slot goes to the waiting project that holds the fewest; projects with equal numbers take turns. No project holds
all slots, even if it is alone, because another one would wait for a request of unknown length. A project also uses only
a part of the process's threads for holding slots and waiting. Requests beyond that are refused at once, so that pages
and other projects find a thread."""

import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from operator import itemgetter

from tracing.wire.refusals import IngestUnavailable

SLOT_WAIT_SECONDS = 0.8  # clients can then try again within the 5 seconds that some SDKs give a batch
BUSY_MESSAGE = "Too many requests at once; nothing was stored. Send it again."


class IngestSlots:
    """A number of slots. At most `most_present` requests of one project hold one or wait."""

    def __init__(self, count: int, *, most_present: int) -> None:
        self._most_held, self._most_present = max(1, count - 1), most_present
        self._lock = threading.Lock()
        self._free = count
        self._held: dict[int, int] = {}
        self._waiting: dict[int, deque[threading.Event]] = {}  # projects in the order of their turns

    def take(self, project_id: int) -> None:
        """Wait for a slot.

        Raises IngestUnavailable if none is free soon, or if too many requests of the project wait already."""
        with self._lock:
            held = self._held.get(project_id, 0)
            if self._free and held < self._most_held:
                self._hold(project_id)
                return
            if held + len(self._waiting.get(project_id, ())) >= self._most_present:
                raise IngestUnavailable(BUSY_MESSAGE)
            turn = threading.Event()
            self._waiting.setdefault(project_id, deque()).append(turn)
        if not turn.wait(SLOT_WAIT_SECONDS):
            self._give_up(project_id, turn)

    def give_back(self, project_id: int) -> None:
        """Free a slot of the project."""
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
        """Give free slots to waiting projects, as long as one of them may have more."""
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
        """Stop waiting, unless the slot was assigned at the last moment. Raises IngestUnavailable."""
        with self._lock:
            if turn.is_set():
                return
            waiting = self._waiting[project_id]
            waiting.remove(turn)
            if not waiting:
                del self._waiting[project_id]
        raise IngestUnavailable(BUSY_MESSAGE)


class IngestSlot:
    """A slot of one project, held during a block. Entering raises IngestUnavailable."""

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
        """Free the slot during this block."""
        self.__exit__()
        yield
        self.__enter__()
