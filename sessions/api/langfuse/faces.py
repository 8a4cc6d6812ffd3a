"""One answer, two faces: Langfuse's public API has it bare, InteractiveAI's platform in an envelope with a word for it.

Bodies may be camelCase or snake_case; answers are camelCase on both faces, which the platform's client reads, too."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import IO, Any, TypeVar

from django.db.models import Model, QuerySet
from django.urls import URLPattern, path
from django_filters import FilterSet
from django_filters.rest_framework import DjangoFilterBackend
from rest_framework.exceptions import ValidationError
from rest_framework.generics import GenericAPIView
from rest_framework.request import Request
from rest_framework.response import Response

from projects.values import holds_nul
from sessions.annotation.configs import NotAllowed
from sessions.api.paging import NumberedPages, PagesByPosition, RowsOfPage
from tracing.ingest.http.platform import PlatformFace
from tracing.ingest.rest.failures import answer_sdk
from tracing.ingest.rest.views import READ_OR_WRITE, SdkView
from tracing.ingest.rest.wires import JsonObjectParser, JsonRenderer, WireContext, WireResponse
from tracing.wire.fields import snake_case
from tracing.wire.refusals import IngestRefused, Invalid, NotFound

PUBLIC = "api/public"
PLATFORM = "api/platform/v1/organizations/<str:organization_id>/projects/<str:project_id>"

CODES_BY_STATUS = {
    400: "invalid_request", 401: "authentication_failed", 403: "access_denied", 404: "resource_not_found",
    405: "method_not_allowed", 409: "conflict", 429: "rate_limited",
}  # fmt: skip

Row = TypeVar("Row", bound=Model)
Filters = TypeVar("Filters", bound=FilterSet)


@dataclass(frozen=True)
class One:
    """One thing, which the platform calls `word`."""

    entity: Mapping[str, Any]
    word: str

    def on_public(self) -> Any:
        """Return the thing itself."""
        return self.entity

    def on_platform(self) -> Any:
        """Return the thing in its envelope."""
        return {"success": True, "data": {self.word: self.entity}}


@dataclass(frozen=True)
class Many:
    """A page of things, which the platform calls `words`."""

    entities: Sequence[Mapping[str, Any]]
    words: str
    meta: Mapping[str, int]

    def on_public(self) -> Any:
        """Return the page."""
        return {"data": self.entities, "meta": self.meta}

    def on_platform(self) -> Any:
        """Return the page in its envelope."""
        return {"success": True, "data": {self.words: self.entities, "meta": self.meta}}


@dataclass(frozen=True)
class Done:
    """What has no thing to show."""

    body: Mapping[str, Any]

    def on_public(self) -> Any:
        """Return the body."""
        return self.body

    def on_platform(self) -> Any:
        """Return the body in its envelope."""
        return {"success": True, "data": self.body}


class SnakeCaseParser(JsonObjectParser):
    """Reads a JSON object, whose keys it brings to snake case."""

    def parse(self, stream: IO[Any], media_type: str | None = None, parser_context: WireContext = None) -> Any:
        """Return the object. Raise Invalid for a text with a null character."""
        body = super().parse(stream, media_type, parser_context)
        if holds_nul(body):
            raise Invalid("No text contains a null character.")
        return snake_case(body)


class PublicRenderer(JsonRenderer):
    """Writes an answer as Langfuse's clients read it."""

    def body_of(self, data: One | Many | Done, context: WireContext) -> Any:
        """Return what JSON is made of."""
        return data.on_public()

    def refusal(self, refused: IngestRefused) -> dict[str, object]:
        """Return what the JSON of a refusal is made of, whose code is one of the words that the clients know."""
        return super().refusal(refused) | {"code": CODES_BY_STATUS.get(refused.status, "internal_error")}


class PlatformRenderer(JsonRenderer):
    """Writes an answer as the platform's client reads it."""

    def body_of(self, data: One | Many | Done, context: WireContext) -> Any:
        """Return what JSON is made of."""
        return data.on_platform()


