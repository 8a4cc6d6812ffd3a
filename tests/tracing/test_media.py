"""Files that traces show: taken out of texts, uploaded by SDKs, kept once, gone with their last trace."""

import hashlib
import json
import time
from base64 import b64encode
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.test import Client
from pytest_django.fixtures import Settings

from projects.deletion import project_rows_deleted
from projects.models import Project, User
from tests.conftest import Key
from tests.downloads import body_of
from tests.s3 import S3_STORAGE, bucket_of_its_own
from tests.tracing import otlp
from tracing.ingest import quota
from tracing.ingest.files_in_texts import FilesInTexts
from tracing.limits.table import FILE_SMALLEST, FILES_OF_REQUEST, FILES_OF_SPAN, MEDIA_LIMIT
from tracing.models import IngestionIssue, Media, MediaUse, SpanIO
from tracing.reading.messages import messages_of
from tracing.records import Issue, Reason, SpanRecord
from tracing.store.media import File, announce, forget, keep, media_id_of, path_of
from tracing.templatetags.bodies import attached_file

pytestmark = pytest.mark.django_db
PNG = b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 4
PNG_ID = media_id_of(hashlib.sha256(PNG).digest())
REFERENCE = f"@@@langfuseMedia:type=image/png|id={PNG_ID}|source=base64_data_uri@@@"
DATA = b64encode(PNG).decode()
TRACE = f"{1:032x}"


EVERYWHERE = pytest.mark.parametrize("storage", ["disk", "s3"], indirect=True)


