"""Annotation queues: our review queues, their items and whom they are assigned to."""

from typing import Any

from django.db import transaction
from django.http import HttpRequest
from django.utils import timezone

from projects.audit import Action, record
from projects.models import Project
from projects.values import whole_number
from sessions.annotation import queues
from sessions.annotation.configs import NotAllowed
from sessions.api.langfuse.faces import Done, Many, One, body_of, key_of, one_of, page_of, stamp, text_of, texts_of
from sessions.models import ObjectType, Review, ReviewItem, ReviewQueue
from tracing.wire.refusals import Invalid, NotFound

REVIEWED = (ObjectType.TRACE, ObjectType.OBSERVATION, ObjectType.SESSION)


def listed(request: HttpRequest, project: Project) -> Many:
    rows = ReviewQueue.objects.for_project(project).order_by("-created_at", "id")
    return page_of(request, rows, "queues", lambda found: map(shape, found))


def create(request: HttpRequest, project: Project) -> One:
    body = body_of(request)
    fields = {
        "name": text_of(body, "name"),
        "description": text_of(body, "description", ""),
        "score_config_ids": texts_of(body, "score_config_ids"),
    }
    return One(shape(queues.create(project, fields, by=key_of(request))), "queue")


def one(request: HttpRequest, project: Project, queue_id: str) -> One:
    return One(shape(_find(project, queue_id)), "queue")


def items(request: HttpRequest, project: Project, queue_id: str) -> Many:
    rows = _items(project, _find(project, queue_id).id).order_by("created_at", "id")
    if status := request.GET.get("status"):
        rows = rows.filter(status=_status(status))
    return page_of(request, rows, "items", lambda found: map(shape_item, found))


def add_item(request: HttpRequest, project: Project, queue_id: str) -> One:
    """Adding what the queue holds already answers the item that is there, as it is unless a status is given."""
    body, queue = body_of(request), _find(project, queue_id)
    kind, key = text_of(body, "object_type").upper(), text_of(body, "object_id")
    status = _status(text_of(body, "status", ReviewItem.Status.PENDING))
    if kind not in REVIEWED or not 1 <= len(key) <= 200:
        raise NotAllowed(f"objectType: one of {', '.join(REVIEWED)}, and objectId: its id")
    if kind == ObjectType.SESSION:
        queues.check_sessions(project, [key])
    with transaction.atomic():
        if queues.add_items(queue, [(kind, key)]):
            record(Action.QUEUE_FILLED, project, actor=key_of(request), target=queue.audited, item=key[:200])
        item = _items(project, queue_id).get(object_type=kind, object_id=key)
        if body.get("status") is not None:
            _set_status(request, project, item, status)
    return One(shape_item(item), "item")


def item(request: HttpRequest, project: Project, queue_id: str, item_id: str) -> One:
    return One(shape_item(one_of(_items(project, queue_id), "item", item_id)), "item")


def change_item(request: HttpRequest, project: Project, queue_id: str, item_id: str) -> One:
    found, body = one_of(_items(project, queue_id), "item", item_id), body_of(request)
    with transaction.atomic():
        _set_status(request, project, found, _status(text_of(body, "status", found.status)))
    return One(shape_item(found), "item")


def delete_item(request: HttpRequest, project: Project, queue_id: str, item_id: str) -> Done:
    found, queue = one_of(_items(project, queue_id), "item", item_id), _find(project, queue_id)
    with transaction.atomic():
        Review.objects.for_project(project).filter(item_id=found.id).delete()
        _items(project, queue_id).filter(id=found.id).delete()
        record(
            Action.QUEUE_CHANGED,
            project,
            actor=key_of(request),
            target=queue.audited,
            removed=found.object_id[:200],
        )
    return Done({"success": True, "message": "The item was removed from the queue."})


def assign(request: HttpRequest, project: Project, queue_id: str) -> Done:
    queue, user_id = _find(project, queue_id), _member(request, project)
    queues.change(project, queue, {"user_ids": sorted({*queue.user_ids, user_id})}, by=key_of(request))
    return Done({"userId": str(user_id), "queueId": queue.id, "projectId": str(project.pk)})


def unassign(request: HttpRequest, project: Project, queue_id: str) -> Done:
    queue, user_id = _find(project, queue_id), _member(request, project)
    left = [other for other in queue.user_ids if other != user_id]
    queues.change(project, queue, {"user_ids": left}, by=key_of(request))
    return Done({"success": True})


def shape(queue: ReviewQueue) -> dict[str, Any]:
    return {
        "id": queue.id,
        "name": queue.name,
        "description": queue.description or None,
        "scoreConfigIds": queue.score_config_ids,
        "createdAt": stamp(queue.created_at),
        "updatedAt": stamp(queue.updated_at),
    }


def shape_item(item: ReviewItem) -> dict[str, Any]:
    return {
        "id": item.id,
        "queueId": item.queue_id,
        "objectId": item.object_id,
        "objectType": item.object_type,
        "status": item.status,
        "completedAt": stamp(item.completed_at),
        "createdAt": stamp(item.created_at),
        "updatedAt": stamp(item.updated_at),
    }


def _find(project: Project, queue_id: str) -> ReviewQueue:
    found: ReviewQueue = one_of(ReviewQueue.objects.for_project(project), "annotation queue", queue_id)
    return found


def _items(project: Project, queue_id: str) -> Any:
    return ReviewItem.objects.for_project(project).filter(queue_id=queue_id)


def _status(text: str) -> str:
    if text.upper() not in ReviewItem.Status.values:
        raise Invalid(f"status: one of {', '.join(ReviewItem.Status.values)}")
    return text.upper()


def _set_status(request: HttpRequest, project: Project, item: ReviewItem, status: str) -> None:
    if item.status == status:
        return
    now = timezone.now()
    item.status, item.updated_at = status, now
    item.completed_at = now if status == ReviewItem.Status.COMPLETED else None
    changes = {"status": status, "completed_at": item.completed_at, "updated_at": now}
    ReviewItem.objects.for_project(project).filter(id=item.id).update(**changes)
    target = ReviewQueue(id=item.queue_id).audited
    record(Action.QUEUE_CHANGED, project, actor=key_of(request), target=target, item=item.id, status=status)


def _member(request: HttpRequest, project: Project) -> int:
    user_id = whole_number(text_of(body_of(request), "user_id"))
    if user_id is None or not project.organization.memberships.filter(user_id=user_id).exists():
        raise NotFound("The organization has no member with that id.")
    return user_id
