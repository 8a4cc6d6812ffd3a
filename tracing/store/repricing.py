"""Prices the stored calls of a project anew, in slices."""

import time

from django.utils import timezone

from projects.jobs.leases import LeasedQuerySet, work_through
from projects.jobs.slices import sliced
from tracing.models import Repricing, Trace
from tracing.store.writing import recompute_traces

REPRICED_BATCH = 50  # a batch holds its traces' locks for some tens of milliseconds


def order(project_id: int, by: str) -> Repricing:
    """Return the order that is not finished, or a new one."""
    waiting = unfinished(project_id).first()
    if waiting is not None and waiting.trace_count == 0:
        return waiting  # type: ignore[no-any-return]
    expected = Trace.objects.for_project(project_id).count()
    return Repricing.objects.create(project_id=project_id, requested_by=by[:254], expected_traces=expected)


def unfinished(project_id: int) -> LeasedQuerySet:
    """Return the project's orders that are not finished, in the order in which they were given."""
    orders: LeasedQuerySet = Repricing.objects.for_project(project_id).unfinished().order_by("requested_at")
    return orders


def proceed(repricing: Repricing, until: float) -> None:
    """Price what is left until the time is up. Does nothing while another worker has the order."""
    if not repricing.lease():
        return
    traces = Trace.objects.for_project(repricing.project_id).order_by("trace_id").values_list("trace_id", flat=True)
    while True:
        trace_ids = list(traces.filter(trace_id__gt=repricing.after)[:REPRICED_BATCH])
        if not trace_ids:
            repricing.finish()
            return
        recompute_traces(repricing.project_id, trace_ids, timezone.now(), reprice=True)
        progress = {"after": trace_ids[-1], "trace_count": repricing.trace_count + len(trace_ids)}
        if not repricing.extend(**progress):
            return
        if time.monotonic() >= until:
            repricing.release()
            return


@sliced("repricings", waiting=Repricing.objects.waiting_projects)
def repricings(project_id: int, until: float) -> bool:
    """Continue to price the calls of a project anew."""
    return work_through(unfinished(project_id), proceed, until)
