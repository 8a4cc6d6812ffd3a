"""The sliced work of bulk jobs that are too large for a request.

It has no rules and may run twice or never: the rows are the truth."""

from projects.jobs.leases import work_through
from projects.jobs.slices import sliced
from sessions.bulk import jobs
from sessions.models import BulkJob


@sliced("bulk jobs", waiting=BulkJob.objects.waiting_projects)
def bulk_jobs(project_id: int, until: float) -> bool:
    """Continue the jobs of a project in the order in which they were requested."""
    return work_through(jobs.unfinished(project_id), jobs.proceed, until)
