"""The sliced work of large exports, and of deleting them.

It has no rules and may run twice or never: the rows are the truth."""

from projects.jobs.slices import sliced
from sessions.export import files
from sessions.models import ExportFile


@sliced(
    "exports",
    waiting=ExportFile.objects.waiting_projects,
    lease_seconds=int(ExportFile.LEASE.total_seconds()),
)
def exports(project_id: int, until: float) -> bool:
    """Write a part of the oldest unfinished file."""
    return files.work_slice(project_id, until)


@sliced("expired exports", waiting=files.expired_projects)
def expired_exports(project_id: int, until: float) -> bool:
    """Delete expired files."""
    return files.expire(project_id, until)
