"""Large exports: a worker writes them part by part into a file, which is whole, checked, and gone after a day."""

import csv
import gc
import hashlib
import io
import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.core.files.storage import default_storage
from django.http import QueryDict
from django.test import Client
from django.utils import timezone
from pytest_django.fixtures import Settings

from projects import deletion as projects_deletion
from projects.auth import create_key
from projects.downloads import answers, making
from projects.models import AuditEvent, Project, User
from sessions.deletion import erasing
from sessions.export import files, parts, tasks
from sessions.export.formats import EXPORT_FORMATS
from sessions.export.stream import export_of
from sessions.models import Erasure, ExportFile, Session
from tests.conftest import Key
from tests.conversations import tell
from tests.downloads import body_of
from tests.s3 import S3_STORAGE, bucket_of_its_own
from tests.sessions.rows import session as session_row
from tests.tracing.reports import at

SESSIONS = 25
OVER = 0.0  # the end of a slice that has time for one batch


@pytest.fixture
def filled(project: Project, monkeypatch: pytest.MonkeyPatch) -> Project:
    """Some sessions, of which a slice takes a few."""
    for number in range(SESSIONS):
        session_row(project, f"s{number:02}", created_at=at(number), updated_at=at(number))
    small = {name: replace(found, at_once=4) for name, found in EXPORT_FORMATS.items()}
    monkeypatch.setattr("sessions.export.stream.EXPORT_FORMATS", small)
    return project


@pytest.fixture
def alices(client: Client, alice: User) -> Client:
    client.force_login(alice)
    return client


def again(file: ExportFile) -> ExportFile:
    file.refresh_from_db(from_queryset=ExportFile.objects.for_project(file.project_id))
    return file


def work_off(project: Project) -> int:
    """Every slice; how many there were."""
    slices = 1
    while files.work_slice(project.pk, OVER):
        slices += 1
        assert slices < 100
    return slices


def content_of(file: ExportFile) -> bytes:
    with parts.opened(again(file).parts) as opened:
        return opened.read()


def at_once(project: Project, query: str) -> bytes:
    return "".join(export_of(project, QueryDict(query)).pieces()).encode()


@pytest.mark.parametrize("name", ["csv", "json", "jsonl", "messages", "markdown"])
def test_a_file_of_many_slices_is_the_export_byte_by_byte(name: str, filled: Project, alice: User) -> None:
    file = files.begin(filled, QueryDict(f"format={name}"), by=alice)

    assert work_off(filled) > SESSIONS // 4
    content = content_of(file)
    assert content == at_once(filled, f"format={name}")
    assert (file.row_count, file.size) == (SESSIONS, len(content))
    assert file.sha256 == hashlib.sha256(content).hexdigest()
    assert file.state == "ready"


@pytest.mark.parametrize(
    "query", ["limit=10", "after=s03", "limit=5&after=s03", "sort=-id", "id=s01&id=s02", "q=nothing"]
)
def test_the_parameters_of_an_export_are_those_of_its_file(query: str, filled: Project, alice: User) -> None:
    file = files.begin(filled, QueryDict(f"format=jsonl&{query}"), by=alice)
    work_off(filled)

    assert content_of(file) == at_once(filled, f"format=jsonl&{query}")


