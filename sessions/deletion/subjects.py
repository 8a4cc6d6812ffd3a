"""Finds the traces of the subject of an erasure: a session, a trace or a person."""

from collections.abc import Collection, Iterator

from django.db.models import Q, QuerySet

from sessions.models import Erasure
from tracing.models import Span, Trace

DELETION_BATCH_TRACES = 200

Subject = Erasure.Subject


def traces_of(project_id: int, subject: Erasure.Subject, key: str) -> QuerySet[Trace]:
    """Return the traces of a subject.

    Those of a person are the traces of which at least one report names the user."""
    traces = Trace.objects.for_project(project_id)
    if subject == Subject.PERSON:
        return traces.filter(Q(user_id=key) | Q(claims__user_id=key))
    return traces.filter(session_id=key) if subject == Subject.SESSION else traces.filter(trace_id=key)


def batches(traces: QuerySet[Trace]) -> Iterator[list[str]]:
    """Yield batches of trace ids until none are left. The caller must delete each batch before asking for the next."""
    while ids := list(traces.values_list("trace_id", flat=True)[:DELETION_BATCH_TRACES]):
        yield ids


def remaining_batches(erasure: Erasure) -> Iterator[list[str]]:
    """Yield batches of the ids of traces that are still to be deleted.

    The caller must delete each batch before asking for the next, and may stop after any batch; some are empty."""
    traces = traces_of(erasure.project_id, Subject(erasure.subject), erasure.key)
    if erasure.subject == Subject.PERSON:
        traces = traces.filter(_before_request(erasure))
    yield from batches(traces)
    if erasure.subject == Subject.PERSON:
        yield from _batches_by_span(erasure)


def sessions_made_of(project_id: int, trace_ids: Collection[str]) -> set[str]:
    """Return the ids of the sessions that have no traces but these."""
    traces = Trace.objects.for_project(project_id)
    sessions = set(traces.filter(trace_id__in=trace_ids, session_id__isnull=False).values_list("session_id", flat=True))
    others = traces.filter(session_id__in=sessions).exclude(trace_id__in=trace_ids)
    return sessions - set(others.order_by().values_list("session_id", flat=True).distinct())


def _before_request(erasure: Erasure) -> Q:
    """Match traces that arrived or began before the request: a person who comes back meanwhile is a new customer."""
    return Q(received_at__lte=erasure.requested_at) | Q(started_at__lt=erasure.requested_at)


def _batches_by_span(erasure: Erasure) -> Iterator[list[str]]:
    """Yield batches of traces that count as another user's although one of their spans names this person.

    Spans are partitioned by day; the search continues after the last day that was searched."""
    traces = Trace.objects.for_project(erasure.project_id)
    days = traces.order_by("bucket").values_list("bucket", flat=True).distinct()
    if erasure.scanned_to is not None:
        days = days.filter(bucket__gt=erasure.scanned_to)
    for day in list(days):
        spans = Span.objects.for_project(erasure.project_id).filter(bucket=day, claims__user_id=erasure.key)
        yield from batches(traces.filter(_before_request(erasure), trace_id__in=spans.values("trace_id")))
        erasure.scanned_to = day
        yield []
