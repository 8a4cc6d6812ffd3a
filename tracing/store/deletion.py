"""The only way to delete traces: all their data goes, and numbers that include them are recomputed."""

from collections.abc import Collection
from datetime import date, datetime
from typing import NamedTuple

from django.db import transaction
from django.dispatch import Signal
from django.utils import timezone

from tracing.models import DirtyMark, Score, Span, SpanIO, Tombstone, Trace
from tracing.store import dirty, media
from tracing.store.summing import hour_key
from tracing.store.tombstones import bury

# Sent with `project_id`, `trace_ids` and the `session_ids` that lose their last trace, inside the deleting transaction
# before any row is deleted, so that other apps delete what they derived.
deleting = Signal()
# Sent with `project_id`, `trace_ids` and `at` before traces are deleted for good, so that receivers add tombstones.
burying = Signal()


class Deleted(NamedTuple):
    """Numbers of deleted rows, and the sessions and days of arrival that they belonged to."""

    trace_count: int
    span_count: int
    score_count: int
    session_ids: set[str]
    days: set[date]


def erase_traces(project_id: int, trace_ids: Collection[str], at: datetime) -> Deleted:
    """Delete traces for good: later reports about them are refused."""
    bury(project_id, Tombstone.Kind.TRACE, trace_ids, at)
    burying.send(sender=Trace, project_id=project_id, trace_ids=trace_ids, at=at)
    return delete_traces(project_id, trace_ids)


def delete_traces(project_id: int, trace_ids: Collection[str]) -> Deleted:
    """Delete traces with their spans, texts, scores and files, also if only some of these have arrived.

    This is one transaction that holds the traces' locks: pass some hundreds at a time."""
    ids = sorted(set(trace_ids))
    with transaction.atomic():
        traces = list(
            Trace.objects.for_project(project_id).filter(trace_id__in=ids).order_by("trace_id").select_for_update()
        )
        days = {trace.bucket for trace in traces}
        sessions = {trace.session_id for trace in traces if trace.session_id is not None}
        emptied = _emptied(project_id, sessions, ids)
        deleting.send(sender=Trace, project_id=project_id, trace_ids=ids, session_ids=emptied)
        SpanIO.objects.for_project(project_id).filter(bucket__in=days, trace_id__in=ids).delete()
        span_count, _ = Span.objects.for_project(project_id).filter(bucket__in=days, trace_id__in=ids).delete()
        score_count, _ = Score.objects.for_project(project_id).filter(trace_id__in=ids).delete()
        score_count += Score.objects.for_project(project_id).filter(session_id__in=emptied).delete()[0]
        Trace.objects.for_project(project_id).filter(trace_id__in=ids).delete()
        now = timezone.now()
        marks = {
            DirtyMark.Target.SESSION: sessions,
            DirtyMark.Target.HOUR: {hour_key(trace.started_at) for trace in traces},
            DirtyMark.Target.TEXT: set(ids),  # a worker may be indexing them now
        }
        dirty.mark(project_id, marks, now)
    media.forget(project_id, ids)
    return Deleted(
        trace_count=len(traces), span_count=span_count, score_count=score_count, session_ids=sessions, days=days
    )


def _emptied(project_id: int, session_ids: set[str], trace_ids: Collection[str]) -> set[str]:
    """Return those of the sessions that have no other traces than these."""
    left = Trace.objects.for_project(project_id).filter(session_id__in=session_ids).exclude(trace_id__in=trace_ids)
    return session_ids - set(left.order_by().values_list("session_id", flat=True).distinct())
