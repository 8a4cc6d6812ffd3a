"""Projects that send one trace after another, and what they were answered."""

import threading
import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from http.client import HTTPException
from typing import NamedTuple

from benchmarks.tenants import Tenant, span

PAUSE_SECONDS = 0.1


class Answer(NamedTuple):
    """What a request of a phase was answered; 0 if it was not."""

    phase: str
    project_id: int
    status: int
    seconds: float


class Writers:
    """One thread for each project. `taken` are the ids of acknowledged traces, by project."""

    def __init__(self) -> None:
        self.answers: list[Answer] = []
        self.taken: dict[int, list[str]] = defaultdict(list)
        self.is_over = threading.Event()
        self._phase = ""

    def begin(self, phase: str) -> None:
        self._phase = phase

    def let(self, phase: str, seconds: float) -> None:
        """Name what happens from now on, and wait."""
        self.begin(phase)
        time.sleep(seconds)

    def figures(self, phase: str, projects: set[int]) -> tuple[str, str, str, str]:
        """Return how many requests of these projects got 200, 503 or anything else, and the longest in ms."""
        found = [answer for answer in self.answers if answer.phase == phase and answer.project_id in projects]
        counts = [sum(answer.status == status for answer in found) for status in (200, 503)]
        longest = max((answer.seconds for answer in found), default=0.0) * 1000
        return f"{counts[0]}", f"{counts[1]}", f"{len(found) - sum(counts)}", f"{longest:.0f}"

    def write(self, tenant: Tenant) -> None:
        while not self.is_over.wait(PAUSE_SECONDS):
            sent, phase, started = span(f"conversation {tenant.project_id}", "ana"), self._phase, time.perf_counter()
            try:
                status = tenant.send([sent])
            except (OSError, HTTPException):
                status = 0
            self.answers.append(Answer(phase, tenant.project_id, status, time.perf_counter() - started))
            if status == 200:
                self.taken[tenant.project_id].append(str(sent["traceId"]))


@contextmanager
def writing(tenants: Sequence[Tenant]) -> Iterator[Writers]:
    """Let the projects send while the block runs."""
    writers = Writers()
    threads = [threading.Thread(target=writers.write, args=(tenant,)) for tenant in tenants]
    for thread in threads:
        thread.start()
    try:
        yield writers
    finally:
        writers.is_over.set()
        for thread in threads:
            thread.join()
