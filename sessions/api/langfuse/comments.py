"""Comments."""

from typing import Any

from django.http import HttpRequest

from projects.models import Project
from projects.values import whole_number
from sessions.annotation import comments
from sessions.annotation.configs import NotAllowed
from sessions.api.langfuse.faces import Many, One, body_of, key_of, one_of, page_of, stamp, text_of
from sessions.models import Comment, ObjectType
from tracing.wire.refusals import Invalid

COMMENT_FILTERS = {"object_type": "objectType", "object_id": "objectId", "author_user_id": "authorUserId"}


def listed(request: HttpRequest, project: Project) -> Many:
    rows = Comment.objects.for_project(project).order_by("-created_at", "id")
    given = {name: request.GET.get(name) or request.GET.get(camel) for name, camel in COMMENT_FILTERS.items()}
    if given["object_id"] and not given["object_type"]:
        raise Invalid("objectType: needed beside objectId")
    if given["object_type"]:
        rows = rows.filter(object_type=given["object_type"].upper())
    if given["object_id"]:
        rows = rows.filter(object_id=given["object_id"])
    if author := given["author_user_id"]:
        person_id = whole_number(author)
        rows = rows.filter(author=author) if person_id is None else rows.filter(author_id=person_id)
    return page_of(request, rows, "comments", lambda found: map(shape, found))


def create(request: HttpRequest, project: Project) -> One:
    """What is commented need not be here yet: its trace may still be on the way."""
    body = body_of(request)
    if text_of(body, "project_id", str(project.pk)) != str(project.pk):
        raise NotAllowed("projectId: is not the key's")
    kind, key = text_of(body, "object_type").upper(), text_of(body, "object_id")
    if kind not in ObjectType.values or not 1 <= len(key) <= 200:
        raise NotAllowed(f"objectType: one of {', '.join(ObjectType.values)}, and objectId: its id")
    author = text_of(body, "author_user_id", "")
    span_of = text_of(body, "trace_id", "") or None if kind == ObjectType.OBSERVATION else None
    made = comments.add(
        project, kind, key, text_of(body, "content"), by=key_of(request), author=author, trace_id=span_of
    )
    return One(shape(made), "comment")


def one(request: HttpRequest, project: Project, comment_id: str) -> One:
    return One(shape(one_of(Comment.objects.for_project(project), "comment", comment_id)), "comment")


def shape(comment: Comment) -> dict[str, Any]:
    author = comment.author if comment.author_id is None else str(comment.author_id)
    return {
        "id": comment.id,
        "projectId": str(comment.project_id),
        "objectType": comment.object_type,
        "objectId": comment.object_id,
        "content": comment.content,
        "authorUserId": author or None,
        "createdAt": stamp(comment.created_at),
        "updatedAt": stamp(comment.updated_at),
    }
