"""Spans that no trace is named for are found through their traces, which have an index by time.

A time that is given with its beginning is answered whole or refused. Without a beginning it is the latest traces, as
many as one answer may look into."""

from datetime import datetime, timedelta
from itertools import accumulate
from typing import NamedTuple

from django.db.models import Q, QuerySet

from tracing.models import Trace
from tracing.wire.refusals import Invalid

MAX_RECENT_TRACES = 1_000
MAX_RECENT_SPANS = 50_000  # of these traces together
MAX_TRACE_AGE = timedelta(days=1)  # a trace that began earlier than this before the time is not looked into


def traces_within(traces: QuerySet[Trace]) -> Q:
    """Return a condition for the spans of these traces, by the key of the span table."""
    found = list(traces.values_list("bucket", "trace_id"))
    return Q(bucket__in={bucket for bucket, _ in found}, trace_id__in=[trace_id for _, trace_id in found])


def of_time(traces: QuerySet[Trace], since: datetime | None, until: datetime | None) -> QuerySet[Trace]:
    """Return the traces that may have spans of a time."""
    if since is not None:
        traces = traces.filter(started_at__gte=since - MAX_TRACE_AGE)
    return traces if until is None else traces.filter(started_at__lt=until)


def latest(traces: QuerySet[Trace], since: datetime | None, until: datetime | None) -> Q:
    """Return a condition for the spans of the latest traces that began before `until`.

    Raise Invalid when those since `since` are too many for one answer."""
    found = newest(of_time(traces, since, until))
    if since is not None and found.has_more:
        raise Invalid(
            f"fromStartTime: more than {MAX_RECENT_TRACES:,} traces or {MAX_RECENT_SPANS:,} observations since then. "
            "Ask for a shorter time, or name a traceId."
        )
    return found.spans


class NewestTraces(NamedTuple):
    """The latest traces of which one answer may look into the spans."""

    spans: Q  # the condition for their spans, by the key of the span table
    has_more: bool
    since: datetime | None  # when the earliest of them began


def newest(traces: QuerySet[Trace]) -> NewestTraces:
    """Find the latest traces, as many as one answer may look into; always at least one."""
    rows = traces.order_by("-started_at", "-trace_id").values_list("bucket", "trace_id", "started_at", "span_count")
    found = list(rows[: MAX_RECENT_TRACES + 1])
    spans = list(accumulate(row[3] for row in found))
    fitting = max(sum(total <= MAX_RECENT_SPANS for total in spans[:MAX_RECENT_TRACES]), 1)
    chosen = found[:fitting]
    condition = Q(bucket__in={row[0] for row in chosen}, trace_id__in=[row[1] for row in chosen])
    return NewestTraces(condition, len(found) > fitting, chosen[-1][2] if chosen else None)