def test_a_worker_that_is_killed_between_its_part_and_the_row_costs_a_part(
    filled: Project, alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = files.begin(filled, QueryDict("format=csv"), by=alice)
    files.work_slice(filled.pk, OVER)
    with monkeypatch.context() as broken:
        broken.setattr(ExportFile, "release", _killed)
        broken.setattr(parts, "delete_part", lambda name: None)
        with pytest.raises(KeyboardInterrupt):
            files.work_slice(filled.pk, OVER)

    assert not files.work_slice(filled.pk, OVER), "nobody works while the killed one may be at it"
    ExportFile.objects.for_project(filled).update(leased_until=timezone.now() - timedelta(seconds=1))
    work_off(filled)

    assert content_of(file) == at_once(filled, "format=csv")
    assert again(file).row_count == SESSIONS
    files.remove(file)
    assert not default_storage.exists(parts.directory_of(filled.pk, file.id))


def _killed(*args: object, **kwargs: object) -> None:
    raise KeyboardInterrupt


def test_two_workers_never_write_the_same_part(filled: Project, alice: User, monkeypatch: pytest.MonkeyPatch) -> None:
    """The first one is so slow that another takes over."""
    file = files.begin(filled, QueryDict("format=csv"), by=alice)
    kept = parts.write_part

    def overtaken(directory: str, content: Any) -> str:
        monkeypatch.setattr(parts, "write_part", kept)
        ExportFile.objects.for_project(filled).update(leased_until=timezone.now() - timedelta(seconds=1))
        work_off(filled)
        return kept(directory, content)

    monkeypatch.setattr(parts, "write_part", overtaken)
    files.work_slice(filled.pk, OVER)

    assert content_of(file) == at_once(filled, "format=csv")
    _, names = default_storage.listdir(parts.directory_of(filled.pk, file.id))
    assert len(names) == len(again(file).parts)


def test_sessions_that_begin_while_it_is_written_do_not_keep_it_from_ending(filled: Project, alice: User) -> None:
    file = files.begin(filled, QueryDict("format=jsonl"), by=alice)
    files.work_slice(filled.pk, OVER)
    later = timezone.now() + timedelta(hours=1)
    session_row(filled, "late", created_at=later, updated_at=later)
    work_off(filled)

    assert again(file).row_count == SESSIONS


def test_a_page_that_would_wait_too_long_leaves_it_to_a_worker(
    filled: Project, alices: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(making, "MAX_DOWNLOAD_BYTES", 10)
    monkeypatch.setattr(making, "CHUNK_CHARACTERS", 10)
    asked = alices.get(f"/project/{filled.pk}/export?format=csv&sort=-id")
    assert asked.status_code == 302
    waiting = alices.get(asked.headers["Location"])
    assert "Waiting for the worker" in waiting.content.decode()
    assert 'hx-trigger="every 1s"' in waiting.content.decode()
    assert alices.get(asked.headers["Location"] + "/file").status_code == 302

    tasks.exports.work(filled.pk, OVER)
    running = alices.get(asked.headers["Location"], headers={"HX-Request": "true"}).content.decode()
    assert "4 sessions" in running
    assert "so far" in running
    work_off(filled)
    ready = alices.get(asked.headers["Location"]).content.decode()
    assert "25 sessions" in ready
    assert "deleted on" in ready
    monkeypatch.undo()
    rows = list(csv.DictReader(io.StringIO(body_of(alices.get(asked.headers["Location"] + "/file")).decode())))
    assert [row["id"] for row in rows] == [f"s{number:02}" for number in reversed(range(SESSIONS))]
    assert "25 sessions" in alices.get(f"/project/{filled.pk}/exports").content.decode()


@pytest.mark.django_db(transaction=True)
def test_what_a_page_leaves_to_a_worker_outlasts_its_request(
    project: Project, alices: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The export is given up in the middle of a batch, whose transaction must be over by then."""
    for number in range(4):
        tell(project, f"s{number}", [("Hi", "Hello " * 5_000)])
    monkeypatch.setattr(making, "MAX_DOWNLOAD_BYTES", 10)

    asked = alices.get(f"/project/{project.pk}/export?format=markdown")
    gc.collect()

    assert asked.status_code == 302
    assert alices.get(asked.headers["Location"]).status_code == 200
    assert ExportFile.objects.for_project(project).get().state == "waiting"


def test_a_long_conversation_is_left_to_a_worker_too(
    project: Project, alices: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    tell(project, "s/1", [("Hi", "Hello " * 100)])
    tell(project, "s/2", [("Not", "this")])
    expected = body_of(alices.get(f"/project/{project.pk}/export/session/s/1?format=markdown"))
    monkeypatch.setattr(making, "MAX_DOWNLOAD_BYTES", 10)

    asked = alices.get(f"/project/{project.pk}/export/session/s/1?format=markdown")
    work_off(project)

    assert body_of(alices.get(asked.headers["Location"] + "/file")) == expected


def test_programs_have_a_file_made_and_take_it_up_where_it_broke_off(
    filled: Project, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(answers, "UNSLICED_BYTES", 100)
    headers = {"Authorization": f"Bearer {create_key(filled, scopes=['read'])[1]}"}
    refused = client.post("/api/v1/exports?format=xml&limit=0", headers=headers)
    assert refused.status_code == 400
    assert set(refused.json()["errors"]) == {"format", "limit"}

    asked = client.post("/api/v1/exports?format=jsonl", headers=headers)
    assert asked.status_code == 202
    address = f"/api/v1/exports/{asked.json()['id']}"
    assert client.get(f"{address}/file", headers=headers).status_code == 404
    work_off(filled)
    found = client.get(address, headers=headers).json()

    whole = client.get(f"{address}/file", headers=headers)
    content = body_of(whole)
    assert content == at_once(filled, "format=jsonl")
    assert (found["state"], found["row_count"], found["size"]) == ("ready", SESSIONS, len(content))
    assert found["sha256"] == hashlib.sha256(content).hexdigest()
    assert found["file"].endswith(f"{address}/file")
    rest = {"Range": f"bytes={len(content) // 2}-", "If-Range": whole.headers["ETag"]}
    assert body_of(client.get(f"{address}/file", headers=headers | rest)) == content[len(content) // 2 :]
    assert client.get("/api/v1/exports", headers=headers).json() == {"data": [found]}
    assert client.delete(address, headers=headers).status_code == 403
    writing = {"Authorization": f"Bearer {create_key(filled, scopes=['write'])[1]}"}
    assert client.delete(address, headers=writing).status_code == 204
    assert client.get(address, headers=headers).status_code == 404
    assert not default_storage.exists(parts.directory_of(filled.pk, found["id"]))


def test_a_project_has_so_many_files_and_the_same_one_once(filled: Project, alice: User, bob: User) -> None:
    first = files.begin(filled, QueryDict("format=csv"), by=alice)
    assert files.begin(filled, QueryDict("format=csv"), by=alice).id == first.id
    files.begin(filled, QueryDict("format=csv"), by=bob)
    files.begin(filled, QueryDict("format=jsonl"), by=bob)

    with pytest.raises(files.TooMany) as refusal:
        files.begin(filled, QueryDict("format=json"), by=bob)
    assert (refusal.value.status, refusal.value.retry_after) == (429, 60)
    files.remove(first)
    files.begin(filled, QueryDict("format=json"), by=bob)


def test_a_file_is_deleted_after_a_day(filled: Project, other_project: Project, alice: User) -> None:
    for project in (filled, other_project):
        files.begin(project, QueryDict("format=csv"), by=alice)
        work_off(project)
    old = ExportFile.objects.for_project(filled).get()
    ExportFile.objects.for_project(filled).update(finished_at=timezone.now() - timedelta(days=1, minutes=1))

    tasks.expired_exports.drain()

    assert not ExportFile.objects.for_project(filled).exists()
    assert not default_storage.exists(parts.directory_of(filled.pk, old.id))
    assert content_of(ExportFile.objects.for_project(other_project).get())


def test_nothing_that_was_erased_stays_in_a_file(project: Project, other_project: Project, alice: User) -> None:
    for owner in (project, other_project):
        tell(owner, "s1", user_id="erased-person")
        tell(owner, "s2", user_id="somebody")
        files.begin(owner, QueryDict("format=messages&user_ids=erased-person"), by=alice)
        work_off(owner)
    erasing.erase_person(project.pk, "erased-person")

    file = ExportFile.objects.for_project(project).get()
    assert file.state == "failed"
    assert "Export again" in file.error
    assert "erased-person" not in json.dumps(list(ExportFile.objects.for_project(project).values()), default=str)
    assert not default_storage.exists(parts.directory_of(project.pk, file.id))
    assert content_of(ExportFile.objects.for_project(other_project).get())


def test_a_file_is_written_to_and_read_from_s3(filled: Project, alice: User, s3: str, settings: Settings) -> None:
    options = bucket_of_its_own(s3)
    settings.STORAGES = settings.STORAGES | {"default": {"BACKEND": S3_STORAGE, "OPTIONS": options}}
    file = files.begin(filled, QueryDict("format=jsonl"), by=alice)

    assert work_off(filled) > SESSIONS // 4
    assert content_of(file) == at_once(filled, "format=jsonl")
    projects_deletion.project_rows_deleted.send(sender=Erasure, project_id=filled.pk)
    assert default_storage.listdir(parts.directory_of(filled.pk)) == ([], [])


def test_the_files_of_a_deleted_project_go_with_it(filled: Project, alice: User) -> None:
    files.begin(filled, QueryDict("format=csv"), by=alice)
    work_off(filled)
    projects_deletion.project_rows_deleted.send(sender=Erasure, project_id=filled.pk)

    assert not default_storage.exists(parts.directory_of(filled.pk))


def test_who_may_not_delete_an_export_cannot_and_strangers_see_none(
    filled: Project, alice: User, bob: User, charlie: User
) -> None:
    file = files.begin(filled, QueryDict("format=csv"), by=alice)
    work_off(filled)
    address = f"/project/{filled.pk}/exports/{file.id}"
    clients = {}
    for somebody in (alice, bob, charlie):
        clients[somebody] = Client()
        clients[somebody].force_login(somebody)

    assert clients[bob].get(f"{address}/file").status_code == 200
    assert clients[bob].post(f"{address}/delete").status_code == 403
    assert [clients[charlie].get(path).status_code for path in (address, f"{address}/file")] == [404, 404]
    assert clients[charlie].post(f"{address}/delete").status_code == 404
    assert clients[alice].post(f"{address}/delete").status_code == 302
    assert not Session.objects.for_project(filled).filter(session_id="none").exists()
    assert clients[alice].get(address).status_code == 404


def test_the_audit_log_names_what_was_exported_without_what_was_looked_for(
    filled: Project, alices: Client, client: Client, key: Key
) -> None:
    alices.get(f"/project/{filled.pk}/export?format=csv&q=secret-word&user_ids=some-person&limit=")
    client.post("/api/v1/exports?format=csv&user_ids=some-person", headers={"Authorization": key.bearer})
    work_off(filled)
    file = ExportFile.objects.for_project(filled).get()
    alices.get(f"/project/{filled.pk}/exports/{file.id}/file")

    events = list(AuditEvent.objects.filter(action="exported", project_id=filled.pk).order_by("pk"))
    assert [event.target for event in events] == ["sessions", "sessions", f"export {file.id}"]
    assert [event.details.get("parameters") for event in events] == ["q, user_ids", "user_ids", None]
    assert not any("secret-word" in str(event.__dict__) or "some-person" in str(event.__dict__) for event in events)
