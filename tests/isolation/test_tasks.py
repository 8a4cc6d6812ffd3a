"""Celery tasks: each works for one project or says that it is for all, and none carries anything but ids."""

import inspect

import pytest

from config.celery import app
from projects.models import Project
from sessions.models import Session
from sessions.tasks import recompute_dirty
from tests.isolation.conftest import World
from tests.tracing.reports import call, in_session
from tracing.ingest import ingest

ONE_PROJECT = {
    "sessions.bulk.tasks.work_off",
    "projects.tasks.delete_project",
    "sessions.tasks.erase",
    "sessions.tasks.recompute_dirty",
    "sessions.translation.tasks.translate",
}
EVERY_PROJECT = {
    "projects.tasks.sweep_deletions": "goes on with what each owner asked for",
    "sessions.cohorts.tasks.count_cohorts": "counts cohort by cohort, each in its own project",
    "sessions.tasks.flush_search_index": "tidies the index, reads no row",
    "sessions.tasks.index_texts": "indexes what waits, project by project",
    "sessions.tasks.sweep": "asks for one task per waiting project",
    "sessions.bulk.tasks.sweep_bulk": "goes on with what people asked for, project by project",
    "sessions.tasks.sweep_erasures": "goes on with what admins asked for, project by project",
    "sessions.translation.tasks.sweep_translations": "asks for one task per waiting job",
    "tracing.tasks.check_sums": "compares sums of a sample, project by project",
    "tracing.tasks.forget_expired": "each project's own retention, project by project",
    "tracing.tasks.sum_up_days": "sums up project by project",
    "tracing.tasks.sum_up_hours": "sums up project by project",
    "tracing.tasks.make_partitions": "makes tables, reads no row",
}
OURS = ("config.", "projects.", "tracing.", "sessions.")


def our_tasks() -> list[str]:
    app.loader.import_default_modules()
    return sorted(name for name in app.tasks if name.startswith(OURS))


def test_every_task_says_whose_rows_it_touches() -> None:
    assert our_tasks() == sorted({*ONE_PROJECT, *EVERY_PROJECT})


@pytest.mark.parametrize("name", sorted(ONE_PROJECT))
def test_a_task_for_one_project_takes_its_id_first_and_only_plain_values(name: str) -> None:
    parameters = list(inspect.signature(app.tasks[name].run).parameters.values())

    assert parameters[0].name == "project_id"
    assert {parameter.annotation for parameter in parameters} <= {int, str, "int", "str"}


@pytest.mark.parametrize("name", sorted(EVERY_PROJECT))
def test_a_task_for_every_project_takes_nothing(name: str) -> None:
    assert not inspect.signature(app.tasks[name].run).parameters


def test_recomputing_one_project_leaves_the_others_alone(world: World, other_project: Project) -> None:
    ingest(other_project.pk, [call("t9", "a", claims=in_session("s9"))])
    before = list(Session.objects.for_project(world.project).values())

    recompute_dirty(other_project.pk)

    assert Session.objects.for_project(other_project).filter(session_id="s9").exists()
    assert list(Session.objects.for_project(world.project).values()) == before
