"""No value of a path, a parameter, a form or a body makes any route answer that the fault is ours.

Which parameters a route reads is learned by watching it read them, so a new one is tried without a line here. By
default each place is tried with a few of the values, and the next place with another few; CONFAB_VALUES=1 tries every
value everywhere."""

import itertools
import json
import logging
import os
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import partial
from typing import Any
from urllib.parse import quote

import pytest
from django.db import transaction
from django.http import HttpResponse, QueryDict
from django.test import Client
from pytest_django.fixtures import Settings

from sessions.listing.filters import filters
from tests.isolation.conftest import World, bearer, signed_in
from tests.isolation.routes import ROUTES, Owed, every_route
from tests.isolation.test_routes import PLACEHOLDER, body_of, key_of, path_of

IS_WHOLE = "CONFAB_VALUES" in os.environ
FEW = 2
FILTERED = "api/v1/sessions"  # every list reads the same filters: they are tried on one
NEVER = "+23:59"  # before the first day and after the last one of every calendar, in UTC
TEXTS = (
    *("²", "١٢", "9" * 30, "9" * 5_000, "-1", "1e400", "NaN", "a\x00b", "x" * 10_000, "[" * 5_000),
    *("0001-01-01T00:00:00" + NEVER, "9999-12-31T23:59:59-23:59", "0001-01-01", "9999-12-31", "-99999999d"),
    *("metadata." + "a." * 950 + "a = 1", "has:metadata." + "a." * 950 + "a", "(" * 1_900, "-" * 1_900 + "a"),
    *("cost > " + "9" * 40, "span(tokens>9999999999999999999)", "started > 0001-01-01T00:00:00" + NEVER, "tokens>²"),
    *("0~0001-01-01T00:00:00" + NEVER + "~2026-01-01T00:00:00Z~t1", "2026-13-41T00:00:00Z", "2026-01-01T00:00:00"),
    # A cursor of the list whose time no time zone has.
    "WyItdXBkYXRlZF9hdCIsdHJ1ZSwiMDAwMS0wMS0wMVQwMDowMDowMCsyMzo1OSIsInMxIl0",
)
SPELLED = (*map(quote, TEXTS), "%ED%A0%80", "%FF%FE")
JSON_VALUES = (
    *('"²"', '"a\\u0000b"', '"\\ud800"', "9" * 30, "9" * 4_000, "1e400", "NaN", "-1", "true", "null", '""', "1.5"),
    *("[]", "{}", "[[]]", '["\\u0000"]', '["\\ud800"]', '{"\\u0000": 1}', '{"\\ud800": 1}', "[1]", '{"a": {"b": []}}'),
    *('"0001-01-01T00:00:00+23:59"', '"9999-12-31T23:59:59-23:59"', '"' + "x" * 10_000 + '"'),
    *("[" * 50 + "]" * 50, '{"a":' * 99 + "1" + "}" * 99),
)
BODIES = (
    *("[" * 200_000, '{"a":' * 200_000, "[" * 200_000 + "]" * 200_000, '{"a":' + "[" * 900 + "]" * 900 + "}"),
    *("[]", "1", '"x"', "NaN", "", '{"\\u0000": "\\u0000"}', '{"\\ud800": "\\ud800"}', '{"a": ' + "9" * 5_000 + "}"),
)
SCORE: dict[str, Any] = {"id": "x", "name": "n", "value": 1.0, "traceId": "t1", "dataType": "NUMERIC", "metadata": {}}
SCORE |= {"comment": "c", "configId": "c", "observationId": "a", "environment": "e", "timestamp": "", "queueId": "q"}
CONFIG: dict[str, Any] = {"name": "n", "dataType": "CATEGORICAL", "categories": [{"value": 1, "label": "a"}]}
CONFIG |= {"description": "d", "minValue": 1, "maxValue": 2, "isArchived": False}
# The fields of the bodies that routes read, by how the route ends.
FIELDS: dict[str, dict[str, Any]] = {
    "v1/evaluators/score": {"traceId": "t1", "name": "quality", "score": 1},
    "v1/tag": {"traceId": "t1", "spanId": "a", "names": ["a"]},
    "traces/metadata": {"traceId": "t1", "metadata": {"a": 1}},
    "api/public/media": {"traceId": "t1", "contentType": "text/plain", "contentLength": 3, "sha256Hash": "x" * 44},
    "scores": SCORE,
    "api/v1/scores": {
        "name": "n",
        "value": 1,
        "trace_id": "t1",
        "data_type": "NUMERIC",
        "timestamp": "",
        "config_id": "c",
    },
    "score-configs": CONFIG,
    "score-configs/<str:config_id>": CONFIG,
    "api/v1/score-configs": {"name": "n", "data_type": "NUMERIC", "min_value": 1, "max_value": 2, "categories": []},
    "comments": {"objectType": "TRACE", "objectId": "t1", "content": "x", "authorUserId": "1", "traceId": "t1"},
    "api/v1/comments": {"object_type": "TRACE", "object_id": "t1", "content": "x", "author": "1"},
    "annotation-queues": {"name": "n", "description": "d", "scoreConfigIds": []},
    "items": {"objectType": "TRACE", "objectId": "t1", "status": "PENDING"},
    "items/<str:item_id>": {"status": "PENDING"},
    "api/v1/review-queues/<str:queue_id>/items": {"session_ids": ["s1"]},
    "assignments": {"userId": "1"},
    "api/v1/erasures": {"user_id": "u"},
    "api/v1/sessions/<id:session_id>": {"labels": ["vip"], "status": "open", "assignee": "a@example.com"},
    "translation": {"to": "de", "from": "en", "more": 1, "provider": "x"},
    "api/public/ingestion": {"batch": [{"id": "1", "type": "score-create", "body": SCORE}]},
}