class LangfuseView(SdkView):
    """A call of the generated clients, which answers with One, Many or Done."""

    parser_classes = [SnakeCaseParser]
    renderer_classes = [PublicRenderer]
    scopes = READ_OR_WRITE

    def get_exception_handler(self) -> Callable[..., Any]:
        """Return what answers failures."""
        return answer_client


class LangfusePages(NumberedPages):
    """Pages of things that the view calls `words`."""

    def paginate_queryset(self, queryset: Any, request: Any, view: Any = None) -> list[Any]:
        """Return the rows of the page."""
        self.words = view.words
        return super().paginate_queryset(queryset, request, view)

    def get_paginated_response(self, data: Any) -> Response:
        """Return the page with its number and that of all."""
        return WireResponse(Many(data, self.words, self.meta))


class LangfuseList(RowsOfPage, LangfuseView, GenericAPIView[Any]):
    """A page of things, which the platform calls `words`."""

    filter_backends = [DjangoFilterBackend]
    filterset_class: type[FilterSet] | None = None
    pagination_class: type[NumberedPages | PagesByPosition] = LangfusePages
    words = ""
    own_parameters: Collection[str] = ()  # beside those of the filters and the pages

    def parameters(self) -> Collection[str]:
        """Return the names of the filters, those that lead through pages, and those of the view."""
        filters = self.filterset_class.base_filters if self.filterset_class else ()
        return {*filters, *self.pagination_class.parameters, *self.own_parameters}

    def asked(self, kind: type[Filters], rows: QuerySet[Any]) -> Filters:
        """Return the filters of the request, checked, for a view that reads in its own way. Raise ValidationError."""
        given: Filters = kind(self.request.query_params, rows, request=self.request)
        if not given.is_valid():
            raise ValidationError(given.errors)
        return given


def answer_client(error: Exception, context: dict[str, Any]) -> Any:
    """Return the answer to a request that failed: what may not be is Invalid, unless its cause says more."""
    if isinstance(error, NotAllowed):
        error = error.__cause__ if isinstance(error.__cause__, IngestRefused) else Invalid(str(error))
    return answer_sdk(error, context)


def on_both(route: str, view: type[LangfuseView]) -> Iterable[URLPattern]:
    """Yield the patterns of `route` on both faces."""
    yield on_public(route, view)
    own = {"renderer_classes": [PlatformRenderer], "__module__": view.__module__}
    on_platform: Any = type(f"{view.__name__}OnPlatform", (PlatformFace, view), own)
    yield path(f"{PLATFORM}/{route}", on_platform.as_view())


def on_public(route: str, view: type[LangfuseView]) -> URLPattern:
    """Return the pattern of what the platform's client does not rewrite."""
    return path(f"{PUBLIC}/{route}", view.as_view())


def text_of(body: Mapping[str, Any], name: str, default: str | None = None) -> str:
    """Return a text of `body`. Raise NotAllowed for anything else."""
    value = body.get(name)
    if value is None and default is not None:
        return default
    if not isinstance(value, str):
        raise NotAllowed(f"{name}: a text")
    return value


def texts_of(body: Mapping[str, Any], name: str) -> list[str]:
    """Return a list of texts of `body`. Raise NotAllowed for anything else."""
    value = body.get(name)
    if not isinstance(value, list) or not all(isinstance(text, str) for text in value):
        raise NotAllowed(f"{name}: a list of texts")
    return value


def asked_groups(request: Request, groups: Collection[str], default: Collection[str] = ()) -> set[str]:
    """Return the groups of fields that `?fields=` names, else the `default`, else all. Raise ValidationError."""
    asked = set(filter(None, request.query_params.get("fields", "").split(",")))
    if unknown := sorted(asked - set(groups)):
        raise ValidationError({"fields": [f"{unknown[0]} is none of {', '.join(groups)}"]})
    return asked or set(default or groups)


def find_one(rows: QuerySet[Row], what: str, key: str) -> Row:
    """Return the row with this id. Raise NotFound."""
    found = rows.filter(id=key).first()
    if found is None:
        raise NotFound(f"There is no {what} {key}.")
    return found


def stamp(at: datetime | None) -> str | None:
    """Return a time as the clients read it."""
    return None if at is None else at.isoformat(timespec="milliseconds").replace("+00:00", "Z")
