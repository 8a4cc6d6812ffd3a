"""Places to store in are shared by projects: nobody has them all, and who holds the fewest is next."""

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from random import Random

import pytest

from tracing.ingest import slots as module
from tracing.ingest.slots import IngestSlot, IngestSlots
from tracing.wire.refusals import IngestUnavailable

LONG_SECONDS = 20.0  # nobody waits so long: what ends does not end by patience


class Crowd:
    """Requests of projects at four places, each a thread that waits for its place and then holds it."""

    def __init__(self, most_present: int = 6) -> None:
        self.places = IngestSlots(4, most_present=most_present)

    def arrive(self, *projects: int) -> None:
        """One after the other, each when the one before holds a place or waits for one."""
        for project in projects:
            expected = self._present() + 1
            threading.Thread(target=self.places.take, args=(project,), daemon=True).start()
            until(lambda expected=expected: self._present() == expected)

    def leave(self, project: int) -> None:
        """Give a place back; whoever is next holds it when this returns."""
        self.places.give_back(project)

    @property
    def held(self) -> dict[int, int]:
        return dict(self.places._held)

    def _present(self) -> int:
        waiting = sum(len(turns) for turns in self.places._waiting.values())
        return sum(self.places._held.values()) + waiting


def until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + LONG_SECONDS
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.001)


@pytest.fixture
def crowd(monkeypatch: pytest.MonkeyPatch) -> Iterator[Crowd]:
    monkeypatch.setattr(module, "SLOT_WAIT_SECONDS", LONG_SECONDS)
    return Crowd()


def test_a_project_that_is_alone_leaves_one_place_to_whoever_comes_next(crowd: Crowd) -> None:
    crowd.arrive(1, 1, 1, 1)
    assert crowd.held == {1: 3}

    crowd.places.take(2)  # without waiting: this thread would not be there to give anything back

    assert crowd.held == {1: 3, 2: 1}


def test_a_free_place_goes_to_whoever_holds_the_fewest_and_not_to_who_waits_longest(crowd: Crowd) -> None:
    crowd.arrive(1, 1, 1, 2, 1, 1, 2, 3)

    crowd.leave(1)
    assert crowd.held == {1: 2, 2: 1, 3: 1}, "3 came last and held none"
    crowd.leave(1)
    assert crowd.held == {1: 2, 2: 1, 3: 1}, "all held as many, and 1 waits longest"
    crowd.leave(1)
    assert crowd.held == {1: 1, 2: 2, 3: 1}, "it was 1's turn before"


def test_projects_that_hold_as_many_take_turns(crowd: Crowd) -> None:
    crowd.arrive(1, 1, 1, 2)
    crowd.arrive(3, 3, 3, 4, 4)

    served = []
    for project in (1, 1, 1, 2):
        before = crowd.held
        crowd.leave(project)
        served += [other for other, count in crowd.held.items() if count > before.get(other, 0)]

    assert served == [3, 4, 3, 4]


def test_what_a_project_sends_beyond_its_part_of_the_threads_is_sent_away_at_once(crowd: Crowd) -> None:
    crowd.arrive(*[1] * 6)
    with pytest.raises(IngestUnavailable):
        crowd.places.take(1)

    crowd.arrive(2, 2)
    assert crowd.held == {1: 3, 2: 1}
    crowd.leave(1)
    assert crowd.held == {1: 2, 2: 2}


def test_who_waits_in_vain_is_sent_away_and_takes_no_place_later(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "SLOT_WAIT_SECONDS", 0.01)
    places = IngestSlots(2, most_present=6)
    places.take(1)
    places.take(2)
    with pytest.raises(IngestUnavailable):
        places.take(3)

    places.give_back(1)
    places.give_back(2)

    assert (places._free, dict(places._held), places._waiting) == (2, {}, {})


def test_a_place_is_given_back_once_whatever_happens_inside(crowd: Crowd) -> None:
    def fail() -> None:
        with IngestSlot(crowd.places, 1) as held, held.left():
            assert crowd.held == {}
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()

    assert crowd.held == {}
    assert crowd.places._free == 4


def test_however_many_come_and_go_no_place_is_taken_twice_or_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "SLOT_WAIT_SECONDS", 0.002)
    places, holding, most, outcomes = IngestSlots(4, most_present=6), Counter[int](), Counter[int](), Counter[str]()
    lock = threading.Lock()

    def come_and_go(seed: int) -> None:
        random = Random(seed)
        for _ in range(150):
            project = random.choice((1, 1, 1, 2, 3))
            try:
                with IngestSlot(places, project):
                    with lock:
                        holding[project] += 1
                        most[project] = max(most[project], holding[project])
                        most[0] = max(most[0], holding.total())
                    time.sleep(0.001)
                    with lock:
                        holding[project] -= 1
                outcomes["served"] += 1
            except IngestUnavailable:
                outcomes["sent away"] += 1

    threads = [threading.Thread(target=come_and_go, args=(seed,)) for seed in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert most[0] <= 4
    assert max(most[project] for project in (1, 2, 3)) <= 3
    assert min(outcomes["served"], outcomes["sent away"]) > 10
    assert (places._free, dict(places._held), places._waiting) == (4, {}, {})
