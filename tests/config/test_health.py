"""/healthz says that this process lives; /readyz that the installation takes data and works them off."""

import logging
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from threading import Event

import pytest
from celery.signals import heartbeat_sent
from django.core.cache import cache
from django.db import OperationalError, connection, connections
from django.test import Client
from django.utils import timezone
from psycopg.errors import LockNotAvailable
from pytest_django import Settings

from config.celery import app
from config.health import BEAT, CHECKS, FRESH_SECONDS, HEARTBEAT, LAG_SECONDS, PAGE_SECONDS, note_beat, note_heartbeat
from config.probing import Probe, answers
from config.schedule import Scheduler
from config.storage_checks import LITTLE_MEMORY, WRITE_MILLISECONDS, WRITE_PROBE_SQL
from projects.models import Project, User
from tests.patience import least
from tracing.ingest.faults import MAX_QUIET_FAILURES, faults
from tracing.lists.bounded import within
from tracing.models import DirtyMark


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


def test_no_sign_of_life_is_worth_an_error_while_redis_is_away(
    settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    settings.CACHES = {"default": settings.CACHES["default"] | {"LOCATION": "redis://127.0.0.1:1/0"}}

    note_heartbeat()
    note_beat()

    assert [record for record in caplog.records if record.levelno >= logging.ERROR] == []


def test_readyz_misses_the_broker_without_telling_where_it_is(client: Client, db: None, settings: Settings) -> None:
    settings.CACHES = {"default": settings.CACHES["default"] | {"LOCATION": "redis://:secret@127.0.0.1:1/0"}}
    answer = client.get("/readyz")

    assert answer.status_code == 503
    assert "does not answer" in answer.json()["checks"]["broker"]
    assert "secret" not in answer.content.decode()


def test_readyz_misses_the_database(client: Client, db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(connections.settings["default"], "HOST", "/nonexistent")
    note_heartbeat()
    note_beat()
    time.sleep(FRESH_SECONDS)
    answer = client.get("/readyz")

    assert answer.status_code == 503
    assert answer.json()["checks"] == dict.fromkeys(CHECKS, "ok") | {
        "database": "does not answer (OperationalError)",
        "queue": "unknown: the database is not ready",
        "nodes": "unknown: the database is not ready",
    }


def test_readyz_misses_room_on_the_disk(client: Client, db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("config.storage_checks.LEAST_FREE_BYTES", 2**80)
    answer = client.get("/readyz")

    assert answer.status_code == 503
    assert "make room there" in answer.json()["checks"]["disk"]


def test_the_check_of_the_database_writes_to_its_disk(db: None) -> None:
    with within(WRITE_MILLISECONDS, work_mem=LITTLE_MEMORY), connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN ANALYZE {WRITE_PROBE_SQL}")
        plan = "\n".join(line for (line,) in cursor.fetchall())

    assert "external merge  Disk" in plan


def test_readyz_rings_when_requests_are_not_stored_until_one_is(client: Client, db: None) -> None:
    for _ in range(MAX_QUIET_FAILURES + 1):
        faults.note(OperationalError("the server closed the connection"))
    failing = client.get("/readyz").json()["checks"]["storing"]
    faults.note_stored()

    assert "the last 4 requests could not be stored (OperationalError)" in failing
    assert client.get("/readyz").json()["checks"]["storing"] == "ok"


def test_a_held_row_is_no_reason_to_ring(client: Client, db: None) -> None:
    busy = OperationalError("canceling statement due to lock timeout")
    busy.__cause__ = LockNotAvailable()
    for _ in range(20):
        faults.note(busy)

    assert client.get("/readyz").json()["checks"]["storing"] == "ok"


def test_a_check_that_hangs_holds_up_one_thread_however_many_ask() -> None:
    is_released, started = Event(), []

    def hang() -> None:
        started.append(1)
        is_released.wait(20)

    probe = {"it": Probe(hang)}
    before = time.monotonic()
    with ThreadPoolExecutor(5) as pool:
        found = list(pool.map(lambda _: answers(probe, within=0.3), range(5)))
    assert found == [{"it": None}] * 5
    assert time.monotonic() - before < 1.5
    assert len(started) == 1

    is_released.set()
    assert answers(probe) == {"it": "ok"}


@pytest.fixture
def nothing_known(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pages ask anew each time."""
    monkeypatch.setattr("config.health.PAGE_AGE_SECONDS", 0.0)
    monkeypatch.setattr("config.health.PAGE_SECONDS", 5.0)


def notices(client: Client, user: User, *paths: str) -> list[bool]:
    """Whether each of the pages says that no worker is heard."""
    client.force_login(user)
    return ["No worker is running" in client.get(path).content.decode() for path in paths]


def test_pages_tell_admins_while_no_worker_is_heard_and_nobody_else(
    client: Client, project: Project, alice: User, bob: User, nothing_known: None
) -> None:
    project_page, settings_page = f"/project/{project.pk}/sessions", f"/organization/{project.organization_id}"
    note_beat()
    assert notices(client, alice, project_page, settings_page) == [True, True]
    assert notices(client, bob, project_page) == [False]

    note_heartbeat()
    assert notices(client, alice, project_page, settings_page) == [False, False]


def test_pages_tell_admins_that_sessions_are_behind(
    client: Client, transactional_db: None, project: Project, alice: User, nothing_known: None
) -> None:
    note_heartbeat()
    note_beat()
    client.force_login(alice)
    late = timezone.now() - timedelta(seconds=LAG_SECONDS + 60)
    DirtyMark.objects.create(project_id=project.pk, target=DirtyMark.Target.SESSION, key="late", marked_at=late)

    assert "Sessions are behind their traces" in client.get(f"/project/{project.pk}/sessions").content.decode()


def test_a_page_does_not_wait_for_a_check_that_hangs(
    client: Client, project: Project, alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    client.force_login(alice)
    client.get(f"/project/{project.pk}/sessions")
    is_released = Event()
    monkeypatch.setitem(CHECKS, "queue", Probe(lambda: bool(is_released.wait(20)) and None))

    def seconds() -> float:
        started = time.monotonic()
        assert client.get(f"/project/{project.pk}/sessions").status_code == 200
        return time.monotonic() - started

    assert least(seconds, PAGE_SECONDS + 1) < PAGE_SECONDS + 1
    is_released.set()
