"""The work on many sessions that was too much for a request. It holds no rules and may run twice or never: the rows are
the truth."""

import time

from projects.work.slices import sliced
from sessions.bulk import jobs


@sliced("bulk jobs", waiting=jobs.waiting_projects)
def bulk_jobs(project_id: int, until: float) -> bool:
    """Goes on with the jobs of a project in the order in which they were asked for."""
    for job in jobs.unfinished(project_id):
        jobs.proceed(job, until)
        if time.monotonic() >= until:
            break
    return jobs.waits(project_id)
