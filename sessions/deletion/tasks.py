"""The sliced work of erasures that are too large for a request. Receipts in PostgreSQL are the truth."""

from projects.jobs.leases import work_through
from projects.jobs.slices import sliced
from sessions.deletion import erasing
from sessions.models import Erasure


@sliced("erasures", waiting=Erasure.objects.waiting_projects)
def erasures(project_id: int, until: float) -> bool:
    """Continue the erasures of a project in the order in which they were requested."""
    return work_through(erasing.unfinished(project_id), erasing.proceed, until)
