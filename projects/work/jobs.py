"""Records every run of a scheduled job, so that an operator sees what ran, for how long, and what failed."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from django.utils import timezone

from projects.models import JobRun
from projects.work.time_limits import at_length


@dataclass
class Run:
    """The figures of a running job."""

    rows: int = 0


@contextmanager
def job(name: str) -> Iterator[Run]:
    """Record the run of the block; an exception is recorded and raised again.

    Statements of the block may take long."""
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
        JobRun.objects.filter(name=name).update(
            finished_at=timezone.now(),
            duration_ms=round((time.monotonic() - began) * 1000),
            rows=run.rows,
            error=error,
        )
