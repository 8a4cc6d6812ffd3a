"""The making of large exports, and their end. It holds no rules and may run twice or never: the rows are the truth."""

from projects.work.slices import sliced
from sessions.export import files
from sessions.models import ExportFile


@sliced(
    "exports",
    waiting=ExportFile.objects.waiting_projects,
    lease_seconds=int(ExportFile.LEASE.total_seconds()),
)
def exports(project_id: int, until: float) -> bool:
    """Writes a part of the file that was asked for first."""
    return files.work_slice(project_id, until)


@sliced("expired exports", waiting=files.expired_projects)
def expired_exports(project_id: int, until: float) -> bool:
    """Deletes what is over its day."""
    return files.expire(project_id, until)
