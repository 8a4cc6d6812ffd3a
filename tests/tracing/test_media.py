"""Files that traces show: taken out of texts, uploaded by SDKs, kept once, gone with their last trace."""

import hashlib
import json
from base64 import b64encode
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.core.files.storage import default_storage
from django.test import Client
from pytest_django.fixtures import Settings

from projects.deletion import emptied
from projects.models import Project, User
from tests.conftest import Key
from tests.tracing import otlp
from tracing.limits import MEDIA
from tracing.media import forget, keep, media_id_of, path_of
from tracing.media_texts import without_files
from tracing.models import Media, MediaUse, SpanIO

pytestmark = pytest.mark.django_db
PNG = b"\x89PNG\r\n\x1a\n" + bytes(range(256))
PNG_ID = media_id_of(hashlib.sha256(PNG).digest())
REFERENCE = f"@@@langfuseMedia:type=image/png|id={PNG_ID}|source=base64_data_uri@@@"
DATA = b64encode(PNG).decode()
TRACE = f"{1:032x}"


@pytest.fixture(autouse=True)
def _files(settings: Settings, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = tmp_path


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (f"see data:image/png;base64,{DATA}", f"see {REFERENCE}"),
        (
            f"data:image/png;charset=utf-8;base64,{DATA} twice data:image/png;base64,{DATA}",
            f"{REFERENCE} twice {REFERENCE}",
        ),
        (
            json.dumps({"url": f"data:image/png;base64,{DATA}", "a": 1}),
            json.dumps({"url": REFERENCE, "a": 1}),
        ),
        (
            json.dumps({"type": "base64", "media_type": "image/png", "data": DATA}),
            json.dumps({"type": "base64", "media_type": "image/png", "data": REFERENCE}),
        ),
        (
            json.dumps({"type": "blob", "mime_type": "image/png", "content": DATA}, separators=(",", ":")),
            json.dumps({"type": "blob", "mime_type": "image/png", "content": REFERENCE}, separators=(",", ":")),
        ),
        ("no base64, here", "no base64, here"),
        ("data:image/png;base64,tooshort", "data:image/png;base64,tooshort"),
        (f"data:image/png;base64,{DATA[:-1]}", f"data:image/png;base64,{DATA[:-1]}"),
        ("", ""),
        (None, None),
    ],
)
def test_files_in_texts_become_references(project: Project, text: str | None, expected: str | None) -> None:
    assert without_files(project.pk, TRACE, text) == expected


def test_a_file_in_a_prompt_is_kept_once_and_its_text_stays_small(client: Client, project: Project, key: Key) -> None:
    for trace in (1, 2):
        prompt = [
            {"role": "user", "content": [{"type": "image_url", "image_url": {"url": f"data:image/png;base64,{DATA}"}}]}
        ]
        span = otlp.span("llm", trace=trace, langfuse__observation__input=json.dumps(prompt))
        client.post("/v1/traces", otlp.body(span), content_type=otlp.PROTOBUF, headers={"Authorization": key.bearer})

    assert Media.objects.for_project(project).get().size == len(PNG)
    assert MediaUse.objects.for_project(project).count() == 2
    texts = SpanIO.objects.for_project(project)
    assert all(REFERENCE in (text.input or "") for text in texts)
    assert all(DATA not in json.dumps(text.raw) for text in texts)
    with default_storage.open(path_of(project.pk, PNG_ID)) as kept:
        assert kept.read() == PNG


def call(client: Client, key: Key, method: str, path: str, body: object = None):  # type: ignore[no-untyped-def]
    return client.generic(
        method,
        path,
        b"" if body is None else json.dumps(body).encode(),
        content_type="application/json",
        headers={"Authorization": key.basic, "Host": "confab.example:8000"},
    )


def announcement(**changes: object) -> dict[str, object]:
    return {
        "traceId": TRACE,
        "observationId": "0000000000000001",
        "contentType": "image/png",
        "contentLength": len(PNG),
        "sha256Hash": b64encode(hashlib.sha256(PNG).digest()).decode(),
        "field": "input",
    } | changes


def put(client: Client, url: str, data: bytes):  # type: ignore[no-untyped-def]
    """As the SDKs do: to the absolute URL, without a key."""
    parts = urlsplit(url)
    assert parts.netloc == "confab.example:8000"
    return client.put(f"{parts.path}?{parts.query}", data, content_type="image/png")


