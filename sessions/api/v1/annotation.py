"""Scores, score configs, comments and review queues in the words of /api/v1."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from django.db.models import DateTimeField, QuerySet
from django.http import HttpResponseBase
from rest_framework.decorators import api_view
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.utils.encoders import JSONEncoder

from projects.audit import Action, record
from projects.downloads.making import made_answer
from projects.downloads.places import Holder
from projects.models import Project
from projects.values import holds_nul, whole_number
from sessions.annotation import comments as commenting
from sessions.annotation import configs as configuring
from sessions.annotation import queues as queueing
from sessions.annotation import results as outcome
from sessions.annotation.configs import NotAllowed
from sessions.api.v1.authentication import key_of, project_of
from sessions.api.v1.parameters import BadParameters
from sessions.api.v1.sessions import found_or_404
from sessions.conversations.representation import plain
from sessions.models import Comment, ObjectType, ReviewItem, ReviewQueue, ScoreConfig
from tracing.ingest.pipeline import ingest
from tracing.ingest.score_configs import configs_of
from tracing.lists.keyset import BadCursor, Order
from tracing.models import Score
from tracing.records import Reason
from tracing.store.scored import delete_score
from tracing.wire.fields import number
from tracing.wire.scores import BadScore, score_of

LIMIT, MAX_ANNOTATION_LIMIT = 50, 500
NEWEST_SCORES = Order("scores", "scored_at", "id", DateTimeField(), is_descending=True)
NEWEST_COMMENTS = Order("comments", "created_at", "id", DateTimeField(), is_descending=True)
OLDEST_ITEMS = Order("items", "created_at", "id", DateTimeField())
SCORE_FIELDS = (
    "id", "name", "data_type", "value", "string_value", "is_unsure", "session_id", "trace_id", "span_id", "source",
    "author_id", "comment", "metadata", "environment", "config_id", "queue_id", "scored_at", "created_at", "updated_at",
)  # fmt: skip
SCORE_FILTERS = ("name", "session_id", "trace_id", "span_id", "source", "config_id", "queue_id", "data_type")
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


@api_view(["GET", "POST"])
def scores(request: Request) -> Response:
    """The newest first; POST writes one, or replaces the one with its `id`."""
    project = project_of(request)
    if request.method == "POST":
        with refusing():
            body = _object(request)  # what cannot be stored of a score is replaced
            record = score_of(body, configs_of(project.pk, [body]))
            if refused := [issue for issue in ingest(project.pk, [record]) if issue.reason is not Reason.TEXT_CUT]:
                raise NotAllowed(f"score: {refused[-1].reason}: {refused[-1].sample}")
        return Response(_shape(_score(project, record.id), SCORE_FIELDS))
    rows = _filtered(request, Score.objects.for_project(project), SCORE_FILTERS)
    return _page(request, rows, NEWEST_SCORES, lambda row: _shape(row, SCORE_FIELDS))


@api_view(["GET", "DELETE"])
def score(request: Request, score_id: str) -> Response:
    project = project_of(request)
    found = _score(project, score_id)
    if request.method == "DELETE":
        delete_score(project, found.id, by=key_of(request))
    return Response(_shape(found, SCORE_FIELDS))


@api_view(["GET", "POST"])
def configs(request: Request) -> Response:
    """All of them, archived ones too."""
    project = project_of(request)
    if request.method == "POST":
        body = _body(request)
        with refusing():
            fields = _given(body, ("data_type", *CHANGEABLE))
            made = configuring.create(project, fields, by=key_of(request))
        return Response(_shape(made, CONFIG_FIELDS))
    rows = configuring.configs_of(project, archived=True)
    return Response({"data": [_shape(row, CONFIG_FIELDS) for row in rows]})


@api_view(["GET", "PATCH"])
def config(request: Request, config_id: str) -> Response:
    project = project_of(request)
    found = found_or_404(ScoreConfig.objects.for_project(project), id=config_id)
    if request.method == "PATCH":
        with refusing():
            configuring.change(project, found, _given(_body(request), CHANGEABLE), by=key_of(request))
    return Response(_shape(found, CONFIG_FIELDS))


@api_view(["GET", "POST"])
def comments(request: Request) -> Response:
    """The newest first."""
    project = project_of(request)
    if request.method == "POST":
        body = _body(request)
        with refusing():
            kind, key = str(body.get("object_type", "")).upper(), body.get("object_id")
            if kind not in ObjectType.values or not isinstance(key, str) or not 1 <= len(key) <= 200:
                raise NotAllowed(f"object_type: one of {', '.join(ObjectType.values)}, and object_id: its id")
            content, author = str(body.get("content", "")), str(body.get("author", ""))
            made = commenting.add(project, kind, key, content, by=key_of(request), author=author)
        return Response(_shape(made, COMMENT_FIELDS))
    rows = _filtered(request, Comment.objects.for_project(project), ("object_type", "object_id"))
    return _page(request, rows, NEWEST_COMMENTS, lambda row: _shape(row, COMMENT_FIELDS))


@api_view(["GET"])
def queues(request: Request) -> Response:
    """With their progress."""
    project = project_of(request)
    progress = queueing.progress_of(project.pk)
    nothing = queueing.Progress(0, 0)
    rows = [
        _shape(row, QUEUE_FIELDS) | {"completed": done.completed, "total": done.total}
        for row in queueing.queues_of(project)
        for done in [progress.get(row.id, nothing)]
    ]
    return Response({"data": rows})


@api_view(["GET", "POST"])
def items(request: Request, queue_id: str) -> Response:
    """In the order of the queue; POST adds `{"session_ids": [...]}`."""
    project = project_of(request)
    queue = found_or_404(ReviewQueue.objects.for_project(project), id=queue_id)
    if request.method == "POST":
        ids = _body(request).get("session_ids")
        with refusing():
            if not isinstance(ids, list) or not all(isinstance(i, str) and 0 < len(i) <= 200 for i in ids):
                raise NotAllowed("session_ids: a list of ids")
            queueing.check_sessions(project, ids)
            return Response({"added": queueing.enqueue(queue, ids, key_of(request))})
    rows = _filtered(request, ReviewItem.objects.for_project(project).filter(queue_id=queue.id), ("status",))
    return _page(request, rows, OLDEST_ITEMS, lambda row: _shape(row, ITEM_FIELDS))


@api_view(["GET"])
def results(request: Request, queue_id: str) -> HttpResponseBase:
    """Every reviewer's values side by side, and how far they agree."""
    project = project_of(request)
    queue = found_or_404(ReviewQueue.objects.for_project(project), id=queue_id)
    key, target = key_of(request), queue.audited
    record(Action.EXPORTED, project, actor=key, target=target, request=request._request, format="json")
    pieces, name = outcome.json_pieces(project, queue, {}, JSONEncoder), f"review-{queue.id}.json"
    return made_answer(request._request, pieces, Holder.of(key, project), name=name, content_type="application/json")


