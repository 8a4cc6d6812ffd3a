"""Celery tasks: each works for one project or says that it is for all, and none carries anything but ids."""

import inspect

import pytest

from config.celery import SWEEP_INTERVALS, app
from projects.jobs.slices import SWEEPS, WORK_KINDS
from projects.models import Project
from sessions.models import Session
from sessions.rollup.tasks import recompute_dirty
from tests.isolation.conftest import World
from tests.tracing.reports import call, in_session
from tracing.ingest.pipeline import ingest

ONE_PROJECT = {"sessions.rollup.tasks.recompute_dirty"}
EVERY_PROJECT = {
    "config.tasks.back_up_if_due": "copies everything, and shows nothing to anybody",
    "projects.tasks.sweep_slices": "queues the projects in which something waits",
    "projects.tasks.take_slice": "works in one project, the one that waits longest",
}
# Of the work that `take_slice` does.
KINDS_FOR_ONE_PROJECT = {
    "alert deliveries",
    "alert history",
    "alerts",
    "bulk jobs",
    "cohort counts",
    "days",
    "demo sessions",
    "erasures",
    "expired exports",
    "exports",
    "hours",
    "judges",
    "kept answers",
    "metering",
    "nightly metering",
    "notice mails",
    "project deletions",
    "repricings",
    "retention",
    "search index",
    "summaries",
    "translations",
}
KINDS_FOR_EVERY_PROJECT = {
    "empty partitions": "drops tables without rows",
    "partitions": "makes tables, reads no row",
    "search index flush": "tidies the index, reads no row",
    "tombstones": "forgets what is too old to be of use to anybody",
    "self-check": "compares sums of a sample, project by project",
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
def test_a_task_for_every_project_takes_nothing_but_kinds_of_work(name: str) -> None:
    assert set(inspect.signature(app.tasks[name].run).parameters) <= {"kinds"}


def test_every_kind_of_sliced_work_says_whose_rows_it_touches_and_is_swept() -> None:
    app.loader.import_default_modules()

    assert set(WORK_KINDS) == {*KINDS_FOR_ONE_PROJECT, *KINDS_FOR_EVERY_PROJECT}
    assert set(SWEEPS) == {*WORK_KINDS, "sessions"} == set(SWEEP_INTERVALS)


def test_recomputing_one_project_leaves_the_others_alone(world: World, other_project: Project) -> None:
    ingest(other_project.pk, [call("t9", "a", claims=in_session("s9"))])
    before = list(Session.objects.for_project(world.project).values())

    recompute_dirty(other_project.pk)

    assert Session.objects.for_project(other_project).filter(session_id="s9").exists()
    assert list(Session.objects.for_project(world.project).values()) == before
