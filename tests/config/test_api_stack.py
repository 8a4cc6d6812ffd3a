"""One API stack: every address that programs use is a view of Django REST framework that asks for a key."""

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.conf import settings
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import URLPattern, URLResolver, get_resolver
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.test import APIRequestFactory
from rest_framework.views import APIView

from projects.models import Project
from sessions.api.langfuse.faces import answer_client
from sessions.api.v1.document import DocumentEndpoint
from sessions.api.v1.failures import answer
from sessions.api.v1.installation import HoldsToken, InstallationEndpoint
from tests.conftest import Key
from tests.tracing import otlp
from tests.tracing.reports import call
from tracing.ingest import intake
from tracing.ingest.http.edge import MACHINE_PATHS
from tracing.ingest.http.media import DownloadFile, HoldsSignedUrl, UploadFile
from tracing.ingest.http.projects import ServerHealth
from tracing.ingest.pipeline import ingest
from tracing.ingest.rest.failures import answer_sdk
from tracing.ingest.rest.keys import KeyAuthentication, KeyScope
from tracing.ingest.rest.throttles import KeyThrottle, QuotaThrottle
from tracing.ingest.rest.views import VIEW_METHODS, KeyView
from tracing.ingest.slots import IngestSlots

PREFIXES = (*MACHINE_PATHS, "/api/")
KEYLESS = {
    ServerHealth: AllowAny,
    DocumentEndpoint: AllowAny,
    UploadFile: HoldsSignedUrl,
    DownloadFile: HoldsSignedUrl,
    InstallationEndpoint: HoldsToken,
}
COUNTED = {"v1/traces", "v1/logs", "api/public/otel/v1/traces", "api/public/ingestion", "api/public/media"}
HANDLERS = {"v1": answer, "mcp": answer, "langfuse": answer_client, "http": answer_sdk}  # by the room of the view


