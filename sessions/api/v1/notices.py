"""What a person was told in a project, in the words of /api/v1."""

from typing import Any
from uuid import UUID

from django.conf import settings
from django.db.models import DateTimeField, QuerySet
from django.utils import timezone
from django_filters import BooleanFilter, ChoiceFilter, FilterSet
from rest_framework.request import Request
from rest_framework.response import Response

from projects.models import NoticeKind, Role
from sessions.api.v1.shapes.notices import NoticeChangeShape, NoticeShape
from sessions.api.v1.shapes.operations import Operation, page_of
from sessions.api.v1.views import Endpoint, ListEndpoint, found_or_404, given_in, json_of
from sessions.inbox.notices import shown
from sessions.models import Notice
from tracing.lists.keyset import Order

NEWEST_NOTICES = Order("notices", "created_at", "id", DateTimeField(), is_descending=True)
NOTICE_FIELDS = tuple(name for name in map(str, NoticeShape().fields) if name not in ("said", "url"))


class OwnNotices(Endpoint):
    """An endpoint about the notices of the person whose key it is; a key of the project has none."""

    roles = {**Endpoint.roles, "PATCH": Role.VIEWER}

    def own(self) -> QuerySet[Notice]:
        """Return the notices of the key's owner."""
        found: QuerySet[Notice] = Notice.objects.for_project(self.project).filter(recipient_id=self.key.owner_id)
        return found

    def said(self, notices: list[Notice]) -> list[dict[str, Any]]:
        """Return notices as JSON, with what the inbox says of them and where they lead."""
        return [
            json_of(row.notice, NOTICE_FIELDS)
            | {"said": f"{row.lead} {row.rest}", "url": f"{settings.BASE_URL}{row.address}"}
            for row in shown(self.project, notices)
        ]


class NoticeFilters(FilterSet):  # type: ignore[misc]
    """The parameters of the list of notices."""

    unread = BooleanFilter(field_name="read_at", lookup_expr="isnull")
    kind = ChoiceFilter(choices=NoticeKind.choices)


class NoticesEndpoint(OwnNotices, ListEndpoint):
    """What the person whose key it is was told, the newest first."""

    operations = {"GET": Operation(says="List notices", answers={200: page_of(NoticeShape)})}

    filterset_class = NoticeFilters
    order, fields = NEWEST_NOTICES, NOTICE_FIELDS

    def get_queryset(self) -> QuerySet[Any]:
        """Return all of them."""
        return self.own()

    def shaped(self, rows: list[Any]) -> list[dict[str, Any]]:
        """Return the rows of a page."""
        return self.said(rows)


class NoticeEndpoint(OwnNotices):
    """One notice."""

    operations = {"PATCH": Operation(says="Mark a notice as read", takes=NoticeChangeShape, answers={200: NoticeShape})}

    def patch(self, request: Request, notice_id: UUID) -> Response:
        """Mark the notice as read, or as unread again."""
        notice: Notice = found_or_404(self.own(), id=str(notice_id))
        is_read = given_in(NoticeChangeShape, request)["is_read"]
        if is_read != (notice.read_at is not None):
            notice.read_at = timezone.now() if is_read else None
            self.own().filter(id=notice.id).update(read_at=notice.read_at)
        return Response(self.said([notice])[0])
