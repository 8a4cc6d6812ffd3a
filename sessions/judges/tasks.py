"""The sliced work of judges. It has no rules and may run twice or never: the rows are the truth."""

from projects.jobs.slices import sliced
from projects.models import Project
from sessions.judges import calls, planning, runs
from sessions.models import Judge, JudgeRun, Verdict


def waiting_projects() -> set[int]:
    """Return the ids of the projects that have a judge on, verdicts to give, or runs that have not ended."""
    on = Judge.objects.filter(is_on=True).project_ids()
    return {*on, *Verdict.objects.waiting_projects(), *JudgeRun.objects.waiting_projects()}


@sliced("judges", waiting=waiting_projects)
def judges(project_id: int, until: float) -> bool:
    """Look for due sessions, and have the next ones judged. Models are asked by threads beside the slice."""
    project = Project.objects.filter(pk=project_id, deleted_at=None).first()
    if project is None:
        return False
    is_left = planning.plan(project, until) or runs.work(project, until)
    calls.dispatch(project_id, judges.wake)
    return is_left
