"""Deletes annotations together with their traces and sessions, and their places in queues."""

from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Any

from django.db.models import QuerySet

from sessions.models import Comment, Notice, ObjectType, Review, ReviewItem
from tracing.models import Span, Tombstone, Trace
from tracing.store.tombstones import bury


def forget(project_id: int, trace_ids: Collection[str], session_ids: Collection[str], **_: Any) -> None:
    """Delete annotations of deleted traces, and of sessions that lost their last trace, and what was told of them.

    Scores were deleted with the traces."""
    for kind, ids in ((ObjectType.TRACE, trace_ids), (ObjectType.SESSION, session_ids)):
        for model in (Comment, Notice):
            model.objects.for_project(project_id).filter(object_type=kind, object_id__in=list(ids)).delete()
        items = ReviewItem.objects.for_project(project_id).filter(object_type=kind, object_id__in=list(ids))
        _forget_items(project_id, items.values_list("id", flat=True))
    for model in (Comment, Notice):
        model.objects.for_project(project_id).filter(trace_id__in=list(trace_ids)).delete()
        _on_spans(model, project_id, trace_ids).delete()
    _forget_items(project_id, _on_spans(ReviewItem, project_id, trace_ids).values_list("id", flat=True))


def bury_spans(project_id: int, trace_ids: Collection[str], at: datetime, **_: Any) -> None:
    """Add tombstones for spans that programs score without naming a trace, because they would send the score again."""
    said = _on_spans(Comment, project_id, trace_ids).values_list("object_id", flat=True)
    bury(project_id, Tombstone.Kind.SPAN, said, at)


def _on_spans(model: type[Comment | Notice | ReviewItem], project_id: int, trace_ids: Collection[str]) -> QuerySet[Any]:
    """Return the rows that name a span of these traces and no trace."""
    buckets = Trace.objects.for_project(project_id).filter(trace_id__in=trace_ids).values_list("bucket", flat=True)
    spans = Span.objects.for_project(project_id).filter(bucket__in=set(buckets), trace_id__in=trace_ids)
    rows: QuerySet[Any] = model.objects.for_project(project_id).filter(object_type=ObjectType.OBSERVATION)
    rows = rows.filter(object_id__in=spans.values("span_id"))
    return rows if model is ReviewItem else rows.filter(trace_id=None)


def _forget_items(project_id: int, ids: Iterable[str]) -> None:
    found = list(ids)
    if found:
        Review.objects.for_project(project_id).filter(item_id__in=found).delete()
        ReviewItem.objects.for_project(project_id).filter(id__in=found).delete()
