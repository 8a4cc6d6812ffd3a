"""What people said of traces and sessions goes with them, and so do the places that these have in queues."""

from collections.abc import Collection, Iterable
from typing import Any

from django.db.models import Q

from sessions.models import Comment, ObjectType, Review, ReviewItem


def forget(project_id: int, trace_ids: Collection[str], session_ids: Collection[str], **_: Any) -> None:
    """Of deleted traces, and of sessions that lost their last trace. Scores went with the traces already."""
    for kind, ids in ((ObjectType.TRACE, trace_ids), (ObjectType.SESSION, session_ids)):
        _forget_comments(project_id, Q(object_type=kind, object_id__in=list(ids)))
        items = ReviewItem.objects.for_project(project_id).filter(object_type=kind, object_id__in=list(ids))
        _forget_items(project_id, items.values_list("id", flat=True))
    _forget_comments(project_id, Q(trace_id__in=list(trace_ids)))


def _forget_comments(project_id: int, where: Q) -> None:
    Comment.objects.for_project(project_id).filter(where).delete()


def _forget_items(project_id: int, ids: Iterable[str]) -> None:
    found = list(ids)
    if found:
        Review.objects.for_project(project_id).filter(item_id__in=found).delete()
        ReviewItem.objects.for_project(project_id).filter(id__in=found).delete()
