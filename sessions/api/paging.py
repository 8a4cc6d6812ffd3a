"""Pages of both APIs: by number as Langfuse's clients ask, and by position. A page that cannot be is a 400."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from rest_framework.exceptions import ValidationError
from rest_framework.pagination import BasePagination
from rest_framework.request import Request
from rest_framework.response import Response

from projects.values import whole_number
from tracing.lists.bounded import TooLong, within
from tracing.lists.keyset import BadCursor, KeysetPage
from tracing.wire.refusals import Invalid

DEFAULT_PAGE_LIMIT, MAX_LANGFUSE_LIMIT, HIGHEST_PAGE = 50, 100, 100_000
LANGFUSE_TIMEOUT_MS = 2_000  # ms for a statement; the clients wait five seconds for count and page
MAX_ANNOTATION_LIMIT = 500


class NumberedPages(BasePagination):
    """`?page=` from 1 and `?limit=`, with the number of all rows."""

    meta: dict[str, int]
    parameters = ("page", "limit")

    def paginate_queryset(self, queryset: Any, request: Request, view: Any = None) -> list[Any]:
        """Return the rows of the page. Raise Invalid when they are not found in time."""
        page = asked_number(request, "page", 1, HIGHEST_PAGE)
        limit = asked_number(request, "limit", DEFAULT_PAGE_LIMIT, MAX_LANGFUSE_LIMIT)
        with in_time("Ask for a shorter time, or for fewer things at once."):
            total = queryset.count()
            rows = list(queryset[(page - 1) * limit : page * limit])
        self.meta = {"page": page, "limit": limit, "totalItems": total, "totalPages": -(-total // limit)}
        return rows


class PagesByPosition(BasePagination):
    """`?cursor=` as an answer gave it and `?limit=`, in the `order` of the view."""

    parameters = ("cursor", "limit")
    most = MAX_ANNOTATION_LIMIT
    reason = "The limit is a whole number from 1 to {most}."
    page: KeysetPage[Any]

    def paginate_queryset(self, queryset: Any, request: Request, view: Any = None) -> list[Any]:
        """Return the rows of the page."""
        self.limit = asked_number(request, "limit", DEFAULT_PAGE_LIMIT, self.most, self.reason)
        try:
            self.page = view.order.page(queryset, cursor=request.query_params.get("cursor", ""), limit=self.limit)
        except BadCursor as error:
            raise ValidationError({"cursor": [str(error)]}) from None
        return self.page.rows

    def get_paginated_response(self, data: Any) -> Response:
        """Return the page with the cursors of those beside it."""
        return Response({"data": data, "next": self.page.next, "previous": self.page.previous})


class RowsOfPage:
    """The handler of a list for a GenericAPIView, whose `shaped` says how its rows are shown."""

    shaped: Callable[[list[Any]], Iterable[Any]]

    def get(self, request: Request, **ids: str) -> Response:
        """Answer with a page of the rows that the filters leave."""
        view: Any = self
        rows = view.paginate_queryset(view.filter_queryset(view.get_queryset()))
        answer: Response = view.get_paginated_response(list(self.shaped(rows)))
        return answer


def asked_number(
    request: Request, name: str, default: int, most: int, reason: str = "a whole number from 1 to {most}"
) -> int:
    """Return the number of a parameter. Raise ValidationError when it is not from 1 to `most`."""
    number = whole_number(request.query_params.get(name, str(default)), 1, most)
    if number is None:
        raise ValidationError({name: [reason.format(most=most)]})
    return number


@contextmanager
def in_time(way_out: str, **settings: str) -> Iterator[None]:
    """Limit the time of reading that may have no index to go by. Raise Invalid with the `way_out`."""
    try:
        with within(LANGFUSE_TIMEOUT_MS, **settings):
            yield
    except TooLong:
        raise Invalid(f"This took too long to find. {way_out}") from None
