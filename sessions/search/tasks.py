"""The work of indexing the words of new texts."""

import time

from projects.jobs.jobs import job
from projects.jobs.slices import sliced
from sessions.search import index


@sliced("search index", waiting=index.waiting_projects)
def search_index(project_id: int, until: float) -> bool:
    with job("index texts") as run:
        run.rows = index.index_waiting(project_id, until=until)
    return time.monotonic() >= until


@sliced("search index flush")
def search_index_flush(_: int, until: float) -> bool:
    with job("flush search index"):
        index.flush()
    return False
