"""The work of erasing what a request could not erase at once. Receipts in PostgreSQL are the truth."""

import time

from projects.work.slices import sliced
from sessions.deletion import erasing


@sliced("erasures", waiting=erasing.waiting_projects)
def erasures(project_id: int, until: float) -> bool:
    """Deletes what was asked to be deleted and was too much for a request, in the order of asking."""
    for erasure in erasing.unfinished(project_id):
        erasing.proceed(erasure, until)
        if time.monotonic() >= until:
            break
    return erasing.waits(project_id)
