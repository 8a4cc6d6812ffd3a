"""Score configs, comments and review queues in the words of /api/v1."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.db import transaction
from django.db.models import DateTimeField, QuerySet
from django.http import HttpResponseBase
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.utils.encoders import JSONEncoder

from projects.audit import Action, record
from projects.downloads.making import made_answer
from projects.downloads.places import Holder
from projects.models import Role
from projects.values import holds_nul
from sessions.annotation import comments as commenting
from sessions.annotation import configs as configuring
from sessions.annotation import queues as queueing
from sessions.annotation import results as outcome
from sessions.annotation.configs import NotAllowed
from sessions.api.filtering import equalities
from sessions.api.v1.shapes.annotation import (
    AddedShape,
    CommentShape,
    ConfigChangeShape,
    ConfigShape,
    GivenCommentShape,
    GivenConfigShape,
    GivenItemsShape,
    GivenQueueShape,
    ItemShape,
    QueueShape,
    ResultsShape,
)
from sessions.api.v1.shapes.operations import Operation, list_of, page_of
from sessions.api.v1.versions import check_match, tagged
from sessions.api.v1.views import Endpoint, ListEndpoint, found_or_404, json_of
from sessions.models import Comment, ObjectType, ReviewItem, ReviewQueue, ScoreConfig
from tracing.limits.ids import in_one_form
from tracing.lists.keyset import Order
from tracing.wire.fields import number

NEWEST_COMMENTS = Order("comments", "created_at", "id", DateTimeField(), is_descending=True)
OLDEST_ITEMS = Order("items", "created_at", "id", DateTimeField())
CONFIG_FIELDS = (
    "id", "name", "data_type", "min_value", "max_value", "categories", "description", "is_archived", "created_at",
    "updated_at",
)  # fmt: skip
CHANGEABLE = ("name", "description", "min_value", "max_value", "categories", "is_archived")
COMMENT_FIELDS = (
    "id", "object_type", "object_id", "thread_id", "content", "author", "created_at", "updated_at", "resolved_at",
    "resolved_by",
)  # fmt: skip
QUEUE_FIELDS = (
    "id", "name", "description", "score_config_ids", "user_ids", "reviewers_per_item", "created_at", "updated_at",
)  # fmt: skip
ITEM_FIELDS = ("id", "object_type", "object_id", "status", "completed_at", "created_at")


class ConfigsEndpoint(Endpoint):
    """The score configs of the project."""

    roles = {**Endpoint.roles, "POST": Role.ADMIN}
    operations = {
        "GET": Operation(says="List score configs", answers={200: list_of(ConfigShape)}),
        "POST": Operation(says="Create a score config", takes=GivenConfigShape, answers={200: ConfigShape}),
    }

    def get(self, request: Request) -> Response:
        """Answer with all of them, archived ones too."""
        rows = configuring.load_configs(self.project, archived=True)
        return Response({"data": [json_of(row, CONFIG_FIELDS) for row in rows]})

    def post(self, request: Request) -> Response:
        """Create a config."""
        fields = _given(_storable(self.body), ("data_type", *CHANGEABLE))
        return Response(json_of(configuring.create(self.project, fields, by=self.key), CONFIG_FIELDS))


class ConfigEndpoint(Endpoint):
    """One score config."""

    roles = {**Endpoint.roles, "PATCH": Role.ADMIN}
    operations = {
        "GET": Operation(says="Read a score config", answers={200: ConfigShape}),
        "PATCH": Operation(
            says="Change a score config", takes=ConfigChangeShape, answers={200: ConfigShape}, matches=True
        ),
    }

    def get(self, request: Request, config_id: str) -> Response:
        """Answer with the config."""
        said = json_of(found_or_404(self._configs(), id=config_id), CONFIG_FIELDS)
        return tagged(said, said)

    @transaction.atomic
    def patch(self, request: Request, config_id: str) -> Response:
        """Change the config."""
        found: ScoreConfig = found_or_404(self._configs().select_for_update(), id=config_id)
        check_match(request, json_of(found, CONFIG_FIELDS))
        configuring.change(self.project, found, _given(_storable(self.body), CHANGEABLE), by=self.key)
        said = json_of(found, CONFIG_FIELDS)
        return tagged(said, said)

    def _configs(self) -> QuerySet[ScoreConfig]:
        return ScoreConfig.objects.for_project(self.project)


class CommentsEndpoint(ListEndpoint):
    """The comments of the project, the newest first."""

    operations = {
        "GET": Operation(says="List comments", answers={200: page_of(CommentShape)}),
        "POST": Operation(says="Add a comment", takes=GivenCommentShape, answers={200: CommentShape}),
    }

    filterset_class = equalities("object_type", "object_id")
    order, fields = NEWEST_COMMENTS, COMMENT_FIELDS

    def get_queryset(self) -> QuerySet[Any]:
        """Return all comments."""
        return Comment.objects.for_project(self.project)

    def post(self, request: Request) -> Response:
        """Add a comment."""
        body = _storable(self.body)
        kind, key = str(body.get("object_type", "")).upper(), body.get("object_id")
        if kind not in ObjectType.values or not isinstance(key, str) or not 1 <= len(key) <= 200:
            raise NotAllowed(f"object_type: one of {', '.join(ObjectType.values)}, and object_id: its id")
        content, author = str(body.get("content", "")), str(body.get("author", ""))
        made = commenting.add(self.project, kind, key, content, by=self.key, author=author)
        return Response(json_of(made, COMMENT_FIELDS))


class QueuesEndpoint(Endpoint):
    """The review queues of the project."""

    operations = {
        "GET": Operation(says="List review queues", answers={200: list_of(QueueShape)}),
        "POST": Operation(says="Create a review queue", takes=GivenQueueShape, answers={200: QueueShape}),
    }

    def get(self, request: Request) -> Response:
        """Answer with all of them and their progress."""
        progress = queueing.count_progress(self.project.pk)
        nothing = queueing.Progress(0, 0)
        rows = [
            json_of(row, QUEUE_FIELDS) | {"completed": done.completed, "total": done.total}
            for row in queueing.load_queues(self.project)
            for done in [progress.get(row.id, nothing)]
        ]
        return Response({"data": rows})

    def post(self, request: Request) -> Response:
        """Create a queue, which people fill on pages and programs by its items."""
        asked = GivenQueueShape(data=_storable(self.body))
        asked.is_valid(raise_exception=True)
        made = queueing.create(self.project, asked.validated_data, by=self.key)
        return Response(json_of(made, QUEUE_FIELDS) | {"completed": 0, "total": 0})


class ItemsEndpoint(ListEndpoint):
    """The items of a review queue, in its order."""

    operations = {
        "GET": Operation(says="List the items of a review queue", answers={200: page_of(ItemShape)}),
        "POST": Operation(says="Add sessions to a review queue", takes=GivenItemsShape, answers={200: AddedShape}),
    }

    filterset_class = equalities("status")
    order, fields = OLDEST_ITEMS, ITEM_FIELDS

    def get_queryset(self) -> QuerySet[Any]:
        """Return all items."""
        return ReviewItem.objects.for_project(self.project).filter(queue_id=self._queue().id)

    def post(self, request: Request, queue_id: str) -> Response:
        """Add `{"session_ids": [...]}`."""
        queue, ids = self._queue(), _storable(self.body).get("session_ids")
        if not isinstance(ids, list) or not all(isinstance(i, str) and 0 < len(i) <= 200 for i in ids):
            raise NotAllowed("session_ids: a list of ids")
        ids = list(map(in_one_form, ids))
        queueing.check_sessions(self.project, ids)
        return Response({"added": queueing.enqueue(queue, ids, self.key)})

    def _queue(self) -> ReviewQueue:
        found: ReviewQueue = found_or_404(ReviewQueue.objects.for_project(self.project), id=self.kwargs["queue_id"])
        return found


class ResultsEndpoint(Endpoint):
    """Every reviewer's values side by side, and how far they agree."""

    operations = {"GET": Operation(says="Download the results of a review", answers={200: ResultsShape})}

    def get(self, request: Request, queue_id: str) -> HttpResponseBase:
        """Answer with a file of JSON."""
        queue = found_or_404(ReviewQueue.objects.for_project(self.project), id=queue_id)
        target, page = queue.audited, request._request
        record(Action.EXPORTED, self.project, actor=self.key, target=target, request=page, format="json")
        pieces, name = outcome.json_pieces(self.project, queue, {}, JSONEncoder), f"review-{queue.id}.json"
        holder = Holder.of(self.key, self.project)
        return made_answer(page, pieces, holder, name=name, content_type="application/json")


def _storable(body: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return `body`. Raise ValidationError for a text with a null character."""
    if holds_nul(body):
        raise ValidationError({"body": ["Null characters are not allowed."]})
    return body


def _given(body: Mapping[str, Any], names: Sequence[str]) -> dict[str, Any]:
    """Return what the body says of these. Raise NotAllowed for a value of the wrong type."""
    kinds = {"name": str, "description": str, "data_type": str, "categories": list, "is_archived": bool}
    given = {name: body[name] for name in names if body.get(name) is not None}
    for name, value in given.items():
        if not isinstance(value, kinds[name]) if name in kinds else number(value) is None:
            raise NotAllowed(f"{name}: not of this type")
    return given
