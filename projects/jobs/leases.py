"""Leases: a row of work belongs to one worker until a moment, so that two never do the same.

If the worker is killed, another continues after that moment. It is also the worker's proof: a worker writes only
while the row still has it. Rows are the truth; `projects/jobs/slices.py` decides when a worker looks at them."""

import threading
import time
from collections.abc import Callable
from datetime import timedelta
from functools import cached_property
from typing import Any, ClassVar, Self, TypeVar

from django.db import models
from django.utils import timezone

from projects.tenancy import TenantQuerySet

ROWS_IN_SLICE = 100

LeasedRow = TypeVar("LeasedRow", bound="Leased")


class LeasedQuerySet(TenantQuerySet):
    """Rows of work, some of them finished."""

    def unfinished(self) -> Self:
        """Return the rows in which something is left to do, whether or not a worker has them."""
        return self.filter(self.model.UNFINISHED)

    def free(self) -> Self:
        """Return the unfinished rows that no worker has, or whose worker was killed."""
        is_free = models.Q(leased_until=None) | models.Q(leased_until__lt=timezone.now())
        return self.unfinished().filter(is_free)

    def waiting_projects(self) -> list[int]:
        """Return the ids of the projects that have unfinished rows."""
        return self.unfinished().project_ids()


class Leased(models.Model):
    """A row of work of a tenant that one worker at a time has to itself."""

    LEASE: ClassVar[timedelta]  # longer than a worker needs between two writes
    UNFINISHED: ClassVar[models.Q] = models.Q(finished_at=None)

    project_id = models.BigIntegerField()
    leased_until = models.DateTimeField(null=True, help_text="Until then one worker has it to itself.")
    finished_at = models.DateTimeField(null=True)

    objects = LeasedQuerySet.as_manager()

    class Meta:
        abstract = True

    @cached_property
    def _turn(self) -> threading.Lock:
        """Let one thread at a time write the row as it knows it."""
        return threading.Lock()

    @property
    def row(self) -> LeasedQuerySet:
        """Return the query set that has only this row."""
        rows: LeasedQuerySet = type(self)._default_manager.filter(project_id=self.project_id, pk=self.pk)
        return rows

    def lease(self, **changes: Any) -> bool:
        """Take the row if it is free, with `changes` to its columns, and read it anew. Return False if it is not."""
        if not self.row.free().update(leased_until=timezone.now() + self.LEASE, **changes):
            return False
        self.refresh_from_db(from_queryset=self.row)
        return True

    def extend(self, **changes: Any) -> bool:
        """Write `changes` and keep the row for another `LEASE`. Return False if another worker has taken it over."""
        return self._write(leased_until=timezone.now() + self.LEASE, **changes)

    def keep(self) -> None:
        """Extend the lease from another thread than that of the work, unless the row is given free."""
        with self._turn:
            if self.leased_until is not None:
                self._write_now({"leased_until": timezone.now() + self.LEASE})

    def release(self, **changes: Any) -> bool:
        """Write `changes` and give the row free. Return False if another worker has taken it over."""
        return self._write(leased_until=None, **changes)

    def finish(self, **changes: Any) -> bool:
        """Write `changes` and end the work. Return False if another worker has taken it over."""
        return self.release(finished_at=timezone.now(), **changes)

    def drop(self) -> None:
        """Delete the row, unless another worker has taken it over."""
        with self._turn:
            self.row.filter(leased_until=self.leased_until).delete()
            self.leased_until = None

    def _write(self, **changes: Any) -> bool:
        with self._turn:
            return self._write_now(changes)

    def _write_now(self, changes: dict[str, Any]) -> bool:
        if not self.row.filter(leased_until=self.leased_until).update(**changes):
            return False
        for name, value in changes.items():
            setattr(self, name, value)
        return True


def work_through(rows: LeasedQuerySet, proceed: Callable[[LeasedRow, float], object], until: float) -> bool:
    """Proceed with one free row after the other until the time is up. Return whether a row is left."""
    for row in rows.free()[:ROWS_IN_SLICE]:
        proceed(row, until)
        if time.monotonic() >= until:
            break
    return rows.free().exists()
