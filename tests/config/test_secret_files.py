"""Every variable can be given as a file, whose name is in NAME_FILE."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured

from config.settings.variables import read_files
from tests.live import BASE_DIR

SHOW = "from config import settings; print(settings.SECRET_KEY, settings.REDIS_URL, settings.INIT_PASSWORD, sep='|')"


def shown(**variables: str) -> str:
    """What a program of ours reads from these variables alone."""
    environment = {"PATH": os.environ["PATH"], "CONFAB_DATA": "/nonexistent", **variables}
    command = [sys.executable, "-c", SHOW]
    done = subprocess.run(command, env=environment, cwd=BASE_DIR, capture_output=True, text=True, check=True)
    return done.stdout.strip()


def test_a_program_reads_its_secrets_from_files(tmp_path: Path) -> None:
    for name, text in {"key": "a long secret\n", "redis": "redis://:p@cache:6379/0\r\n", "empty": "\n"}.items():
        (tmp_path / name).write_text(text)

    found = shown(
        CONFAB_SECRET_KEY_FILE=str(tmp_path / "key"),
        REDIS_URL_FILE=str(tmp_path / "redis"),
        CONFAB_INIT_PASSWORD="kept",
        CONFAB_INIT_PASSWORD_FILE="",
    )

    assert found == "a long secret|redis://:p@cache:6379/0|kept"
    assert shown(CONFAB_SECRET_KEY="k", REDIS_URL_FILE=str(tmp_path / "empty")) == "k|redis://127.0.0.1:6379/0|"


def test_others_variables_stay_as_they_are() -> None:
    environ = {"SSL_CERT_FILE": "/nonexistent", "POSTGRES_PASSWORD_FILE": "/nonexistent"}

    read_files(environ)

    assert environ == {"SSL_CERT_FILE": "/nonexistent", "POSTGRES_PASSWORD_FILE": "/nonexistent"}


def test_what_cannot_be_meant_is_refused(tmp_path: Path) -> None:
    (tmp_path / "key").write_text("from a file")

    with pytest.raises(ImproperlyConfigured, match="Set CONFAB_SECRET_KEY or CONFAB_SECRET_KEY_FILE, not both"):
        read_files({"CONFAB_SECRET_KEY": "here", "CONFAB_SECRET_KEY_FILE": str(tmp_path / "key")})
    with pytest.raises(ImproperlyConfigured, match=r"CONFAB_SECRET_KEY_FILE: cannot be read: .*No such file"):
        read_files({"CONFAB_SECRET_KEY_FILE": str(tmp_path / "missing")})


def test_commands_say_which_file_is_wrong() -> None:
    command = [sys.executable, "manage.py", "prepare"]
    environment = {"PATH": os.environ["PATH"], "CONFAB_SECRET_KEY_FILE": "/nonexistent"}
    done = subprocess.run(command, env=environment, cwd=BASE_DIR, capture_output=True, text=True, check=False)

    assert done.returncode == 1
    assert "CONFAB_SECRET_KEY_FILE: cannot be read: [Errno 2] No such file or directory: '/nonexistent'" in done.stderr
