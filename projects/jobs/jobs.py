"""Records the last run of every scheduled job, so that operators see its time, result and error."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from django.utils import timezone

from projects.jobs.time_limits import at_length
from projects.metrics.table import JOB_RUNS
from projects.models import JobRun


@dataclass
class Run:
    """Result of a running job."""

    rows: int = 0


@contextmanager
def job(name: str) -> Iterator[Run]:
    """Record the run of the block, which fills in its result. Statements may take long.

    An exception is recorded and raised again."""
    run, began = Run(), time.monotonic()
    JobRun.objects.update_or_create(
        name=name, defaults={"started_at": timezone.now(), "finished_at": None, "duration_ms": None}
    )
    error = ""
    try:
        with at_length():
            yield run
    except Exception as exception:
        error = f"{type(exception).__name__}: {exception}"[:2000]
        raise
    finally:
        now = timezone.now()
        JobRun.objects.filter(name=name).update(
            finished_at=now,
            duration_ms=round((time.monotonic() - began) * 1000),
            rows=run.rows,
            error=error,
            **({} if error else {"succeeded_at": now}),
        )
        JOB_RUNS.add(job=name, outcome="failed" if error else "done")
