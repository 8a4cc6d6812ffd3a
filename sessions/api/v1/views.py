"""What the views of our own API have in common.

The key decides the project; what belongs to another one does not exist here."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from django.db.models import QuerySet
from django_filters.rest_framework import DjangoFilterBackend
from rest_framework.exceptions import NotFound, ValidationError
from rest_framework.generics import GenericAPIView
from rest_framework.request import Request

from projects.models import Role
from sessions.api.paging import PagesByPosition, RowsOfPage
from sessions.api.v1.failures import answer
from sessions.api.v1.parameters import refuse_empty
from sessions.api.v1.repeating import once
from sessions.api.v1.shapes.operations import Operation, Shape
from sessions.conversations.representation import plain
from tracing.ingest.rest.views import READ_OR_WRITE, VIEW_METHODS, KeyView
from tracing.ingest.rest.wires import JsonObjectParser
from tracing.lists.keyset import Order

REPEATABLE_METHODS = ("post", "patch")  # doing others twice is doing them once


class Endpoint(KeyView):
    """A view of /api/v1: JSON both ways, `read` to read and `write` for everything else.

    People with a key of their own may read as viewers, and write as members. `operations` has the methods as the
    OpenAPI document describes them."""

    http_method_names = [*map(str.lower, VIEW_METHODS), "options"]
    parser_classes = [JsonObjectParser]
    scopes = {**READ_OR_WRITE, "OPTIONS": READ_OR_WRITE["GET"]}
    roles: Mapping[str, Role] = {"GET": Role.VIEWER, "OPTIONS": Role.VIEWER} | dict.fromkeys(
        VIEW_METHODS[1:], Role.MEMBER
    )
    operations: Mapping[str, Operation] = {}
    keeps_answers = True  # of writes with an Idempotency-Key

    def __init_subclass__(cls) -> None:
        for name in REPEATABLE_METHODS:
            if cls.keeps_answers and name in vars(cls):
                setattr(cls, name, once(vars(cls)[name]))

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Check the key, then refuse parameters without a value. Raise ValidationError."""
        super().initial(request, *args, **kwargs)
        refuse_empty(request)

    def get_exception_handler(self) -> Callable[..., Any]:
        """Return what answers failures."""
        return answer


class KnownFilters(DjangoFilterBackend):  # type: ignore[misc]
    """Filters a list, and refuses a parameter that it does not have: a typing error must not look like no filter."""

    def filter_queryset(self, request: Request, queryset: QuerySet[Any], view: Any) -> QuerySet[Any]:
        """Return the rows that are asked for. Raise ValidationError."""
        known = {*view.filterset_class.base_filters, "limit", "cursor"}
        if unknown := [name for name in request.query_params if name not in known]:
            raise ValidationError({name: ["There is no such parameter."] for name in unknown})
        filtered: QuerySet[Any] = super().filter_queryset(request, queryset, view)
        return filtered


class ListEndpoint(RowsOfPage, Endpoint, GenericAPIView[Any]):
    """A list in one `order`, whose rows are shown with these `fields`."""

    filter_backends = [KnownFilters]
    pagination_class = PagesByPosition
    order: Order
    fields: Sequence[str]

    def shaped(self, rows: list[Any]) -> list[dict[str, Any]]:
        """Return the rows of a page."""
        return [json_of(row, self.fields) for row in rows]


def json_of(row: Any, fields: Sequence[str]) -> dict[str, Any]:
    """Return these fields of a row as JSON has them."""
    return {name: plain(getattr(row, name)) for name in fields}


def given_in(shape: Shape, request: Request) -> dict[str, Any]:
    """Return the fields of a body. Raise ValidationError, also for one that does not exist."""
    asked = shape(data=request.data)
    if unknown := [name for name in request.data if name not in asked.fields]:
        raise ValidationError({name: ["There is no such field."] for name in unknown})
    asked.is_valid(raise_exception=True)
    return dict(asked.validated_data)


def found_or_404(rows: QuerySet[Any], **key: str) -> Any:
    """Return the row of a client's id; an id that no row can have is not found either."""
    found = None if any("\x00" in value for value in key.values()) else rows.filter(**key).first()
    if found is None:
        raise NotFound("This project has nothing with that id.")
    return found