class refusing:  # reads as a statement
    """Around what may not be allowed: says so as a 400."""

    def __enter__(self) -> None: ...

    def __exit__(self, kind: Any, error: BaseException | None, trace: Any) -> None:
        if isinstance(error, NotAllowed | BadScore):
            name, _, reason = str(error).partition(": ")
            raise BadParameters({name: [reason or str(error)]}) from None


def _score(project: Project, score_id: str) -> Score:
    found: Score = found_or_404(Score.objects.for_project(project), id=score_id)
    return found


def _shape(row: Any, fields: Sequence[str]) -> dict[str, Any]:
    return {name: plain(getattr(row, name)) for name in fields}


def _body(request: Request) -> Mapping[str, Any]:
    """Return what the request says. Raise BadParameters for a text with a null character."""
    body = _object(request)
    if holds_nul(body):
        raise BadParameters({"body": ["Null characters are not allowed."]})
    return body


def _object(request: Request) -> Mapping[str, Any]:
    assert isinstance(request.data, Mapping), "sessions/api/v1/parsing.py reads nothing else"
    return request.data


def _given(body: Mapping[str, Any], names: Sequence[str]) -> dict[str, Any]:
    """What the body says of these; of the wrong type is refused."""
    kinds = {"name": str, "description": str, "data_type": str, "categories": list, "is_archived": bool}
    given = {name: body[name] for name in names if body.get(name) is not None}
    for name, value in given.items():
        if not isinstance(value, kinds[name]) if name in kinds else number(value) is None:
            raise NotAllowed(f"{name}: not of this type")
    return given


def _filtered(request: Request, rows: QuerySet[Any], names: Sequence[str]) -> QuerySet[Any]:
    """By equality."""
    given = request.query_params
    if unknown := [name for name in given if name not in (*names, "limit", "cursor")]:
        raise BadParameters({name: ["There is no such parameter."] for name in unknown})
    if any("\x00" in given[name] for name in given):
        raise BadParameters({name: ["Null characters are not allowed."] for name in given if "\x00" in given[name]})
    return rows.filter(**{name: given[name] for name in names if given.get(name)})


def _page(request: Request, rows: QuerySet[Any], order: Order, shape: Callable[[Any], dict[str, Any]]) -> Response:
    limit = whole_number(request.query_params.get("limit", str(LIMIT)), 1, MAX_ANNOTATION_LIMIT)
    if limit is None:
        raise BadParameters({"limit": [f"The limit is a whole number from 1 to {MAX_ANNOTATION_LIMIT}."]})
    try:
        page = order.page(rows, cursor=request.query_params.get("cursor", ""), limit=limit)
    except BadCursor as error:
        raise BadParameters({"cursor": [str(error)]}) from None
    return Response({"data": [shape(row) for row in page.rows], "next": page.next, "previous": page.previous})
