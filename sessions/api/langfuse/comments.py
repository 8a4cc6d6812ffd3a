"""Comments."""

from typing import Any

from django.db.models import QuerySet
from django_filters import FilterSet
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from projects.values import whole_number
from sessions.annotation import comments
from sessions.annotation.configs import NotAllowed
from sessions.api.filtering import TextFilter
from sessions.api.langfuse.faces import LangfuseList, LangfuseView, One, find_one, stamp, text_of
from sessions.models import Comment, ObjectType
from tracing.ingest.rest.wires import WireResponse
from tracing.limits.ids import in_one_form

COMMENT_FILTERS = {"object_type": "objectType", "object_id": "objectId", "author_user_id": "authorUserId"}


class CommentFilters(FilterSet):  # type: ignore[misc]
    """By object and author, in snake_case or camelCase."""

    object_type = TextFilter(method="of_type")
    object_id = TextFilter()
    author_user_id = TextFilter(method="of_author")

    def __init__(self, data: Any, *args: Any, **options: Any) -> None:
        given = {name: data.get(name) or data.get(camel) for name, camel in COMMENT_FILTERS.items()}
        super().__init__(given, *args, **options)

    def filter_queryset(self, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Return what is asked for. Raise ValidationError for an id of no type."""
        if self.data["object_id"] and not self.data["object_type"]:
            raise ValidationError({"objectType": ["needed beside objectId"]})
        found: QuerySet[Any] = super().filter_queryset(queryset)
        return found

    def of_type(self, rows: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        """Return the comments on objects of this type."""
        return rows.filter(object_type=value.upper())

    def of_author(self, rows: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        """Return what a person wrote, or a program under this name."""
        person_id = whole_number(value)
        return rows.filter(author=value) if person_id is None else rows.filter(author_id=person_id)


class LangfuseComments(LangfuseList):
    """The comments of the project."""

    filterset_class = CommentFilters
    own_parameters = tuple(COMMENT_FILTERS.values())
    words = "comments"

    def get_queryset(self) -> QuerySet[Any]:
        """Return the newest first."""
        return Comment.objects.for_project(self.project).order_by("-created_at", "id")

    def shaped(self, rows: list[Comment]) -> list[dict[str, Any]]:
        """Return the comments of a page."""
        return [shape(row) for row in rows]

    def post(self, request: Request) -> Response:
        """Add a comment. What is commented need not be here yet: its trace may still be on the way."""
        body, project = self.body, self.project
        if text_of(body, "project_id", str(project.pk)) != str(project.pk):
            raise NotAllowed("projectId: is not the key's")
        kind, key = text_of(body, "object_type").upper(), in_one_form(text_of(body, "object_id"))
        if kind not in ObjectType.values or not 1 <= len(key) <= 200:
            raise NotAllowed(f"objectType: one of {', '.join(ObjectType.values)}, and objectId: its id")
        author = text_of(body, "author_user_id", "")
        span_of = text_of(body, "trace_id", "") or None if kind == ObjectType.OBSERVATION else None
        content = text_of(body, "content")
        made = comments.add(project, kind, key, content, by=self.key, author=author, trace_id=span_of)
        return WireResponse(One(shape(made), "comment"))


class LangfuseComment(LangfuseView):
    """One comment."""

    def get(self, request: Request, comment_id: str) -> Response:
        """Answer with the comment."""
        found = find_one(Comment.objects.for_project(self.project), "comment", comment_id)
        return WireResponse(One(shape(found), "comment"))


def shape(comment: Comment) -> dict[str, Any]:
    """Return a comment as the clients expect it."""
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
