"""A parameter without a value is refused by its name, whatever is asked: it must not look like no filter."""

import re
from typing import Any

import pytest
from django.test import Client

from tests.conftest import Key
from tests.sessions.test_openapi import DOCUMENT, OPERATIONS

pytestmark = pytest.mark.django_db
KEYLESS = "/api/v1/installation"
OURS = [
    (
        path,
        method,
        [
            one["name"]
            for one in DOCUMENT["paths"][path][method].get("parameters", ())
            if one["in"] == "query" and not one["name"].endswith("cursor")
        ],
    )
    for path, method in OPERATIONS
    if path != KEYLESS
]


@pytest.mark.parametrize(("path", "method", "names"), [row for row in OURS if row[2]])
def test_what_has_no_value_is_named(client: Client, key: Key, path: str, method: str, names: list[str]) -> None:
    address = re.sub(r"{\w+_id}", "0b0e5b0e-0000-4000-8000-000000000000", path)
    for name in {*names[:3], *names[-9:]}:
        answer: Any = client.generic(
            method.upper(), f"{address}?{name}=", "{}", "application/json", headers={"Authorization": key.bearer}
        )
        assert (answer.status_code, list(answer.json()["errors"])) == (400, [name]), name


def test_every_list_is_asked() -> None:
    assert len([row for row in OURS if row[2]]) > 15


def test_a_value_beside_an_empty_one_does_not_hide_it(client: Client, key: Key) -> None:
    answer: Any = client.get("/api/v1/sessions?tags=vip&tags=", headers={"Authorization": key.bearer})
    assert (answer.status_code, list(answer.json()["errors"])) == (400, ["tags"])


def test_an_empty_cursor_is_the_beginning(client: Client, key: Key) -> None:
    for path in ("sessions", "traces", "spans", "scores", "comments"):
        answer: Any = client.get(f"/api/v1/{path}?cursor=", headers={"Authorization": key.bearer})
        assert answer.status_code == 200, path
