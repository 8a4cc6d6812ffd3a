"""Backups: everything that a new server needs, in a directory or in S3, and back again."""

import hashlib
import json
import os
import secrets
import subprocess
import time
from base64 import b64encode
from datetime import timedelta
from pathlib import Path
from urllib.request import Request, urlopen

import pytest
from django.core.files.storage import default_storage
from django.utils import timezone
from pytest_django.fixtures import Settings

from config.backups.making import BACKUP_JOB, BackupRuns, _snapshot, back_up
from config.backups.schedule import is_due
from config.backups.store import BackupStore
from config.embedded.account import our_account
from config.embedded.wheels import postgres_programs
from config.tasks import back_up_if_due
from config.urls_of_services import backups_from_url
from projects.models import JobRun, Project
from tests.config.exporting import eventually, send, sessions
from tests.config.processes import running
from tests.live import MANAGE, Up, data_directory
from tests.s3 import bucket_of_its_own
from tracing.store.media import File, forget, keep, media_id_of, path_of

PNG = b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 40
PNG_ID = media_id_of(hashlib.sha256(PNG).digest())


@pytest.fixture(params=["disk", "s3"])
def store(request: pytest.FixtureRequest, settings: Settings, tmp_path: Path) -> BackupStore:
    """An empty place for backups."""
    settings.MEDIA_ROOT = tmp_path / "files"
    place, options = str(tmp_path / "backups"), {}
    if request.param == "s3":
        options = bucket_of_its_own(request.getfixturevalue("s3"))
        place = f"s3://{options.pop('bucket_name')}/confab"
    settings.STORAGES = settings.STORAGES | {"backups": backups_from_url(place, options)}
    return BackupStore()


def fresh_files() -> int:
    return JobRun.objects.get(name=BACKUP_JOB).rows


@pytest.mark.django_db(transaction=True)
def test_a_backup_has_the_database_the_files_and_the_keys(
    store: BackupStore, project: Project, settings: Settings, tmp_path: Path
) -> None:
    keep(project.pk, [File("t1", "image/png", PNG)])
    made = back_up()

    assert store.complete() == [made.name]
    assert (made.files, made.file_bytes, made.missing) == (1, len(PNG), [])
    assert store.read(made.name) == made
    assert store.keys_of(made.name)["CONFAB_SECRET_KEY"] == settings.SECRET_KEY
    [path] = store.files_of(made.name)
    with store.storage.open(store.shared(path)) as file:
        assert file.read() == PNG
    dump = tmp_path / "dump"
    with store.storage.open(f"{made.name}/database.dump") as file:
        dump.write_bytes(file.read())
    program = postgres_programs(our_account()) / "pg_restore"
    contents = subprocess.run([program, "--list", dump], check=True, capture_output=True, text=True).stdout
    assert "TABLE DATA public media " in contents


@pytest.mark.django_db(transaction=True)
def test_backups_share_files_and_old_ones_go(store: BackupStore, project: Project, settings: Settings) -> None:
    settings.BACKUP_KEEP = 2
    keep(project.pk, [File("t1", "image/png", PNG)])
    first = back_up()
    assert fresh_files() == 1
    second = back_up()
    assert fresh_files() == 0, "files never change, so one copy is enough"

    store.write_json("2020-01-01T000000Z", "keys.json", {})  # of a backup that was cut off
    forget(project.pk, ["t1"])
    third = back_up()
    assert store.names() == [second.name, third.name]
    assert first.name not in store.complete()
    assert store.storage.exists(store.shared(path_of(project.pk, PNG_ID))), "the second still needs it"
    back_up()
    assert not store.storage.exists(store.shared(path_of(project.pk, PNG_ID)))


@pytest.mark.django_db(transaction=True)
def test_a_file_that_goes_while_a_backup_is_made_is_named(store: BackupStore, project: Project) -> None:
    keep(project.pk, [File("t1", "image/png", PNG)])
    default_storage.delete(path_of(project.pk, PNG_ID))

    made = back_up()

    assert (made.files, made.missing) == (0, [path_of(project.pk, PNG_ID)])


