"""The sliced work that keeps the counts of cohorts fresh."""

import time

from projects.jobs.jobs import job
from projects.jobs.slices import sliced
from sessions.cohorts import making


@sliced("cohort counts", waiting=making.stale_projects)
def cohort_counts(project_id: int, until: float) -> bool:
    """Count the cohorts of a project whose counts are old."""
    with job("count cohorts") as run:
        run.rows = making.count_stale(project_id, until)
    return time.monotonic() >= until
