"""Of two schedules, which a rolling deploy or a mistake may start, exactly one sends messages."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.conf import settings
from django.core.cache import cache

from config.celery import app
from config.health import BEAT, HEARTBEAT, last_heartbeat
from config.schedule import BEAT_LOCK, LEASE_LOOK_SECONDS, WAITING_BEAT_SECONDS, Scheduler
from projects.jobs.redis_client import patient_redis
from tests.config.exporting import eventually


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


def let_the_lease_end() -> None:
    patient_redis().delete(BEAT_LOCK)
    time.sleep(LEASE_LOOK_SECONDS)


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
    let_the_lease_end()

    assert (acts(second), acts(first)) == (True, False)


def test_a_beat_goes_on_when_redis_has_forgotten_its_lease(begin: Callable[[], Scheduler]) -> None:
    beat = begin()
    assert acts(beat)
    let_the_lease_end()  # as a broker does that restarts without a file

    assert acts(beat)


def worker_with_schedule(file: Path) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "manage.py", "worker", "--threads", "1", "--schedule", str(file)],
        cwd=settings.BASE_DIR,
        env=os.environ | {"REDIS_URL": settings.REDIS_URL, "CONFAB_DATA": str(file.parent)},
        stderr=subprocess.PIPE,
        text=True,
    )


def test_a_worker_runs_the_schedule_and_hands_it_on_when_it_ends(
    begin: Callable[[], Scheduler], tmp_path: Path
) -> None:
    cache.delete(BEAT)
    with worker_with_schedule(tmp_path / "runs") as worker:
        assert eventually(lambda: cache.get(BEAT), 60)
        assert not acts(begin()), "the worker's schedule acts"
        worker.send_signal(signal.SIGTERM)
        worker.communicate(timeout=60)

    assert worker.returncode == 0
    assert acts(begin()), "its lease is free at once"


def test_a_worker_that_runs_gives_signs_of_life_again_and_again(tmp_path: Path) -> None:
    cache.delete(HEARTBEAT)
    with worker_with_schedule(tmp_path / "runs") as worker:
        assert eventually(last_heartbeat, 60)  # the first, of its start
        first = last_heartbeat()
        heard = eventually(lambda: (last_heartbeat() or 0) > (first or 0), 20)
        worker.send_signal(signal.SIGTERM)
        worker.communicate(timeout=60)

    assert heard


def test_a_worker_ends_with_its_schedule(tmp_path: Path) -> None:
    patient_redis().delete(BEAT_LOCK)
    with worker_with_schedule(tmp_path / "no such directory" / "runs") as worker:
        _, said = worker.communicate(timeout=60)

    assert worker.returncode == os.EX_SOFTWARE
    assert "the schedule failed: the worker ends" in said