@dataclass
class Attack:
    """Sends one request after the other, undoing each, and keeps which of them were answered as a fault of ours."""

    world: World
    client: Client
    key: dict[str, str]
    names: set[str] = field(default_factory=set)  # of the parameters that were read since they were last taken
    faults: list[str] = field(default_factory=list)
    turn: Iterator[int] = field(default_factory=itertools.count)

    def some(self, values: tuple[str, ...]) -> Iterable[str]:
        """All of them, or the next few of the circle."""
        return values if IS_WHOLE else [values[(next(self.turn) * 7) % len(values)] for _ in range(FEW)]

    def on(self, route: str) -> None:
        owed = ROUTES[key_of(route)]
        for method in owed.methods:
            self._on_path(route, method, owed)
            self._on_parameters(route, method, path_of(route, owed, self.world))
            if method != "GET" and is_machine(route):
                self._on_body(route, method, path_of(route, owed, self.world))

    def _on_path(self, route: str, method: str, owed: Owed) -> None:
        for found in () if owed.path else PLACEHOLDER.finditer(route):
            for value in self.some(SPELLED):
                values = self.world.values | {found[1]: value.replace("/", "%2F")}
                self.ask(method, f"/{PLACEHOLDER.sub(partial(_chosen, values), route)}{owed.query}")

    def _on_parameters(self, route: str, method: str, path: str) -> None:
        bare, _, query = path.partition("?")
        given = dict(pair.split("=", 1) for pair in query.split("&") if pair)
        self.names.clear()
        self.ask(method, path)
        tried = {"csrfmiddlewaretoken"}
        is_list = "sort" in self.names and (IS_WHOLE or route == FILTERED)
        known = self.names | set(given) | (set(filters()) if is_list else set())
        while left := sorted(known - tried):
            for name in left:
                rest = "".join(f"&{other}={value}" for other, value in given.items() if other != name)
                for value in self.some(SPELLED):
                    self.ask(method, f"{bare}?{name}={value}{rest}")
                    if method != "GET" and not is_machine(route):
                        self.ask(method, path, f"{name}={value}")
            tried |= set(left)
            known |= self.names - (set() if is_list else set(filters()))

    def _on_body(self, route: str, method: str, path: str) -> None:
        for body in self.some(BODIES):
            self.ask(method, path, body)
        fields = next((FIELDS[end] for end in sorted(FIELDS, key=len, reverse=True) if route.endswith(end)), {})
        for name, value in itertools.product(fields, self.some(JSON_VALUES)):
            others = {other: kept for other, kept in fields.items() if other != name}
            self.ask(method, path, json.dumps({name: 0, **others}).replace(": 0", f": {value}", 1))

    def ask(self, method: str, path: str, body: str | None = None) -> None:
        is_json = is_machine(path[1:])
        content = ("{}" if is_json else "") if body is None else body
        savepoint = transaction.savepoint()
        answer: HttpResponse = self.client.generic(  # type: ignore[assignment]
            method,
            path,
            b"" if method == "GET" else content.encode(),
            content_type="application/json" if is_json else "application/x-www-form-urlencoded",
            headers=self.key if is_json else {},
        )
        body_of(answer)
        transaction.set_rollback(False)
        transaction.savepoint_rollback(savepoint)
        if answer.status_code >= 500 and not path.startswith("/readyz"):
            self.faults.append(f"{answer.status_code} {method} {path[:150]} {'' if body is None else body[:150]}")


