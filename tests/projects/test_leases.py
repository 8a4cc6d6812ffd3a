"""Leases: one worker at a time has a row, and what another wrote is never overwritten."""

import time
from datetime import timedelta

import pytest
from django.apps import apps
from django.utils import timezone

from projects.jobs.keeping import kept
from projects.jobs.leases import Leased
from projects.models import Project, User
from sessions.models import BulkJob

LEASED_MODELS = [model for model in apps.get_models() if issubclass(model, Leased)]


def jobs(project: Project) -> tuple[BulkJob, BulkJob]:
    """One row as two workers see it."""
    made = BulkJob.objects.create(
        project_id=project.pk, action="bookmark", requested_by="alice", requested_by_id=1, expected_count=1
    )
    rows = BulkJob.objects.for_project(project)
    return rows.get(id=made.id), rows.get(id=made.id)


def test_a_row_is_leased_to_one_worker_until_it_is_released(project: Project) -> None:
    first, second = jobs(project)
    assert first.lease()
    assert not second.lease()
    assert not BulkJob.objects.for_project(project).free()

    assert first.release(seen_count=1)

    assert second.lease()
    assert second.seen_count == 1


def test_a_worker_that_was_overtaken_writes_nothing(project: Project) -> None:
    slow, fast = jobs(project)
    assert slow.lease()
    slow.row.update(leased_until=timezone.now() - timedelta(seconds=1))
    slow.leased_until = slow.row.get().leased_until
    assert fast.lease()

    assert not slow.extend(seen_count=7)
    assert not slow.release(seen_count=7)
    assert not slow.finish(seen_count=7)
    assert fast.row.get().seen_count == 0


def test_finished_rows_are_neither_free_nor_waiting(project: Project) -> None:
    first, second = jobs(project)
    assert BulkJob.objects.waiting_projects() == [project.pk]
    assert first.lease()
    assert first.finish()

    assert not second.lease()
    assert BulkJob.objects.waiting_projects() == []


@pytest.mark.django_db(transaction=True)
def test_a_lease_is_kept_while_the_work_waits_for_others(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(BulkJob, "LEASE", timedelta(seconds=2))
    first, second = jobs(project)
    assert first.lease()

    seen = set()
    with kept(first):
        until = time.monotonic() + 60
        while len(seen) < 3 and time.monotonic() < until:
            seen.add(second.row.get().leased_until)
            time.sleep(0.01)
        assert not second.lease()

    assert len(seen) == 3
    assert first.finish(seen_count=7)
    assert second.row.get().seen_count == 7


@pytest.mark.django_db(transaction=True)
def test_a_lease_that_was_lost_is_not_taken_back(project: Project) -> None:
    slow, fast = jobs(project)
    assert slow.lease()
    slow.row.update(leased_until=timezone.now() - timedelta(seconds=1))
    assert fast.lease()

    slow.keep()
    slow.drop()

    assert fast.extend(seen_count=7)


@pytest.mark.parametrize("model", LEASED_MODELS, ids=lambda model: model.__name__)
def test_every_leased_model_finds_its_waiting_projects(model: type[Leased], alice: User) -> None:
    assert timedelta(seconds=10) < model.LEASE
    assert model._default_manager.waiting_projects() == []
