"""One answer, two faces: Langfuse's public API has it bare, InteractiveAI's platform in an envelope with a word for it.

Bodies may be camelCase or snake_case; answers are camelCase on both faces, which the platform's client reads, too."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.urls import URLPattern, path

from projects.models import ApiKey, Project, Scope
from projects.values import FIRST_YEAR, LAST_YEAR, holds_nul, in_calendar, whole_number
from sessions.annotation.configs import NotAllowed
from tracing.ingest.http.bodies import read_object
from tracing.ingest.http.endpoints import answering, machine
from tracing.ingest.http.platform import platform
from tracing.ingest.intake import authenticated
from tracing.lists.bounded import TooLong, within
from tracing.wire.fields import moment, snake_case
from tracing.wire.refusals import IngestRefused, Invalid, NotFound
from tracing.wire.responses import json_response

PUBLIC = "api/public"
PLATFORM = "api/platform/v1/organizations/<str:organization_id>/projects/<str:project_id>"
LIMIT, MAX_LANGFUSE_LIMIT, HIGHEST_PAGE = 50, 100, 100_000
LANGFUSE_TIMEOUT_MS = 2_000  # ms for a statement; the clients wait five seconds for count and page

Row = TypeVar("Row", bound=Model)


@dataclass(frozen=True)
class One:
    """One thing, which the platform calls `word`."""

    entity: Mapping[str, Any]
    word: str

    def on_public(self) -> Any:
        return self.entity

    def on_platform(self) -> Any:
        return {"success": True, "data": {self.word: self.entity}}


@dataclass(frozen=True)
class Many:
    """A page of things, which the platform calls `words`."""

    entities: Sequence[Mapping[str, Any]]
    words: str
    meta: Mapping[str, int]

    def on_public(self) -> Any:
        return {"data": self.entities, "meta": self.meta}

    def on_platform(self) -> Any:
        return {"success": True, "data": {self.words: self.entities, "meta": self.meta}}


@dataclass(frozen=True)
class Done:
    """What has no thing to show."""

    body: Mapping[str, Any]

    def on_public(self) -> Any:
        return self.body

    def on_platform(self) -> Any:
        return {"success": True, "data": self.body}


Answer = One | Many | Done
LangfuseHandler = Callable[..., Answer]


def on_both(route: str, **actions: LangfuseHandler) -> Iterable[URLPattern]:
    """The patterns of `route` on both faces; `actions` are by method, `action(request, project, ...)`."""
    yield path(f"{PUBLIC}/{route}", _endpoint(actions, _public))
    yield path(f"{PLATFORM}/{route}", _endpoint(actions, _platform))


def on_public(route: str, **actions: LangfuseHandler) -> Iterable[URLPattern]:
    """For what the platform's client does not rewrite."""
    yield path(f"{PUBLIC}/{route}", _endpoint(actions, _public))


def _public(action: LangfuseHandler) -> Callable[..., HttpResponse]:
    def view(request: HttpRequest, project: Project, **kwargs: Any) -> HttpResponse:
        return json_response(_answer(action, request, project, kwargs).on_public())

    return view


def _platform(action: LangfuseHandler) -> Callable[..., HttpResponse]:
    @platform
    def view(request: HttpRequest, project: Project, **kwargs: Any) -> HttpResponse:
        return json_response(_answer(action, request, project, kwargs).on_platform())

    return view


def _answer(action: LangfuseHandler, request: HttpRequest, project: Project, kwargs: Mapping[str, str]) -> Answer:
    try:
        return action(request, project, **kwargs)
    except NotAllowed as error:
        raise (error.__cause__ if isinstance(error.__cause__, IngestRefused) else Invalid(str(error))) from None


def _endpoint(
    actions: Mapping[str, LangfuseHandler], face: Callable[[LangfuseHandler], Callable[..., HttpResponse]]
) -> Any:
    doors = {
        method: machine(method, scope=Scope.READ if method == "GET" else Scope.WRITE)(face(action))
        for method, action in actions.items()
    }

    @answering(*actions)
    def refuse(request: HttpRequest, **kwargs: Any) -> HttpResponseBase:
        raise AssertionError("answering() refuses first")

    def endpoint(request: HttpRequest, **kwargs: Any) -> HttpResponseBase:
        return doors.get(request.method or "", refuse)(request, **kwargs)

    return endpoint


def key_of(request: HttpRequest) -> ApiKey:
    """Who asks, for the audit log."""
    return authenticated(request.headers.get("Authorization", ""), Scope.WRITE)


def body_of(request: HttpRequest) -> dict[str, Any]:
    """Return the body with keys in snake case. Raise Invalid for a text with a null character."""
    body = read_object(request)
    if holds_nul(body):
        raise Invalid("No text contains a null character.")
    return snake_case(body)


def text_of(body: Mapping[str, Any], name: str, default: str | None = None) -> str:
    """Raises NotAllowed for anything but a text."""
    value = body.get(name)
    if value is None and default is not None:
        return default
    if not isinstance(value, str):
        raise NotAllowed(f"{name}: a text")
    return value


def texts_of(body: Mapping[str, Any], name: str) -> list[str]:
    """Raises NotAllowed for anything but a list of texts."""
    value = body.get(name)
    if not isinstance(value, list) or not all(isinstance(text, str) for text in value):
        raise NotAllowed(f"{name}: a list of texts")
    return value


def one_of(rows: QuerySet[Row], what: str, key: str) -> Row:
    found = rows.filter(id=key).first()
    if found is None:
        raise NotFound(f"There is no {what} {key}.")
    return found


def page_of(
    request: HttpRequest, rows: QuerySet[Row], words: str, shape: Callable[[list[Row]], Iterable[Mapping[str, Any]]]
) -> Many:
    """`?page=` from 1 and `?limit=`; `shape` gets the page's rows at once."""
    page, limit = _whole(request, "page", 1, HIGHEST_PAGE), _whole(request, "limit", LIMIT, MAX_LANGFUSE_LIMIT)
    with in_time("Ask for a shorter time, or for fewer things at once."):
        total = rows.count()
        found = list(rows[(page - 1) * limit : page * limit])
    meta = {"page": page, "limit": limit, "totalItems": total, "totalPages": -(-total // limit)}
    return Many(list(shape(found)), words, meta)


@contextmanager
def in_time(way_out: str) -> Iterator[None]:
    """Around reading that may have no index to go by."""
    try:
        with within(LANGFUSE_TIMEOUT_MS):
            yield
    except TooLong:
        raise Invalid(f"This took too long to find. {way_out}") from None


def moment_of(request: HttpRequest, name: str) -> datetime | None:
    """Return the time of a parameter, or None if it is not given. Raise Invalid for anything else."""
    text = request.GET.get(name)
    at = moment(text)
    if text and (at is None or not in_calendar(at)):
        raise Invalid(f"{name}: an ISO 8601 time in the years {FIRST_YEAR} to {LAST_YEAR}")
    return at


def _whole(request: HttpRequest, name: str, default: int, highest: int) -> int:
    number = whole_number(request.GET.get(name, str(default)), 1, highest)
    if number is None:
        raise Invalid(f"{name}: a whole number from 1 to {highest}")
    return number


def stamp(at: datetime | None) -> str | None:
    return None if at is None else at.isoformat(timespec="milliseconds").replace("+00:00", "Z")
