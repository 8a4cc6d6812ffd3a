"""Tasks of sliced work, and the slices that delete projects.

Tasks have no rules of their own and may run twice or never: the rows decide what is to be done."""

from celery import shared_task

from projects import deletion
from projects.jobs import slices


@shared_task
def take_slice() -> None:
    """Do one slice of the work that has waited longest."""
    slices.work_slice()


@shared_task
def sweep_slices(*kinds: str) -> None:
    """Queue all work of these names that waits. One that fails does not keep the others from being queued."""
    failures = []
    for kind in kinds:
        try:
            slices.SWEEPS[kind]()
        except Exception as failure:
            failures.append(failure)
    if failures:
        raise ExceptionGroup("some kinds of work could not be queued", failures)


@slices.sliced("project deletions", waiting=deletion.unfinished)
def deletions(project_id: int, until: float) -> bool:
    """Delete rows of a project for one slice. The sweep also ends deletions that waited for late requests."""
    return deletion.proceed(project_id, until)