@pytest.fixture(autouse=True)
def storage(request: pytest.FixtureRequest, settings: Settings, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = tmp_path
    if getattr(request, "param", "disk") == "s3":
        options = bucket_of_its_own(request.getfixturevalue("s3"))
        settings.STORAGES = settings.STORAGES | {"default": {"BACKEND": S3_STORAGE, "OPTIONS": options}}


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
def test_files_in_texts_become_references(text: str | None, expected: str | None) -> None:
    assert without_files(text)[0] == expected


def without_files(text: str | None) -> tuple[str | None, list[File], list[Issue]]:
    issues: list[Issue] = []
    files = FilesInTexts(issues)
    record = SpanRecord(TRACE, "a", input=text)
    files.take_out(record)
    return record.input, files.files, issues


def uri(number: int, size: int = FILE_SMALLEST.value) -> str:
    return "data:image/png;base64," + b64encode(b"%0*d" % (size, number)).decode()


def test_a_small_file_stays_in_its_text() -> None:
    smallest, smaller = uri(1), uri(1, FILE_SMALLEST.value - 1)

    assert without_files(smaller) == (smaller, [], [])
    assert len(without_files(smallest)[1]) == 1


def test_files_beyond_the_number_of_a_span_stay_in_its_text_and_are_reported() -> None:
    numbers = range(FILES_OF_SPAN.value + 2)

    text, files, issues = without_files(" ".join(map(uri, numbers)))

    assert [file.data for file in files] == [b"%01024d" % number for number in numbers[:-2]]
    assert text is not None
    assert text.endswith(" ".join([files[-1].reference, uri(numbers[-2]), uri(numbers[-1])]))
    assert issues == [
        Issue(Reason.FILES_LEFT_IN_TEXT, "2 files stay in the texts of one span, 100 were taken out", "a")
    ]


def test_files_beyond_the_number_or_the_size_of_a_request_stay_in_its_texts() -> None:
    issues: list[Issue] = []
    files = FilesInTexts(issues)
    for span in range(6):
        texts = [" ".join(uri(100 * span + number) for number in range(100)), uri(1)]
        files.take_out(SpanRecord(TRACE, str(span), output=texts[0]))
        files.take_out(SpanRecord(TRACE, str(span), output=texts[1]))  # a file that is known already is not a new one

    assert len(files.files) == FILES_OF_REQUEST.value
    assert {(issue.span_id, issue.reason) for issue in issues} == {("5", Reason.FILES_LEFT_IN_TEXT)}

    _, kept, issues = without_files(" ".join(uri(number, 7 * 2**20) for number in range(5)))
    assert len(kept) == 4
    assert len(issues) == 1


@pytest.mark.parametrize(
    ("trace_id", "content_type"), [("x" * 201, "image/png"), ("x\x00", "image/png"), (TRACE, "a" * 60 + "/png")]
)
def test_a_file_that_no_row_can_name_stays_in_its_text(trace_id: str, content_type: str) -> None:
    text = f"data:{content_type};base64,{DATA}"
    files = FilesInTexts([])
    files.take_out(record := SpanRecord(trace_id, "a", input=text))

    assert (record.input, files.files) == (text, [])


def test_what_only_looks_like_a_file_costs_no_more_than_its_length() -> None:
    """Near misses of every part of a file: what is looked at grows as the text does, and has an end."""
    part = '"media_type":"image/png","data":"'
    misses = [
        "data:",
        ";base64,",
        "data:;base64,",
        "data:a/b;base64,",
        "data:a/b" + ";a" * 50 + ";base64,",
        f"data:a/b;base64,{DATA[:1300]}",
        '"media_type":',
        part,
        part + DATA[:1300],
        '"mime_type":' + " " * 90 + '"a/b",' + " " * 90,
        "data:" + "a" * 50,
        f"data:{'a' * 60}/b;base64,{DATA}",
        "A" * 1400 + ";base64,",
    ]

    for miss in misses:
        texts = [miss * (size // len(miss)) for size in (100_000, 400_000)]
        costs = [cpu(partial(without_files, text)) for text in texts]
        assert costs[1] < 12 * max(costs[0], 0.002), f"{miss[:40]!r} costs {costs} s"


def cpu(work: Callable[[], object]) -> float:
    """The least of three measurements, in seconds of this thread."""
    costs = []
    for _ in range(3):
        start = time.thread_time()
        work()
        costs.append(time.thread_time() - start)
    return min(costs)


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


def test_a_flood_of_files_is_kept_up_to_the_limit_and_named(client: Client, project: Project, key: Key) -> None:
    span = otlp.span("llm", langfuse__observation__input=" ".join(map(uri, range(FILES_OF_SPAN.value + 5))))
    body, headers = otlp.body(span), {"Authorization": key.bearer}

    answer = client.post("/v1/traces", body, content_type=otlp.PROTOBUF, headers=headers)

    assert answer.status_code == 200
    assert b"5 files stay in the texts of one span" in answer.content
    assert Media.objects.for_project(project).count() == FILES_OF_SPAN.value
    issue = IngestionIssue.objects.for_project(project).get()
    assert (issue.reason, issue.count) == (Reason.FILES_LEFT_IN_TEXT, 1)


def test_a_file_counts_as_a_span_of_the_quota(client: Client, project: Project, key: Key) -> None:
    Project.objects.filter(pk=project.pk).update(monthly_span_quota=4)
    span = otlp.span("llm", langfuse__observation__input=" ".join([*map(uri, range(3)), uri(0)]))
    send = partial(client.post, "/v1/traces", content_type=otlp.PROTOBUF, headers={"Authorization": key.bearer})

    assert [send(data=otlp.body(span)).status_code for _ in range(2)] == [200, 429]
    keep(project.pk, [File(TRACE, "image/png", PNG)])
    project.refresh_from_db()
    used = quota.use_of(project)
    assert used is not None
    assert used.used == 4  # no span is metered yet
    assert call(client, key, "POST", "/api/public/media", announcement()).status_code == 429


@EVERYWHERE
def test_a_file_whose_writing_was_cut_off_is_written_again(project: Project) -> None:
    default_storage.save(path_of(project.pk, PNG_ID), ContentFile(PNG[:5]))

    assert keep(project.pk, [File(TRACE, "image/png", PNG)]) == 1
    assert keep(project.pk, [File("t2", "image/png", PNG)]) == 0

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


@EVERYWHERE
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
    assert body_of(response) == PNG


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
        ({"contentLength": MEDIA_LIMIT.value + 1}, 413),
        ({"contentType": "image/png\r\nX: y"}, 400),
        ({"traceId": None}, 400),
        ({"traceId": "x\x00"}, 400),
    ],
)
def test_a_wrong_announcement_is_refused(client: Client, key: Key, changes: dict[str, Any], status: int) -> None:
    assert call(client, key, "POST", "/api/public/media", announcement(**changes)).status_code == status


@EVERYWHERE
def test_members_see_a_file_and_strangers_do_not(client: Client, project: Project, alice: User, charlie: User) -> None:
    keep(project.pk, [File(TRACE, "image/png", PNG)])
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


@EVERYWHERE
def test_a_file_that_is_not_here_says_why(client: Client, project: Project, alice: User) -> None:
    client.force_login(alice)
    path = f"/project/{project.pk}/media/{PNG_ID}"

    def reason() -> str:
        answer = client.get(path, headers={"Accept": "text/plain"})
        assert (answer.status_code, answer["Cache-Control"]) == (404, "private, no-store")
        return answer.content.decode()

    never = reason()
    announce(project.pk, TRACE, sha256=hashlib.sha256(PNG).digest(), content_type="image/png", size=len(PNG))
    announced = reason()
    keep(project.pk, [File(TRACE, "image/png", PNG)])
    assert client.get(path).status_code == 200
    default_storage.delete(path_of(project.pk, PNG_ID))
    gone = reason()

    assert "64.0\xa0MB" in never
    assert "upload has not arrived" in announced
    assert "gone from the storage" in gone
    page = client.get(path, headers={"Accept": "text/html"}).content.decode()
    assert "This file is not here." in page
    assert "gone from the storage" in page


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("", "not shown: no address was sent"),
        ("data:image/png;base64,AAAA", "not shown: only in the raw report"),
        ("file-abc", "not shown: its address is not of the web"),
        ("javascript:alert(1)", "not shown: its address is not of the web"),
        ("https://a.example/" + "x" * 5000, "not shown: its address is too long"),
        ("https://pictures.example/a.png", "at pictures.example, never loaded from there"),
        ("https://[oops/a.png", "at elsewhere, never loaded from there"),
    ],
)
def test_a_file_without_a_copy_here_says_why_it_is_not_shown(url: str, shown: str) -> None:
    (message,) = messages_of([{"role": "user", "content": "See", "media": [{"type": "image", "url": url}]}], 0, 1)

    html = attached_file(message.attachments[0], 1)

    assert shown in html
    assert "<img" not in html


