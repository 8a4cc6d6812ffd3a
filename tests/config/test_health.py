"""/healthz says that this process lives; /readyz that the installation takes data and works them off."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from celery.signals import heartbeat_sent
from django.core.cache import cache
from django.db import DatabaseError, connection
from django.test import Client
from pytest_django import Settings

from config.celery import app
from config.health import BEAT, CHECKS, HEARTBEAT, note_beat, note_heartbeat
from config.schedule import Scheduler


@pytest.fixture(autouse=True)
def no_worker_and_no_beat() -> Iterator[None]:
    cache.delete_many([HEARTBEAT, BEAT])
    yield
    cache.delete_many([HEARTBEAT, BEAT])


def test_healthz_asks_no_database(client: Client) -> None:
    # Without the `db` fixture pytest-django refuses every query.
    assert client.get("/healthz").status_code == 200


def test_readyz_is_happy_when_a_worker_and_beat_were_heard(client: Client, db: None) -> None:
    note_heartbeat()
    note_beat()
    answer = client.get("/readyz")

    assert answer.status_code == 200
    assert answer.json() == {"ready": True, "checks": dict.fromkeys(CHECKS, "ok")}


def test_readyz_misses_the_worker(client: Client, db: None) -> None:
    answer = client.get("/readyz")

    assert answer.status_code == 503
    assert answer.json()["checks"]["database"] == "ok"
    assert "no sign of life" in answer.json()["checks"]["worker"]


def test_readyz_tells_a_dead_beat_from_a_dead_worker(client: Client, db: None) -> None:
    note_heartbeat()
    without_beat = client.get("/readyz").json()["checks"]
    cache.delete(HEARTBEAT)
    note_beat()
    without_worker = client.get("/readyz").json()["checks"]

    assert (without_beat["worker"], without_worker["beat"]) == ("ok", "ok")
    assert "is beat running?" in without_beat["beat"]
    assert "is a Celery worker running?" in without_worker["worker"]


def test_beat_gives_a_sign_with_each_look_at_the_clock(tmp_path: Path) -> None:
    Scheduler(app, schedule={}, schedule_filename=str(tmp_path / "schedule")).tick()

    assert cache.get(BEAT)


def test_a_worker_gives_a_sign_from_the_loop_that_hands_out_work() -> None:
    app.loader.import_default_modules()
    heartbeat_sent.send(sender=None)

    assert cache.get(HEARTBEAT)


def test_no_sign_of_life_is_worth_an_error_while_redis_is_away(settings: Settings) -> None:
    settings.CACHES = {"default": settings.CACHES["default"] | {"LOCATION": "redis://127.0.0.1:1/0"}}

    note_heartbeat()
    note_beat()


def test_readyz_misses_the_broker_without_telling_where_it_is(client: Client, db: None, settings: Settings) -> None:
    settings.CACHES = {"default": settings.CACHES["default"] | {"LOCATION": "redis://:secret@127.0.0.1:1/0"}}
    answer = client.get("/readyz")

    assert answer.status_code == 503
    assert "does not answer" in answer.json()["checks"]["broker"]
    assert "secret" not in answer.content.decode()


def test_readyz_misses_the_database(client: Client, db: None) -> None:
    def refuse(*_: object) -> None:
        raise DatabaseError("the server closed the connection")

    note_heartbeat()
    note_beat()
    with connection.execute_wrapper(refuse):
        answer = client.get("/readyz")

    assert answer.status_code == 503
    assert answer.json()["checks"] == dict.fromkeys(CHECKS, "ok") | {"database": "does not answer (DatabaseError)"}
