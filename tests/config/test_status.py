"""The status page says what is wrong with the installation and what to do, to operators and to nobody else."""

import re
from datetime import timedelta
from pathlib import Path

import pytest
from django.core import mail
from django.db import connection
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from config.backups.making import BACKUP_JOB
from config.health import note_beat, note_heartbeat
from config.installation import status
from config.installation.facts import FactState
from config.installation.status import read_status
from projects.jobs.jobs import job
from projects.models import JobRun, User
from tracing.models import DirtyMark

pytestmark = pytest.mark.django_db


@pytest.fixture
def operator(client: Client) -> Client:
    client.force_login(User.objects.create_user("olga@example.com", "correct horse battery", is_staff=True))
    return client


def shown(name: str) -> tuple[str, FactState, str]:
    """The reading, state and advice of one fact."""
    [fact] = [fact for group in read_status() for fact in group.facts if fact.name == name]
    return fact.shown, fact.state, fact.advice


def test_an_operator_sees_every_group(operator: Client) -> None:
    note_heartbeat()
    note_beat()
    page = operator.get("/status").content.decode()

    assert [title in page for title in status.STATUS_GROUPS] == [True] * len(status.STATUS_GROUPS)
    assert "cannot be read" not in page


@pytest.mark.parametrize("method", ["get", "post"])
@pytest.mark.parametrize("path", ["/status", "/status/mail", "/status/storage"])
def test_an_owner_of_a_tenant_sees_nothing(client: Client, alice: User, method: str, path: str) -> None:
    client.force_login(alice)

    assert getattr(client, method)(path).status_code in (404, 405)


def test_what_waits_too_long_needs_somebody() -> None:
    def mark(key: str, seconds: int) -> None:
        since = timezone.now() - timedelta(seconds=seconds)
        DirtyMark.objects.create(project_id=1, target=DirtyMark.Target.TEXT, key=key, marked_at=since)

    assert shown("Texts to index for search")[:2] == ("nothing waits", FactState.FINE)
    mark("a", 30)
    assert shown("Texts to index for search")[1] == FactState.FINE
    mark("b", 5_000)
    reading, state, advice = shown("Texts to index for search")
    assert reading.startswith("2 waiting, the oldest for 1")
    assert state == FactState.WARNING
    assert "start more of them" in advice


def test_a_job_that_fails_says_why_and_when_it_last_succeeded() -> None:
    with job("retention"):
        pass
    assert shown("retention")[1] == FactState.FINE
    with pytest.raises(ValueError, match="no such day"), job("retention"):
        raise ValueError("no such day")

    reading, state, advice = shown("retention")
    assert reading.startswith("failed ")
    assert state == FactState.BROKEN
    assert advice.startswith("ValueError: no such day Last success: ")
    assert "not known" not in advice


def test_the_last_backup_is_that_of_its_job() -> None:
    assert shown("Last backup")[:2] == ("none recorded", FactState.WARNING)
    with job(BACKUP_JOB):
        pass
    assert shown("Last backup")[1] == FactState.FINE
    JobRun.objects.update(succeeded_at=timezone.now() - timedelta(days=3))
    assert shown("Last backup")[1] == FactState.WARNING


def test_a_missing_migration_is_named() -> None:
    assert shown("Migrations")[:2] == ("all applied", FactState.FINE)
    [(app, name)] = MigrationLoader(connection).graph.leaf_nodes("projects")
    MigrationRecorder.Migration.objects.filter(app=app, name=name).delete()

    assert shown("Migrations")[:2] == ("1 not applied", FactState.BROKEN)


def test_a_group_that_cannot_be_read_hides_no_other(settings: Settings, tmp_path: Path, operator: Client) -> None:
    settings.DATA_DIR = tmp_path / "gone"

    assert shown("Room")[:2] == ("cannot be read (FileNotFoundError)", FactState.BROKEN)
    assert "nothing waits" in operator.get("/status").content.decode()


def test_a_test_mail_goes_to_whoever_asks(operator: Client) -> None:
    page = operator.post("/status/mail", follow=True).content.decode()

    [letter] = mail.outbox
    assert letter.to == ["olga@example.com"]
    assert "A mail to olga@example.com was handed over" in page


def test_a_mail_server_that_is_away_is_said(operator: Client, settings: Settings) -> None:
    settings.EMAIL_BACKEND, settings.EMAIL_HOST = "django.core.mail.backends.smtp.EmailBackend", "127.0.0.1"
    settings.EMAIL_PORT = 1

    assert (
        "The mail was not sent. ConnectionRefusedError" in operator.post("/status/mail", follow=True).content.decode()
    )


def test_the_storage_is_tried_and_left_as_it_was(operator: Client, settings: Settings, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = tmp_path
    page = operator.post("/status/storage", follow=True).content.decode()

    assert re.search(r"A file was written, read and deleted in \d+ ms\.", page)
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


def test_a_storage_that_takes_nothing_is_said(operator: Client, settings: Settings, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = tmp_path / "file"
    settings.MEDIA_ROOT.write_text("no directory")

    assert "The storage does not work." in operator.post("/status/storage", follow=True).content.decode()
