"""The work of translating. It holds no rules and may run twice or never: the rows are the truth."""

import time

from projects.work.slices import sliced
from sessions.translation import jobs


@sliced("translations", waiting=jobs.waiting_projects, lease_seconds=int(jobs.TRANSLATION_LEASE.total_seconds()))
def translations(project_id: int, until: float) -> bool:
    """Runs the jobs of a project, those that wait longest first, and ends what nobody waits for."""
    for job_id in jobs.unfinished(project_id):
        jobs.run(project_id, job_id, until)
        if time.monotonic() >= until:
            break
    return bool(jobs.unfinished(project_id))
