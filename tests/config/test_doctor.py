"""`manage.py doctor` says what is wrong before anything starts, and no secret."""

import os
import subprocess
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import psycopg
import pytest
import redis
from django.conf import settings

from tests.live import MANAGE, free_port, own_database

ROOT = Path(__file__).resolve().parents[2]


def doctor(**variables: str) -> tuple[int, str]:
    """The exit code and the report for a configuration that has these variables of ours alone."""
    ours = ("CONFAB_", "DATABASE_URL", "REDIS_URL")
    foreign = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
    environment = foreign | {"CONFAB_DATA": "/nonexistent/data"} | variables
    done = subprocess.run([*MANAGE, "doctor"], env=environment, capture_output=True, text=True, cwd=ROOT)
    assert "Traceback" not in done.stderr, done.stderr
    return done.returncode, done.stdout + done.stderr


def test_nothing_is_needed_for_the_embedded_servers() -> None:
    code, report = doctor()

    assert code == 0
    assert "ok       DATABASE_URL is not set: `up` starts its own PostgreSQL" in report
    assert "ok       REDIS_URL is not set" in report
    assert "WRONG" not in report


@pytest.mark.parametrize(
    ("variables", "line"),
    [
        ({"CONFAB_BASE_ULR": "https://x"}, "careful  CONFAB_BASE_ULR is no variable of Confab"),
        ({"CONFAB_BASE_ULR": "https://x"}, "Did you mean CONFAB_BASE_URL?"),
        ({"CONFAB_DEBUG": "1"}, "WRONG    CONFAB_DEBUG is on"),
        ({"CONFAB_ALLOWED_HOSTS": "*"}, "careful  CONFAB_ALLOWED_HOSTS allows any name"),
        ({"CONFAB_SECRET_KEY": "hunter2hunter2"}, "careful  CONFAB_SECRET_KEY is short"),
        ({"CONFAB_BASE_URL": "http://confab.example.com"}, "careful  CONFAB_BASE_URL has no TLS"),
        ({"CONFAB_BASE_URL": "https://confab.example.com"}, "careful  CONFAB_TRUSTED_PROXIES is 0"),
        ({"CONFAB_SIGN_UP": "open"}, "WRONG    CONFAB_EMAIL_URL names no server"),
        ({"CONFAB_EMAIL_URL": "smtp://u:hunter2hunter2@mail:25"}, "ok       CONFAB_EMAIL_URL names a server"),
        ({"CONFAB_OIDC_URL": "http://127.0.0.1:9/hunter3"}, "WRONG    CONFAB_OIDC_URL does not answer"),
        ({"CONFAB_METRICS_TOKEN": "hunter2"}, "CONFAB_METRICS_TOKEN: it must have at least 16 characters"),
    ],
)
def test_a_fault_is_named_with_its_variable_and_never_with_a_secret(variables: dict[str, str], line: str) -> None:
    code, report = doctor(**variables)

    assert line in report
    assert code == ("WRONG" in line or "METRICS" in line)
    assert "hunter2" not in report


def test_the_provider_of_single_sign_on_is_asked_and_the_redirect_address_said(tmp_path: Path) -> None:
    described = tmp_path / "realms" / "acme" / ".well-known"
    described.mkdir(parents=True)
    (described / "openid-configuration").write_text('{"authorization_endpoint": "https://sso.example.com/auth"}')
    handler = partial(SimpleHTTPRequestHandler, directory=str(tmp_path))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        issuer = f"http://127.0.0.1:{server.server_port}/realms/acme"
        _, report = doctor(CONFAB_OIDC_URL=issuer, CONFAB_BASE_URL="https://confab.example.com")
        server.shutdown()

    assert "ok       CONFAB_OIDC_URL answers" in report
    assert "https://confab.example.com/sign-in/oidc/oidc/callback" in report


def test_servers_that_are_away_are_said_without_their_passwords() -> None:
    port = free_port()
    code, report = doctor(
        DATABASE_URL=f"postgresql://confab:hunter2@127.0.0.1:{port}/confab",
        REDIS_URL=f"redis://:hunter2@127.0.0.1:{port}/0",
    )

    assert code == 1
    assert "WRONG    DATABASE_URL cannot be used" in report
    assert "WRONG    REDIS_URL cannot be used" in report
    assert "hunter2" not in report


@pytest.fixture
def database() -> Iterator[str]:
    with own_database() as url:
        yield url


def alter(url: str, change: str) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(f"DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET {change}', current_database()); END $$")


def test_an_empty_database_of_ones_own_is_fine_but_for_its_migrations(database: str) -> None:
    code, report = doctor(DATABASE_URL=database)

    assert code == 0, report
    assert "ok       PostgreSQL is version 1" in report
    assert "careful  Migrations" in report
    assert "random_page_cost" not in report


def test_settings_that_make_plans_slow_are_named(database: str) -> None:
    alter(database, "random_page_cost = 4")
    alter(database, "jit = on")
    code, report = doctor(DATABASE_URL=database)

    assert code == 0
    assert "careful  random_page_cost is too large" in report
    assert "ALTER SYSTEM SET random_page_cost" in report
    assert "careful  jit is on" in report


def test_a_database_that_takes_no_writes_is_wrong(database: str) -> None:
    alter(database, "default_transaction_read_only = on")
    code, report = doctor(DATABASE_URL=database)

    assert code == 1
    assert "WRONG    Database takes no writes" in report


def test_a_redis_that_drops_messages_is_named() -> None:
    client = redis.Redis.from_url(str(settings.CACHES["default"]["LOCATION"]))
    before = client.config_get("maxmemory-policy")["maxmemory-policy"]
    assert "maxmemory-policy is" not in doctor(REDIS_URL=settings.REDIS_URL)[1]
    client.config_set("maxmemory-policy", "allkeys-lru")
    try:
        code, report = doctor(REDIS_URL=settings.REDIS_URL)
    finally:
        client.config_set("maxmemory-policy", before)

    assert code == 0
    assert "careful  maxmemory-policy is allkeys-lru" in report


def test_a_storage_that_takes_no_file_is_wrong(tmp_path: Path) -> None:
    (tmp_path / "files").write_text("no directory")
    code, report = doctor(CONFAB_DATA=str(tmp_path))
    assert code == 1
    assert "WRONG    Storage of files does not work" in report

    (tmp_path / "files").unlink()
    code, report = doctor(CONFAB_DATA=str(tmp_path))
    assert code == 0
    assert "ok       Storage of files takes files" in report
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]