def _chosen(values: dict[str, object], placeholder: re.Match[str]) -> str:
    return str(values[placeholder[1]])


def is_machine(route: str) -> bool:
    return route.startswith(("api/", "v1/"))


@pytest.mark.timeout(3_000)
def test_no_value_makes_a_route_answer_that_the_fault_is_ours(
    world: World, monkeypatch: pytest.MonkeyPatch, settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    settings.REQUESTS_PER_SECOND = 0
    attack = Attack(world, signed_in(world.owner), bearer(world.project))
    attack.client.raise_request_exception = False
    for name in ("get", "getlist", "__getitem__", "__contains__"):
        monkeypatch.setattr(QueryDict, name, watched(getattr(QueryDict, name), attack.names))
    caplog.set_level(logging.WARNING, "projects.refusals")
    for route in sorted(set(every_route())):
        if not route.startswith("admin/"):
            attack.on(route)

    late = {record.getMessage() for record in caplog.records if record.name == "projects.refusals"}
    assert attack.faults == []
    assert late <= {text for text in late if "FileNotFoundError" in text}, "nobody but the database refused a value"


DEEP, AT = "[" * 200_000, "2026-01-01T00:00:00Z"
NAMED: list[tuple[str, str, str, int]] = [  # those that once were answered so, with what each is owed
    *(("POST", f"/api/v1/{path}", DEEP, 400) for path in ("erasures", "scores", "comments", "score-configs")),
    ("POST", "/api/v1/score-configs", '{"name": "n", "data_type": "NUMERIC", "min_value": NaN}', 400),
    ("POST", "/api/public/scores", '{"name": "n", "value": 1, "traceId": "t1", "dataType": []}', 400),
    ("POST", "/api/public/comments", '{"objectType": "TRACE", "objectId": "t1", "content": "\\ud800"}', 200),
    ("POST", "/api/public/comments", '{"objectType": "TRACE", "objectId": "t1", "content": "\\u0000"}', 400),
    ("GET", "/api/public/comments?authorUserId=%C2%B2", "", 200),
    ("GET", "/api/public/observations?fromStartTime=0001-01-01", "", 400),
    ("GET", "/api/public/media/%00", "", 400),
    ("GET", "/api/v1/sessions?created_at__gte=0001-01-01T00:00:00%2B23:59", "", 400),
    ("GET", f"/api/v1/sessions?q=metadata.{'a.' * 950}a%20=%201", "", 400),
    ("GET", f"/api/v1/export?format=csv&q=metadata.{'a.' * 950}a%20=%201", "", 400),
    ("GET", f"/project/<id>/sessions?q=metadata.{'a.' * 950}a%20=%201", "", 200),  # a list that says why it is empty
    ("GET", "/project/<id>/dashboard?unpriced_count__gte=" + "9" * 30, "", 200),
    ("GET", "/project/<id>/users?error_count__gte=" + "9" * 30, "", 200),
    ("GET", "/project/<id>/traces?since=0001-01-01T00:00", "", 200),
    ("GET", "/project/<id>/sessions?from=1900-01-01&to=2999-12-31", "", 200),
    ("GET", "/project/<id>/dashboard?from=1900-01-01&to=2999-12-31", "", 200),
    (
        "GET",
        "/project/<id>/sessions/s1?live=1~2026-01-01T00:00:00Z~2026-01-01T00:00:00Z~t1&seen=2026-13-01T00:00:00Z",
        "",
        200,
    ),
]


@pytest.mark.parametrize(("method", "path", "body", "status"), NAMED)
def test_what_was_once_answered_as_a_fault_is_answered_with_a_reason(
    world: World, method: str, path: str, body: str, status: int
) -> None:
    client = signed_in(world.owner)
    headers = bearer(world.project) if path.startswith("/api/") else {}

    answer = client.generic(
        method,
        path.replace("<id>", str(world.project.pk)),
        body.encode(),
        content_type="application/json",
        headers=headers,
    )

    assert answer.status_code == status, body_of(answer)[:500]  # type: ignore[arg-type]


def watched(read: Any, names: set[str]) -> Any:
    def reading(params: QueryDict, name: str, *rest: Any) -> Any:
        if name:
            names.add(name)
        return read(params, name, *rest)

    return reading
