"""The sliced work of erasures that are too large for a request, whose receipts are the truth, and of old answers."""

from projects.jobs.leases import work_through
from projects.jobs.slices import sliced
from sessions.deletion import erasing
from sessions.deletion.kept_answers import delete_old_answers
from sessions.models import Erasure, KeptAnswer


@sliced("erasures", waiting=Erasure.objects.waiting_projects)
def erasures(project_id: int, until: float) -> bool:
    """Continue the erasures of a project in the order in which they were requested."""
    return work_through(erasing.unfinished(project_id), erasing.proceed, until)


@sliced("kept answers", waiting=KeptAnswer.objects.all().project_ids)
def kept_answers(project_id: int, until: float) -> bool:
    """Delete answers to writes by API that nobody asks for again."""
    return delete_old_answers(project_id)
