"""What production refuses, sends and hides."""

import logging
import os
import re
import socket
import subprocess
import sys
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from django.db import connection
from django.template.loader import render_to_string
from django.test import Client
from django.urls import reverse

from projects.masking import MaskingFormatter, masked
from projects.models import User
from tests.conftest import Key

BASE_DIR = Path(__file__).resolve().parent.parent.parent
PRODUCTION = {
    "CONFAB_DEBUG": "0",
    "CONFAB_BASE_URL": "https://confab.example.com",
    "CONFAB_TRUSTED_PROXIES": "1",
    "CONFAB_SECRET_KEY": "Vb0n2q7XwK4mZr9tLp5cYd8sHf3gJe6uAa1iRoQxTzWvNyMkB7Xd",
}


def run(*command: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *command],
        cwd=BASE_DIR,
        env={name: value for name, value in os.environ.items() if name != "DJANGO_ALLOW_ASYNC_UNSAFE"} | environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_a_command_without_a_database_says_the_way_out_and_no_password() -> None:
    result = run("manage.py", "demo", DATABASE_URL="postgresql://confab:not-to-be-read@127.0.0.1:9/confab")

    assert result.returncode == 1
    assert "./run up" in result.stderr
    assert "Traceback" not in result.stderr
    assert "not-to-be-read" not in result.stderr + result.stdout


@pytest.mark.parametrize("command", [("dump", "out.dump"), ("restore", "--no-input", "in.dump"), ("prepare",)])
def test_a_command_touches_no_server_that_nobody_named(tmp_path: Path, command: tuple[str, ...]) -> None:
    """One listens where libpq looks by itself, and hears nothing."""
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen()
        server.setblocking(False)
        by_default = {"PGHOST": "127.0.0.1", "PGPORT": str(server.getsockname()[1])}
        result = run("manage.py", *command, DATABASE_URL="", CONFAB_DATA=str(tmp_path), **by_default)
        with pytest.raises(BlockingIOError):
            server.accept()

    assert result.returncode == 1
    assert "DATABASE_URL" in result.stderr
    assert "Traceback" not in result.stderr
    assert list(tmp_path.iterdir()) == []


def test_djangos_own_deployment_checks_find_nothing() -> None:
    result = run("manage.py", "check", "--deploy", "--fail-level", "WARNING", **PRODUCTION)

    assert result.returncode == 0, result.stdout + result.stderr


@pytest.mark.parametrize("entry", ["import config.wsgi", "from config.secret_key import refuse_insecure as r; r()"])
def test_nothing_serves_with_the_secret_key_of_the_source(entry: str) -> None:
    code = f"import os; os.environ['DJANGO_SETTINGS_MODULE'] = 'config.settings'; {entry}"
    published = "insecure-key-for-tests-and-build-steps-only"

    refused = run("-c", code, **PRODUCTION | {"CONFAB_SECRET_KEY": published})
    served = run("-c", code, **PRODUCTION)

    assert refused.returncode != 0
    assert "Set CONFAB_SECRET_KEY" in refused.stderr
    assert served.returncode == 0, served.stderr


def test_build_steps_get_by_without_a_secret_key(tmp_path: Path) -> None:
    published = "insecure-key-for-tests-and-build-steps-only"

    result = run("manage.py", "makemigrations", "--check", **PRODUCTION | {"CONFAB_SECRET_KEY": published})

    assert result.returncode == 0, result.stdout + result.stderr