@pytest.mark.parametrize("content_type", ["text/html", "image/svg+xml", "application/javascript"])
def test_what_could_carry_a_script_is_offered_for_download_only(
    client: Client, project: Project, alice: User, content_type: str
) -> None:
    keep(project.pk, [File(TRACE, content_type, PNG)])
    client.force_login(alice)

    response = client.get(f"/project/{project.pk}/media/{PNG_ID}")

    assert response["Content-Type"] == "application/octet-stream"
    assert response["Content-Disposition"].startswith("attachment")


@EVERYWHERE
def test_a_file_goes_with_the_last_trace_that_shows_it(project: Project, other_project: Project) -> None:
    for owner, trace in [(project, "a"), (project, "b"), (other_project, "a")]:
        keep(owner.pk, [File(trace, "image/png", PNG)])

    forget(project.pk, ["a"])
    assert default_storage.exists(path_of(project.pk, PNG_ID))
    forget(project.pk, ["b", "never"])

    assert not default_storage.exists(path_of(project.pk, PNG_ID))
    assert not Media.objects.for_project(project).exists()
    assert default_storage.exists(path_of(other_project.pk, PNG_ID))


@EVERYWHERE
def test_the_files_of_a_deleted_project_are_deleted(project: Project, other_project: Project) -> None:
    for owner in (project, other_project):
        keep(owner.pk, [File("a", "image/png", PNG)])

    for _ in range(2):
        project_rows_deleted.send(sender=None, project_id=project.pk)

    assert not default_storage.exists(path_of(project.pk, PNG_ID))
    assert default_storage.exists(path_of(other_project.pk, PNG_ID))