def patterns(resolver: URLResolver | None = None, prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Yield every route of the site map with what answers it."""
    for entry in (resolver or get_resolver()).url_patterns:
        route = prefix + str(entry.pattern)
        if isinstance(entry, URLPattern):
            yield route, entry.callback
        else:
            yield from patterns(entry, route)


def is_for_programs(route: str, callback: Any) -> bool:
    return f"/{route.removeprefix('^(?:')}".startswith(("/v1|", *PREFIXES)) or hasattr(callback, "cls")


ROUTES = {route: callback for route, callback in patterns() if is_for_programs(route, callback)}


def methods_of(view: type[APIView]) -> set[str]:
    return {
        method for method in VIEW_METHODS if method.lower() in view.http_method_names and hasattr(view, method.lower())
    }


def test_the_routes_of_programs_are_found() -> None:
    assert {"v1/traces", "api/public/ingestion", "api/v1/", "^(?:v1|api/public|api/platform)/"} < set(ROUTES)
    assert len(ROUTES) > 60


@pytest.mark.parametrize("route", sorted(ROUTES))
def test_a_route_of_programs_asks_for_a_key_its_scope_and_its_rate_and_answers_failures(route: str) -> None:
    view = getattr(ROUTES[route], "cls", None)
    assert view is not None, f"{route} is no view of Django REST framework"
    assert not ROUTES[route].initkwargs, f"{route} changes what its class says"
    room = view.__module__.split(".")[-2]
    assert view().get_exception_handler() is HANDLERS[room], f"{route} answers failures in other words than its face"
    if view in KEYLESS:
        assert list(view.permission_classes) == [KEYLESS[view]]
        return
    assert issubclass(view, KeyView), f"{route} is no KeyView"
    assert list(view.authentication_classes) == [KeyAuthentication], route
    assert view.permission_classes[0] is KeyScope, route
    assert list(view.throttle_classes) == [KeyThrottle, *([QuotaThrottle] if route in COUNTED else [])], route
    assert methods_of(view), f"{route} answers nothing"
    assert methods_of(view) <= set(view.scopes), f"{route} names no scope for one of its methods"


def test_routes_of_the_platform_ask_whose_path_it_is() -> None:
    named = {route: callback.cls for route, callback in ROUTES.items() if "<str:organization_id>" in route}
    assert len(named) > 10
    for route, view in named.items():
        assert "KeysOwnProject" in {permission.__name__ for permission in view.permission_classes}, route


class Forgotten(APIView):
    """A view that says nothing about who may use it."""

    def get(self, request: Request) -> Response:
        return Response({"secret": True})


class ForgottenScope(KeyView):
    """A view behind a key that names no scope."""

    def get(self, request: Request) -> Response:
        return Response({"secret": True})


@pytest.mark.django_db
@pytest.mark.parametrize("view", [Forgotten, ForgottenScope])
def test_a_view_that_forgets_its_permission_refuses_everybody(view: type[APIView], key: Key) -> None:
    for headers, status in (({}, 401), ({"Authorization": key.bearer}, 403)):
        answered = view.as_view()(APIRequestFactory().get("/api/v1/forgotten", headers=headers))
        assert (answered.status_code, "secret" in answered.data) == (status, False)


CONFIG = {"name": "quality", "data_type": "NUMERIC"}
COMMENT = {"object_type": "TRACE", "object_id": "t", "content": "hm"}
QUEUE = {"name": "Weekly", "score_config_ids": []}
SCORE = {"id": "x", "name": "quality", "value": 1, "traceId": "t"}


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "/api/public/score-configs", CONFIG),
        ("POST", "/api/v1/score-configs", CONFIG),
        ("POST", "/api/public/comments", COMMENT),
        ("POST", "/api/v1/comments", COMMENT),
        ("POST", "/api/public/annotation-queues", QUEUE),
        ("POST", "/api/public/scores", SCORE),
        ("DELETE", "/api/public/scores/there", None),
        ("DELETE", "/api/v1/scores/there", None),
        ("POST", "/api/public/ingestion", {"batch": []}),
        ("GET", "/api/public/traces", None),
        ("GET", "/api/v1/sessions", None),
    ],
)
def test_a_request_looks_its_key_up_once(
    client: Client, key: Key, project: Project, method: str, path: str, body: object
) -> None:
    client.post("/api/public/scores", SCORE | {"id": "there"}, "application/json", headers={"Authorization": key.basic})
    with CaptureQueriesContext(
        connection,
    ) as captured:
        answered = client.generic(
            method, path, json.dumps(body), "application/json", headers={"Authorization": key.basic}
        )
    assert answered.status_code in (200, 207), answered.content
    looked_up = [query["sql"] for query in captured if "FROM api_key" in query["sql"]]
    assert len(looked_up) == 1, looked_up


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/api/public/scores", SCORE),
        ("/api/public/scores", [SCORE]),
        ("platform/scores", SCORE),
        ("/api/v1/scores", SCORE),
        ("/api/public/ingestion", {"batch": []}),
        ("/v1/traces", {}),
        ("/v1/logs", {}),
        ("/v1/metrics", {}),
        ("/v1/tag", {"traceId": "t", "names": ["vip"]}),
        ("/v1/traces/metadata", {"traceId": "t", "metadata": {"a": 1}}),
    ],
)
def test_every_report_waits_for_a_place(
    client: Client, key: Key, project: Project, monkeypatch: pytest.MonkeyPatch, path: str, body: object
) -> None:
    ingest(project.pk, [call("t", "a")])
    path = path.replace("platform", f"/api/platform/v1/organizations/{project.organization_id}/projects/{project.pk}")
    monkeypatch.setattr(intake, "_slots", IngestSlots(1, most_present=1))

    def send() -> int:
        content_type, headers = "application/json", {"Authorization": key.basic}
        answered = client.post(path, json.dumps(body), content_type=content_type, headers=headers)
        assert answered.status_code != 503 or answered.headers["Retry-After"] == "1"
        return answered.status_code

    with intake.slot(project):
        assert send() == 503
    assert send() < 300


@pytest.mark.django_db
def test_a_refusal_is_in_the_words_of_its_face_and_content_type(client: Client, key: Key) -> None:
    headers = {"Authorization": "Bearer sk-nobody"}
    packed = client.post("/v1/traces", b"x", content_type=otlp.PROTOBUF, headers=headers)
    said = client.post("/api/public/ingestion", b"{}", content_type="application/json", headers=headers)
    read = client.get("/api/v1/sessions", headers=headers)
    wrong = client.get("/api/public/ingestion", headers={"Authorization": key.basic})

    assert (packed.status_code, packed.headers["Content-Type"], packed.content[:2]) == (401, otlp.PROTOBUF, b"\x08\x10")
    assert set(said.json()) == {"success", "code", "message", "error"}
    assert set(read.json()) == {"type", "title", "status", "detail", "code"}
    assert {answered.headers["WWW-Authenticate"] for answered in (packed, said, read)} == {
        'Basic realm="Confab API key"'
    }
    assert (wrong.status_code, wrong.headers["Allow"]) == (405, "POST")


def documented() -> set[tuple[str, str]]:
    """Return the methods and paths of our own in the tables of docs/api.md, without the names of ids."""
    found = set()
    for row in re.findall(r"^\| (`.*?) \|", (settings.BASE_DIR / "docs" / "api.md").read_text(), re.MULTILINE):
        methods: list[str] = []
        base = ""
        for method, path in re.findall(r"`([A-Z]+)(?: ([^`?]+)[^`]*)?`", row):
            methods.append(method)
            if path:
                base = base or path
                found |= {(one, re.sub(r"{\w+}", "{}", path.replace("…", base))) for one in methods}
                methods = []
    return {(method, path) for method, path in found if path.startswith("/api/v1/")}


def test_every_endpoint_of_our_own_api_stands_in_its_document() -> None:
    routed = {
        (method, "/" + re.sub(r"<[^>]+>", "{}", route))
        for route, callback in ROUTES.items()
        if route.startswith("api/v1/") and route != "api/v1/"
        for method in methods_of(callback.cls)
    }
    assert len(routed) > 25
    assert documented() == routed
