"""/healthz says that this process lives; /readyz that the installation takes data and works them off."""

from collections.abc import Iterator

import pytest
from django.core.cache import cache
from django.db import DatabaseError, connection
from django.test import Client
from pytest_django import Settings

from config.health import HEARTBEAT
from config.tasks import heartbeat


@pytest.fixture(autouse=True)
def no_worker() -> Iterator[None]:
    cache.delete(HEARTBEAT)
    yield
    cache.delete(HEARTBEAT)


def test_healthz_asks_no_database(client: Client) -> None:
    # Without the `db` fixture pytest-django refuses every query.
    assert client.get("/healthz").status_code == 200


def test_readyz_is_happy_when_a_worker_was_heard(client: Client, db: None) -> None:
    heartbeat()
    answer = client.get("/readyz")

    assert answer.status_code == 200
    assert answer.json() == {"ready": True, "checks": {"database": "ok", "broker": "ok", "worker": "ok"}}


def test_readyz_misses_the_worker(client: Client, db: None) -> None:
    answer = client.get("/readyz")

    assert answer.status_code == 503
    assert answer.json()["checks"]["database"] == "ok"
    assert "no sign of life" in answer.json()["checks"]["worker"]


def test_readyz_misses_the_broker_without_telling_where_it_is(client: Client, db: None, settings: Settings) -> None:
    settings.CACHES = {"default": settings.CACHES["default"] | {"LOCATION": "redis://:secret@127.0.0.1:1/0"}}
    answer = client.get("/readyz")

    assert answer.status_code == 503
    assert "does not answer" in answer.json()["checks"]["broker"]
    assert "secret" not in answer.content.decode()


def test_readyz_misses_the_database(client: Client, db: None) -> None:
    def refuse(*_: object) -> None:
        raise DatabaseError("the server closed the connection")

    heartbeat()
    with connection.execute_wrapper(refuse):
        answer = client.get("/readyz")

    assert answer.status_code == 503
    assert answer.json()["checks"] == {"database": "does not answer (DatabaseError)", "broker": "ok", "worker": "ok"}
