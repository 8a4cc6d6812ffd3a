"""Annotation queues: our review queues, their items and whom they are assigned to."""

from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from django_filters import FilterSet
from rest_framework.request import Request
from rest_framework.response import Response

from projects.audit import Action, actor_name, record
from projects.values import whole_number
from sessions.annotation import queues
from sessions.annotation.configs import NotAllowed
from sessions.api.filtering import WordFilter
from sessions.api.langfuse.faces import Done, LangfuseList, LangfuseView, One, find_one, stamp, text_of, texts_of
from sessions.models import ObjectType, Review, ReviewItem, ReviewQueue
from tracing.ingest.rest.wires import WireResponse
from tracing.limits.ids import in_one_form
from tracing.wire.refusals import Invalid, NotFound

REVIEWED = (ObjectType.TRACE, ObjectType.OBSERVATION, ObjectType.SESSION)


class ItemFilters(FilterSet):  # type: ignore[misc]
    """By how far the review is."""

    status = WordFilter(words=tuple(ReviewItem.Status.values))


class QueueView(LangfuseView):
    """A call on one queue."""

    def find_queue(self, queue_id: str) -> ReviewQueue:
        """Return the queue. Raise NotFound."""
        found: ReviewQueue = find_one(ReviewQueue.objects.for_project(self.project), "annotation queue", queue_id)
        return found

    def items_of(self, queue_id: str) -> QuerySet[Any]:
        """Return the items of a queue."""
        return ReviewItem.objects.for_project(self.project).filter(queue_id=queue_id)

    def set_status(self, item: ReviewItem, status: str) -> None:
        """Store how far the review of an item is, and that the key said so."""
        if item.status == status:
            return
        now = timezone.now()
        item.status, item.updated_at = status, now
        item.completed_at = now if status == ReviewItem.Status.COMPLETED else None
        changes = {"status": status, "completed_at": item.completed_at, "updated_at": now}
        self.items_of(item.queue_id).filter(id=item.id).update(**changes)
        target = ReviewQueue(id=item.queue_id).audited
        record(Action.QUEUE_CHANGED, self.project, actor=self.key, target=target, item=item.id, status=status)


class LangfuseQueues(LangfuseList):
    """The queues of the project."""

    words = "queues"

    def get_queryset(self) -> QuerySet[Any]:
        """Return the newest first."""
        return ReviewQueue.objects.for_project(self.project).order_by("-created_at", "id")

    def shaped(self, rows: list[ReviewQueue]) -> list[dict[str, Any]]:
        """Return the queues of a page."""
        return [shape(row) for row in rows]

    def post(self, request: Request) -> Response:
        """Create a queue."""
        fields = {
            "name": text_of(self.body, "name"),
            "description": text_of(self.body, "description", ""),
            "score_config_ids": texts_of(self.body, "score_config_ids"),
        }
        return WireResponse(One(shape(queues.create(self.project, fields, by=self.key)), "queue"))


class LangfuseQueue(QueueView):
    """One queue."""

    def get(self, request: Request, queue_id: str) -> Response:
        """Answer with the queue."""
        return WireResponse(One(shape(self.find_queue(queue_id)), "queue"))


class LangfuseItems(QueueView, LangfuseList):
    """The items of a queue."""

    filterset_class = ItemFilters
    words = "items"

    def get_queryset(self) -> QuerySet[Any]:
        """Return the items in the order of the queue."""
        return self.items_of(self.find_queue(self.kwargs["queue_id"]).id).order_by("created_at", "id")

    def shaped(self, rows: list[ReviewItem]) -> list[dict[str, Any]]:
        """Return the items of a page."""
        return [shape_item(row) for row in rows]

    def post(self, request: Request, queue_id: str) -> Response:
        """Add an item. What the queue holds already stays as it is unless a status is given."""
        body, queue = self.body, self.find_queue(queue_id)
        kind, key = text_of(body, "object_type").upper(), in_one_form(text_of(body, "object_id"))
        status = _status(text_of(body, "status", ReviewItem.Status.PENDING))
        if kind not in REVIEWED or not 1 <= len(key) <= 200:
            raise NotAllowed(f"objectType: one of {', '.join(REVIEWED)}, and objectId: its id")
        if kind == ObjectType.SESSION:
            queues.check_sessions(self.project, [key])
        with transaction.atomic():
            if queues.add_items(queue, [(kind, key)], by=actor_name(self.key)):
                record(Action.QUEUE_FILLED, self.project, actor=self.key, target=queue.audited, item=key[:200])
            item = self.items_of(queue_id).get(object_type=kind, object_id=key)
            if body.get("status") is not None:
                self.set_status(item, status)
        return WireResponse(One(shape_item(item), "item"))


class LangfuseItem(QueueView):
    """One item of a queue."""

    def get(self, request: Request, queue_id: str, item_id: str) -> Response:
        """Answer with the item."""
        return WireResponse(One(shape_item(find_one(self.items_of(queue_id), "item", item_id)), "item"))

    def patch(self, request: Request, queue_id: str, item_id: str) -> Response:
        """Change how far the review is."""
        found = find_one(self.items_of(queue_id), "item", item_id)
        with transaction.atomic():
            self.set_status(found, _status(text_of(self.body, "status", found.status)))
        return WireResponse(One(shape_item(found), "item"))

    def delete(self, request: Request, queue_id: str, item_id: str) -> Response:
        """Take the item and its reviews out of the queue."""
        found, queue = find_one(self.items_of(queue_id), "item", item_id), self.find_queue(queue_id)
        removed = found.object_id[:200]
        with transaction.atomic():
            Review.objects.for_project(self.project).filter(item_id=found.id).delete()
            self.items_of(queue_id).filter(id=found.id).delete()
            record(Action.QUEUE_CHANGED, self.project, actor=self.key, target=queue.audited, removed=removed)
        return WireResponse(Done({"success": True, "message": "The item was removed from the queue."}))


class LangfuseAssignments(QueueView):
    """Whom a queue is assigned to."""

    def post(self, request: Request, queue_id: str) -> Response:
        """Assign the queue to a member of the organization."""
        queue, user_id = self.find_queue(queue_id), self._member()
        queues.change(self.project, queue, {"user_ids": sorted({*queue.user_ids, user_id})}, by=self.key)
        return WireResponse(Done({"userId": str(user_id), "queueId": queue.id, "projectId": str(self.project.pk)}))

    def delete(self, request: Request, queue_id: str) -> Response:
        """Assign the queue no more to a member of the organization."""
        queue, user_id = self.find_queue(queue_id), self._member()
        left = [other for other in queue.user_ids if other != user_id]
        queues.change(self.project, queue, {"user_ids": left}, by=self.key)
        return WireResponse(Done({"success": True}))

    def _member(self) -> int:
        user_id = whole_number(text_of(self.body, "user_id"))
        if user_id is None or not self.project.organization.memberships.filter(user_id=user_id).exists():
            raise NotFound("The organization has no member with that id.")
        return user_id


def shape(queue: ReviewQueue) -> dict[str, Any]:
    """Return a queue as the clients expect it."""
    return {
        "id": queue.id,
        "name": queue.name,
        "description": queue.description or None,
        "scoreConfigIds": queue.score_config_ids,
        "createdAt": stamp(queue.created_at),
        "updatedAt": stamp(queue.updated_at),
    }


def shape_item(item: ReviewItem) -> dict[str, Any]:
    """Return an item as the clients expect it."""
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


def _status(text: str) -> str:
    if text.upper() not in ReviewItem.Status.values:
        raise Invalid(f"status: one of {', '.join(ReviewItem.Status.values)}")
    return text.upper()