@pytest.mark.django_db(transaction=True)
def test_two_backups_are_never_made_at_once(store: BackupStore, project: Project, settings: Settings) -> None:
    settings.BACKUP_EVERY = 24
    with _snapshot():
        with pytest.raises(BackupRuns):
            back_up()
        back_up_if_due()
    assert store.names() == []

    back_up_if_due()
    back_up_if_due()
    assert len(store.complete()) == 1, "the next one is due in a day"


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("every", "hours_ago", "finished", "error", "due"),
    [
        (0, 1000, True, "", False),
        (24, 23, True, "", False),
        (24, 25, True, "", True),
        (24, 2, True, "the disk is full", True),
        (24, 0.5, True, "the disk is full", False),
        (24, 2, False, "", True),
        (24, 0.5, False, "", False),
    ],
)
def test_a_backup_is_due_after_its_time_and_sooner_after_a_failure(
    every: int, hours_ago: float, finished: bool, error: str, due: bool, settings: Settings
) -> None:
    settings.BACKUP_EVERY, now = every, timezone.now()
    began = now - timedelta(hours=hours_ago)
    JobRun.objects.create(name=BACKUP_JOB, started_at=began, finished_at=began if finished else None, error=error)

    assert is_due(now) is due


def manage(up: Up, *arguments: str, place: Path) -> subprocess.CompletedProcess[str]:
    variables = {"CONFAB_DATA": str(up.data), "CONFAB_BACKUP_TO": str(place)}
    ours = ("CONFAB_", "DATABASE_URL", "REDIS_URL")
    others = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
    return subprocess.run([*MANAGE, *arguments], env=others | variables, capture_output=True, text=True, check=False)


def send_a_file(up: Up) -> None:
    now = time.time_ns()
    text = f"look: data:image/png;base64,{b64encode(PNG).decode()}"
    span = {
        "traceId": secrets.token_hex(16),
        "spanId": secrets.token_hex(8),
        "name": "answer",
        "startTimeUnixNano": str(now - 1_000_000),
        "endTimeUnixNano": str(now),
        "attributes": [{"key": "input.value", "value": {"stringValue": text}}],
    }
    body = json.dumps({"resourceSpans": [{"scopeSpans": [{"spans": [span]}]}]}).encode()
    headers = {"Content-Type": "application/json", "Authorization": f"Bearer {up.secret_key}"}
    with urlopen(Request(f"{up.url}/v1/traces", body, headers), timeout=30) as answer:
        assert answer.status == 200


def media_of(up: Up) -> dict[str, bytes]:
    files = up.data / "files"
    return {str(path.relative_to(files)): path.read_bytes() for path in files.rglob("*") if path.is_file()}


def test_an_empty_server_becomes_the_one_that_was_backed_up(tmp_path: Path) -> None:
    place = tmp_path / "backups"
    with data_directory() as data, running(data) as up:
        session_id = send(up)
        send_a_file(up)
        assert eventually(lambda: session_id in sessions(up))
        made = manage(up, "backup", place=place)
        assert made.returncode == 0, made.stderr
        files, key = media_of(up), (data / "secret-key").read_text()
    assert PNG in files.values()
    assert {path.stat().st_mode & 0o077 for path in place.rglob("*")} == {0}
    [name] = [path.parent.name for path in place.glob("*/backup.json")]
    assert name in made.stdout

    with data_directory() as data:
        with running(data) as up:
            refused = manage(up, "restore", "--no-input", "--backup", "yesterday", place=place)
            assert f"There is no complete backup 'yesterday'. There are: {name}." in refused.stderr
            restored = manage(up, "restore", "--no-input", "--backup", "latest", place=place)
            assert restored.returncode == 0, restored.stderr
            assert "1 files were missing" in restored.stdout
        with running(data) as up:
            assert session_id in sessions(up)
            assert media_of(up) == files
            assert (data / "secret-key").read_text() == key
            damage(place / name / "database.dump")
            refused = manage(up, "restore", "--no-input", "--backup", name, place=place)
            assert "is damaged. Nothing was changed." in refused.stderr


def damage(file: Path) -> None:
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    file.write_bytes(content)
