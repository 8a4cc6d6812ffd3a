"""Long work is shared: projects in turn, kinds beside each other, and never more than half of the workers."""

import time
from collections.abc import Iterator

import pytest

from projects.jobs import slices
from projects.jobs.redis_client import quick_redis
from projects.jobs.slices import SWEEPS, WORK_KINDS, WorkKind, sliced
from projects.tasks import sweep_slices, take_slice
from tests import queue


class Work:
    """A kind of work with so many slices to be done for each project; notes whose came when."""

    def __init__(self, name: str) -> None:
        self.left: dict[int, int] = {}
        self.done: list[int] = []
        self.kind: WorkKind = sliced(name, waiting=lambda: [project for project, left in self.left.items() if left])(
            self.work
        )

    def work(self, project_id: int, until: float) -> bool:
        assert until > time.monotonic()
        self.left[project_id] -= 1
        self.done.append(project_id)
        return self.left[project_id] > 0

    def ask(self, project_id: int, count: int = 1) -> None:
        self.left[project_id] = self.left.get(project_id, 0) + count
        self.kind.wake(project_id)


@pytest.fixture(autouse=True)
def no_other_kinds(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    forget()
    for name in list(WORK_KINDS):
        monkeypatch.delitem(WORK_KINDS, name)
    yield
    forget()


@pytest.fixture
def long(no_other_kinds: None) -> Iterator[Work]:
    yield Work("long")
    del WORK_KINDS["long"], SWEEPS["long"]


@pytest.fixture
def other(no_other_kinds: None) -> Iterator[Work]:
    yield Work("other")
    del WORK_KINDS["other"], SWEEPS["other"]


def forget() -> None:
    queue.empty()
    for name in quick_redis().scan_iter("slices:*"):
        quick_redis().delete(name)


def take() -> str | None:
    """As a worker does that then takes its time."""
    taken = slices._take()
    return f"{taken[0].name}:{taken[1]}" if taken else None


def give_back(work: Work, project_id: int, *, is_left: bool) -> bool:
    return slices._give_back(work.kind, project_id, is_left)


def test_projects_take_turns_however_much_one_of_them_asks_for(long: Work) -> None:
    long.ask(1, 5)
    long.ask(2, 2)
    long.ask(3)

    list(queue.work_off())

    assert long.done == [1, 2, 3, 1, 2, 1, 1, 1]
    assert queue.waiting() == []


def test_a_project_that_asks_again_and_again_waits_once(long: Work) -> None:
    for _ in range(20):
        long.ask(1)
    long.ask(2)

    assert len(queue.waiting()) == 2
    list(queue.work_off())
    assert long.done[:3] == [1, 2, 1]
    assert len(long.done) == 21


def test_half_of_the_slots_are_never_taken_and_one_kind_takes_half_of_the_rest(long: Work, other: Work) -> None:
    slices.announce("one", 4, 30)
    slices.announce("two", 4, 30)
    for project_id in range(1, 6):
        long.ask(project_id)
    assert [take(), take(), take()] == ["long:1", "long:2", None]

    for project_id in range(6, 9):
        other.ask(project_id)
    assert [take(), take(), take()] == ["other:6", "other:7", None]

    give_back(long, 1, is_left=False)
    assert [take(), take()] == ["long:3", None]


def test_a_worker_of_one_slot_works_all_the_same_and_a_silent_one_counts_no_longer(long: Work) -> None:
    slices.announce("gone", 100, -1)
    slices.announce("alone", 1, 30)
    long.ask(1)
    long.ask(2)

    assert [take(), take()] == ["long:1", None]


def test_one_worker_at_a_time_works_in_a_project(long: Work) -> None:
    slices.announce("one", 100, 30)
    long.ask(1)
    assert take() == "long:1"
    long.ask(1)  # while it is being worked on: it is not lost
    assert take() is None

    assert give_back(long, 1, is_left=False)
    assert take() == "long:1"


def test_the_slice_of_a_killed_worker_comes_free_and_the_sweep_goes_on(long: Work) -> None:
    long.ask(1)
    assert take() == "long:1"
    queue.empty()
    sweep_slices("long")
    list(queue.work_off())
    assert long.done == [], "it is another worker's"

    [(member, until)] = quick_redis().zrange(slices.RUNNING_SLICES_KEY, 0, -1, withscores=True)
    assert 0 < until - time.time() <= slices.SLICE_LEASE_SECONDS
    quick_redis().zadd(slices.RUNNING_SLICES_KEY, {member: time.time() - 1})
    sweep_slices("long")
    list(queue.work_off())

    assert long.done == [1]


def test_work_that_fails_gives_its_lane_back_and_is_tried_again_by_the_sweep(long: Work) -> None:
    long.ask(1)
    long.left.clear()
    with pytest.raises(KeyError):
        take_slice()
    queue.empty()
    assert quick_redis().zcard(slices.RUNNING_SLICES_KEY) == 0

    long.left[1] = 1
    sweep_slices("long")
    list(queue.work_off())

    assert long.done == [1]


def test_a_kind_that_cannot_be_swept_does_not_hold_up_the_others(long: Work) -> None:
    long.ask(1)

    with pytest.raises(ExceptionGroup, match="could not be queued"):
        sweep_slices("no such kind", "long")

    list(queue.work_off())
    assert long.done == [1]


def test_a_sweep_of_thousands_of_projects_fills_no_queue_and_still_gets_to_all(long: Work) -> None:
    long.left = dict.fromkeys(range(1, 2001), 1)

    sweep_slices("long")

    assert len(queue.waiting()) == slices.SWEEP_MESSAGES
    list(queue.work_off(5000))
    assert sorted(long.done) == list(range(1, 2001))


def test_messages_do_not_multiply(long: Work) -> None:
    for project_id in range(50):
        long.ask(project_id, 3)
    most = 0
    for _ in queue.work_off():
        most = max(most, len(queue.waiting()))

    assert most <= 50
    assert len(long.done) == 150


def test_a_kind_that_this_worker_does_not_know_is_left_to_another(long: Work) -> None:
    quick_redis().zadd(slices.WAITING_KEY_PREFIX + "of a newer release", {"1": 0})
    long.ask(2)

    assert take() == "long:2"
    assert take() is None
