"""Records the last run of every scheduled job, so that operators see its time, result and error."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from django.utils import timezone

from projects.metrics.table import JOB_RUNS
from projects.models import JobRun


@dataclass
class Run:
    """Result of a running job."""

    rows: int = 0


@contextmanager
def job(name: str) -> Iterator[Run]:
    """Record the run of the block, which fills in its result.

    An exception is recorded and raised again."""
    run, began = Run(), time.monotonic()
    JobRun.objects.bulk_create(
        [JobRun(name=name, started_at=timezone.now())],
        update_conflicts=True,
        unique_fields=["name"],
        update_fields=["started_at", "finished_at", "duration_ms"],
    )
    error = ""
    try:
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