def test_an_sdk_uploads_a_file_once_and_reads_it_back(client: Client, project: Project, key: Key) -> None:
    announced = call(client, key, "POST", "/api/public/media", announcement()).json()
    assert announced["mediaId"] == PNG_ID
    assert put(client, announced["uploadUrl"], PNG).status_code == 200
    path = f"/api/public/media/{PNG_ID}"
    assert call(client, key, "PATCH", path, {"uploadHttpStatus": 200}).status_code == 200

    assert call(client, key, "POST", "/api/public/media", announcement(traceId="t2")).json()["uploadUrl"] is None
    described = call(client, key, "GET", path).json()
    assert (described["contentType"], described["contentLength"]) == ("image/png", len(PNG))
    assert described["uploadedAt"]
    assert described["urlExpiry"]
    url = urlsplit(described["url"])
    response = client.get(f"{url.path}?{url.query}")
    assert b"".join(response.streaming_content) == PNG


def test_an_upload_that_is_not_what_was_announced_is_refused(client: Client, project: Project, key: Key) -> None:
    url = call(client, key, "POST", "/api/public/media", announcement()).json()["uploadUrl"]

    assert put(client, url, PNG[:-1]).status_code == 400
    assert put(client, url, PNG[:-1] + b"x").status_code == 400
    assert put(client, url + "x", PNG).status_code == 403
    assert put(client, url.replace(PNG_ID, "x" * 22), PNG).status_code == 404
    assert Media.objects.for_project(project).get().uploaded_at is None
    assert call(client, key, "GET", f"/api/public/media/{PNG_ID}").status_code == 404


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"sha256Hash": "short"}, 400),
        ({"sha256Hash": 5}, 400),
        ({"contentLength": None}, 400),
        ({"contentLength": MEDIA.value + 1}, 413),
        ({"contentType": "image/png\r\nX: y"}, 400),
        ({"traceId": None}, 400),
        ({"traceId": "x\x00"}, 400),
    ],
)
def test_a_wrong_announcement_is_refused(client: Client, key: Key, changes: dict[str, Any], status: int) -> None:
    assert call(client, key, "POST", "/api/public/media", announcement(**changes)).status_code == status


def test_members_see_a_file_and_strangers_do_not(client: Client, project: Project, alice: User, charlie: User) -> None:
    keep(project.pk, TRACE, PNG, "image/png")
    path = f"/project/{project.pk}/media/{PNG_ID}"

    client.force_login(alice)
    response = client.get(path)
    assert (response.status_code, response["Content-Type"]) == (200, "image/png")
    assert response["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in response["Content-Security-Policy"]
    client.force_login(charlie)
    assert client.get(path).status_code == 404
    client.logout()
    assert client.get(path).status_code == 302


@pytest.mark.parametrize("content_type", ["text/html", "image/svg+xml", "application/javascript"])
def test_what_could_carry_a_script_is_offered_for_download_only(
    client: Client, project: Project, alice: User, content_type: str
) -> None:
    keep(project.pk, TRACE, PNG, content_type)
    client.force_login(alice)

    response = client.get(f"/project/{project.pk}/media/{PNG_ID}")

    assert response["Content-Type"] == "application/octet-stream"
    assert response["Content-Disposition"].startswith("attachment")


def test_a_file_goes_with_the_last_trace_that_shows_it(project: Project, other_project: Project) -> None:
    for owner, trace in [(project, "a"), (project, "b"), (other_project, "a")]:
        keep(owner.pk, trace, PNG, "image/png")

    forget(project.pk, ["a"])
    assert default_storage.exists(path_of(project.pk, PNG_ID))
    forget(project.pk, ["b", "never"])

    assert not default_storage.exists(path_of(project.pk, PNG_ID))
    assert not Media.objects.for_project(project).exists()
    assert default_storage.exists(path_of(other_project.pk, PNG_ID))


def test_the_files_of_a_deleted_project_are_deleted(project: Project, other_project: Project) -> None:
    for owner in (project, other_project):
        keep(owner.pk, "a", PNG, "image/png")

    for _ in range(2):
        emptied.send(sender=None, project_id=project.pk)

    assert not default_storage.exists(path_of(project.pk, PNG_ID))
    assert default_storage.exists(path_of(other_project.pk, PNG_ID))
