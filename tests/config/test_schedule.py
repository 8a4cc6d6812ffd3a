"""Of two beats, which a rolling deploy or a mistake may start, exactly one sends messages."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from config.celery import app
from config.schedule import BEAT_LOCK, WAITING_BEAT_SECONDS, Scheduler
from projects.jobs.redis_client import patient_redis


@pytest.fixture
def begin(tmp_path: Path) -> Iterator[Callable[[], Scheduler]]:
    patient_redis().delete(BEAT_LOCK)
    begun: list[Scheduler] = []

    def new() -> Scheduler:
        begun.append(Scheduler(app, schedule_filename=str(tmp_path / f"schedule {len(begun)}")))
        return begun[-1]

    yield new
    for beat in begun:
        beat.close()


def acts(beat: Scheduler) -> bool:
    """Whether the beat looks at its schedule, instead of only looking again later."""
    return beat.tick() != WAITING_BEAT_SECONDS


def test_one_of_two_beats_acts_until_it_ends(begin: Callable[[], Scheduler]) -> None:
    first, second = begin(), begin()

    assert [(acts(first), acts(second)) for _ in range(5)] == [(True, False)] * 5

    first.close()
    assert acts(second)


def test_a_beat_that_slept_past_its_lease_waits_for_the_one_that_took_over(begin: Callable[[], Scheduler]) -> None:
    first, second = begin(), begin()
    assert acts(first)
    patient_redis().delete(BEAT_LOCK)  # as when the lease has run out

    assert (acts(second), acts(first)) == (True, False)


def test_a_beat_goes_on_when_redis_has_forgotten_its_lease(begin: Callable[[], Scheduler]) -> None:
    beat = begin()
    assert acts(beat)
    patient_redis().delete(BEAT_LOCK)  # as after a restart without a file

    assert acts(beat)