@pytest.mark.parametrize("path", ["/sign-in", "/organizations", "/project/1", "/nowhere"])
def test_every_page_forbids_inline_scripts_frames_and_foreign_hosts(client: Client, alice: User, path: str) -> None:
    client.force_login(alice)
    answer = client.get(path)

    policy = answer["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert answer["X-Frame-Options"] == "DENY"
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Referrer-Policy"] == "same-origin"


# A mail has no stylesheet beside it, and no page shows it: tests/projects/test_letters.py says what it must not have.
PAGES = sorted(path for path in (BASE_DIR / "templates").rglob("*.html") if path.parent.name != "mail")


@pytest.mark.parametrize("template", PAGES, ids=lambda path: path.name)
def test_no_template_needs_an_inline_script_or_style(template: Path) -> None:
    text = template.read_text()

    assert " style=" not in text
    assert "<style" not in text
    assert " onclick=" not in text
    assert "<script>" not in text


def test_forms_are_guarded_against_forgery(alice: User) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(alice)

    assert client.post(reverse("organization-create"), {"name": "Forged"}).status_code == 403


def test_a_foreign_host_name_is_refused_on_pages(client: Client) -> None:
    assert client.get("/sign-in", headers={"Host": "evil.example.com"}).status_code == 400


def test_https_is_asked_of_pages_but_never_redirects_an_sdk(db: None) -> None:
    migrated = urlsplit(os.environ["DATABASE_URL"])._replace(path=f"/{connection.settings_dict['NAME']}").geturl()
    code = """
import os; os.environ['DJANGO_SETTINGS_MODULE'] = 'config.settings'
import django; django.setup()
from django.test import Client
client = Client(SERVER_NAME='confab.example.com')
print(client.get('/sign-in').status_code, client.get('/api/public/health').status_code)
secure = client.get('/sign-in', headers={'X-Forwarded-Proto': 'https'})
print(secure.status_code, secure['Strict-Transport-Security'], secure.cookies['csrftoken']['secure'])
"""
    result = run("-c", code, **PRODUCTION, DATABASE_URL=migrated)

    assert result.stdout.splitlines() == ["301 200", "200 max-age=86400 True"], result


def test_a_browser_keeps_https_for_as_long_and_as_many_hosts_as_the_operator_says() -> None:
    code = """
import os; os.environ['DJANGO_SETTINGS_MODULE'] = 'config.settings'
from django.conf import settings as s
print(s.SECURE_HSTS_SECONDS, s.SECURE_HSTS_INCLUDE_SUBDOMAINS, s.SECURE_HSTS_PRELOAD)
"""

    def hsts(**variables: str) -> str:
        return run("-c", code, **PRODUCTION | variables).stdout.strip()

    assert hsts() == "86400 False False"
    assert hsts(CONFAB_HSTS_SECONDS="31536000", CONFAB_HSTS_SUBDOMAINS="1") == "31536000 True False"
    assert hsts(CONFAB_HSTS_PRELOAD="yes") == "86400 False True"
    assert hsts(CONFAB_HSTS_SECONDS="0") == "0 False False"
    assert hsts(CONFAB_BASE_URL="http://confab.example.com", CONFAB_HSTS_SECONDS="600").startswith("0 ")


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("CONFAB_BASE_URL", "https://example.com/confab"),
        ("CONFAB_GRPC_PORT", "99999"),
        ("CONFAB_HSTS_SECONDS", "a year"),
        ("CONFAB_REQUESTS_PER_SECOND", "-1"),
    ],
)
def test_a_variable_that_makes_no_sense_is_named_in_one_sentence(variable: str, value: str) -> None:
    result = run("manage.py", "check", **PRODUCTION | {variable: value})

    assert result.returncode == 1
    assert result.stderr.startswith(f"{variable}: {value!r}")
    assert "Traceback" not in result.stderr


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("DATABASE_URL", "mysql://confab:not-to-be-read@db/confab"),
        ("CONFAB_EMAIL_URL", "imap://confab:not-to-be-read@mail"),
        ("CONFAB_STORAGE_OPTIONS", "{'secret_key': 'not-to-be-read'}"),
    ],
)
def test_a_variable_with_a_secret_is_named_without_its_value(variable: str, value: str) -> None:
    result = run("manage.py", "check", **PRODUCTION | {variable: value})

    assert result.returncode == 1
    assert result.stderr.startswith(f"{variable}: ")
    assert "Traceback" not in result.stderr
    assert "not-to-be-read" not in result.stderr


def test_the_page_of_a_failure_has_its_styles_without_a_database(client: Client) -> None:
    found = re.search(r'rel="stylesheet" href="([^"]+)"', render_to_string("fault.html"))

    assert found is not None
    assert "--error" in client.get(found[1]).content.decode()


def test_secrets_in_a_log_line_and_in_its_traceback_are_masked(key: Key) -> None:
    try:
        raise ValueError(f"could not use {key.secret}")
    except ValueError:
        record = logging.LogRecord("x", logging.ERROR, "", 0, "sent %s", (key.basic,), sys.exc_info())

    line = MaskingFormatter("%(message)s").format(record)

    assert key.secret not in line
    assert key.basic.split()[1] not in line
    assert "ValueError" in line


def test_masking_keeps_what_is_no_secret() -> None:
    text = "task-list of desk-top users: basic understanding of a sk-"

    assert masked(text) == text


def test_a_refused_key_is_not_repeated_in_the_answer_or_the_log(
    client: Client, db: None, caplog: pytest.LogCaptureFixture
) -> None:
    secret = "sk-" + "q" * 43
    answer = client.post("/v1/traces", b"{}", "application/json", headers={"Authorization": f"Bearer {secret}"})

    assert answer.status_code == 401
    assert secret not in answer.content.decode()
    assert secret not in caplog.text


@pytest.mark.parametrize(
    ("path", "shown"),
    [
        ("/project/1/sessions/ann@example.com", "/project/<int:project_id>/sessions/<id:session_id>"),
        ("/project/1/session/änn@example.com", "/project/..."),
        ("/ann@example.com", "/..."),
    ],
)
def test_a_log_line_of_a_request_names_no_session_and_no_person(
    client: Client, caplog: pytest.LogCaptureFixture, alice: User, path: str, shown: str
) -> None:
    client.force_login(alice)
    caplog.handler.setFormatter(MaskingFormatter("%(levelname)s %(message)s"))

    client.get(path)

    assert caplog.text == f"WARNING Not Found: {shown}\n"


def test_a_log_line_does_not_repeat_the_row_that_the_database_refused() -> None:
    text = "duplicate key value\nDETAIL:  Key (project_id, session_id)=(1, ann@example.com) already exists."

    assert masked(text) == "duplicate key value\nDETAIL:  Key (project_id, session_id)=(***)"
