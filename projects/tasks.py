"""The tasks that do sliced work of all kinds, and the work of deleting projects. They hold no rules and may run twice
or never: rows are the truth."""

from celery import shared_task

from projects import deletion
from projects.work import slices


@shared_task
def take_slice() -> None:
    slices.work_slice()


@shared_task
def sweep_slices(kind: str) -> None:
    slices.WORK_KINDS[kind].sweep()


@slices.sliced("project deletions", waiting=deletion.unfinished)
def deletions(project_id: int, until: float) -> bool:
    """Deletes what is left of a project; the wait for its late requests is the sweep's."""
    return deletion.proceed(project_id, until)
