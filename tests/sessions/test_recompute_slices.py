"""Recomputing is shared: a slice for each project in turn, one worker in each, and no mark without a message."""

from collections.abc import Iterator, Sequence

import pytest

from projects.jobs.redis_client import quick_redis
from projects.models import Project
from sessions.models import Session
from sessions.rollup import recomputing
from sessions.rollup.tasks import recompute_dirty, sweep, wake
from tests import queue
from tests.tracing.reports import call, in_session
from tracing.ingest.pipeline import ingest

TASK = "sessions.rollup.tasks.recompute_dirty"


@pytest.fixture(autouse=True)
def one_session_a_slice(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(recomputing, "SLICE_SECONDS", 0)
    monkeypatch.setattr(recomputing, "SESSIONS_AT_ONCE", 1)
    queue.empty()
    yield
    queue.empty()


def told(project: Project, *session_ids: str) -> None:
    ingest(project.pk, [call(f"t-{name}", "a", claims=in_session(name)) for name in session_ids])


def sessions(project: Project) -> set[str]:
    return set(Session.objects.for_project(project).values_list("session_id", flat=True))


def test_a_neighbours_session_waits_for_one_slice_of_a_flood_and_not_for_its_end(
    project: Project, other_project: Project
) -> None:
    told(project, *(f"flood-{number}" for number in range(20)))
    wake(project.pk, seconds=0)
    told(other_project, "new")
    wake(other_project.pk, seconds=0)

    done = queue.work_off()
    first, second = next(done), next(done)

    assert (first, second) == ((TASK, [project.pk]), (TASK, [other_project.pk]))
    assert sessions(other_project) == {"new"}
    assert len(sessions(project)) == 1
    assert [arguments for _, arguments in done] == [[project.pk]] * 19
    assert len(sessions(project)) == 20


def test_a_project_has_one_message_in_the_queue_however_often_it_is_woken(project: Project) -> None:
    told(project, "s")
    for _ in range(50):
        wake(project.pk, seconds=0)
        sweep()

    assert queue.waiting() == [(TASK, [project.pk])]
    assert list(queue.work_off()) == [(TASK, [project.pk])]


def test_a_mark_that_comes_while_its_project_is_worked_on_gets_a_message_of_its_own(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    told(project, "s1")
    recompute = recomputing.recompute

    def interrupted(project_id: int, session_ids: Sequence[str]) -> None:
        monkeypatch.setattr(recomputing, "recompute", recompute)
        told(project, "s2")
        wake(project_id, seconds=0)
        recompute(project_id, session_ids)

    monkeypatch.setattr(recomputing, "recompute", interrupted)
    wake(project.pk, seconds=0)

    assert len(list(queue.work_off())) == 2
    assert sessions(project) == {"s1", "s2"}


def test_a_message_that_meets_another_worker_in_its_project_is_not_lost(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The other one is past its last look at the marks, so that only the look after its turn can find the new one."""
    told(project, "s1")
    release = recomputing.dirty.release

    def interrupted(*arguments: object) -> None:
        monkeypatch.setattr(recomputing.dirty, "release", release)
        release(*arguments)  # type: ignore[arg-type]
        told(project, "s2")
        recompute_dirty(project.pk)
        assert sessions(project) == {"s1"}, "one worker at a time"

    monkeypatch.setattr(recomputing.dirty, "release", interrupted)
    recompute_dirty(project.pk)

    assert queue.waiting() == [(TASK, [project.pk])]
    list(queue.work_off())
    assert sessions(project) == {"s1", "s2"}


def test_the_turn_of_a_killed_worker_ends_by_itself(project: Project) -> None:
    told(project, "s")
    with recomputing._worker_lock(project.pk) as is_ours:
        assert is_ours
        assert 0 < quick_redis().pttl(f"recomputing:{project.pk}") <= recomputing.WORKER_LOCK_SECONDS * 1000
        recompute_dirty(project.pk)
        assert sessions(project) == set()
        quick_redis().delete(f"recomputing:{project.pk}")  # as its end does
        recompute_dirty(project.pk)

    assert sessions(project) == {"s"}


def test_the_message_of_a_killed_worker_is_sent_again(project: Project) -> None:
    told(project, "s")
    wake(project.pk, seconds=0)
    queue.empty()  # whoever took it is gone
    assert 0 < quick_redis().pttl(f"wake:{project.pk}") <= 5_000

    quick_redis().delete(f"wake:{project.pk}")
    sweep()

    assert queue.waiting() == [(TASK, [project.pk])]
