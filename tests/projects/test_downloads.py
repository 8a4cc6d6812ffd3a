"""What is handed out as a file: who may have how many at once, which part of it, and what they hear otherwise."""

import gc
import io
import re
import secrets
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.http import HttpResponseBase, StreamingHttpResponse
from django.test import Client, RequestFactory

from projects.downloads import answers, making
from projects.downloads.answers import Sending, file_answer, filename
from projects.downloads.places import Busy, DownloadSlots, Holder
from projects.downloads.tables import csv_line, harmless
from projects.models import Project, User
from tests.conftest import Key
from tests.downloads import body_of
from tests.sessions.rows import session as session_row

ROOT = Path(__file__).resolve().parents[2]
CONTENT = bytes(range(256)) * 8
ALICE, BOB, CHARLIE = Holder("User-1", "Project-1"), Holder("User-2", "Project-1"), Holder("User-3", "Project-2")


def places(kind: str = "", *, of_one: int = 9, of_tenant: int = 9, in_process: int = 9) -> DownloadSlots:
    return DownloadSlots(kind or secrets.token_hex(4), of_one, of_tenant, in_process)


def test_one_person_has_so_many_downloads_at_once_in_all_processes() -> None:
    kind = secrets.token_hex(4)
    here, elsewhere = places(kind, of_one=2), places(kind, of_one=2)
    first, _ = here.take(ALICE), elsewhere.take(ALICE)

    for somewhere in (here, elsewhere):
        with pytest.raises(Busy) as refusal:
            somewhere.take(ALICE)
        assert refusal.value.status == 429
        assert refusal.value.retry_after
    here.take(BOB)
    first.release()
    elsewhere.take(ALICE)


def test_one_tenant_never_has_all_places_of_a_process() -> None:
    some = places(of_tenant=2, in_process=3)
    held = [some.take(ALICE), some.take(BOB)]

    with pytest.raises(Busy) as refusal:
        some.take(ALICE)
    assert refusal.value.status == 503
    held.append(some.take(CHARLIE))
    with pytest.raises(Busy):
        some.take(Holder("User-4", "Project-3"))
    for place in held:
        place.release()
        place.release()  # once more does no harm
    assert [some.take(holder) for holder in (ALICE, BOB, CHARLIE)]


def test_a_place_that_was_refused_leaves_nothing_taken() -> None:
    some = places(of_one=1, in_process=1)
    held = some.take(ALICE)
    with pytest.raises(Busy):
        some.take(BOB)
    held.release()

    some.take(BOB)


def test_an_answer_that_nobody_sends_gives_its_place_back() -> None:
    some = places(in_process=1)
    answer: HttpResponseBase = StreamingHttpResponse(Sending(io.BytesIO(CONTENT), range(10), some.take(ALICE)))
    del answer
    gc.collect()

    some.take(BOB)


def answer(content: bytes = CONTENT, etag: str = '"1"', **headers: str) -> HttpResponseBase:
    request = RequestFactory().get("/", headers=headers)
    return file_answer(request, io.BytesIO(content), ALICE, content_type="text/plain", headers={}, etag=etag)


@pytest.mark.parametrize("whole", [2**20, 100])  # in one piece, and in chunks
@pytest.mark.parametrize(
    ("asked", "part"),
    [
        ("bytes=0-", range(2048)),
        ("bytes=5-9", range(5, 10)),
        ("bytes=2000-9999999", range(2000, 2048)),
        ("bytes=-300", range(1748, 2048)),
        ("bytes=-99999", range(2048)),
    ],
)
def test_a_download_is_taken_up_where_it_broke_off(
    whole: int, asked: str, part: range, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(answers, "UNSLICED_BYTES", whole)
    found = answer(range=asked)

    assert found.status_code == 206
    assert body_of(found) == CONTENT[part.start : part.stop]
    assert found.headers["Content-Range"] == f"bytes {part.start}-{part.stop - 1}/2048"


@pytest.mark.parametrize("asked", ["", "bytes=-", "bytes=5-2,7-8", "lines=1-2", "bytes=a-", f"bytes={'9' * 30}-"])
def test_a_part_that_cannot_be_followed_is_all(asked: str) -> None:
    assert body_of(answer(range=asked)) == CONTENT


def test_a_part_of_a_file_that_has_changed_is_all_of_the_new_one() -> None:
    assert body_of(answer(range="bytes=5-", if_range='"0"')) == CONTENT
    assert body_of(answer(range="bytes=5-", if_range='"1"')) == CONTENT[5:]
    assert body_of(answer(range="bytes=5-", etag="")) == CONTENT


@pytest.mark.parametrize("asked", ["bytes=2048-", "bytes=9-5", "bytes=-0"])
def test_nothing_lies_behind_the_end(asked: str) -> None:
    found = answer(range=asked)

    assert (found.status_code, found.headers["Content-Range"]) == (416, "bytes */2048")


def test_who_reads_too_slowly_is_cut_off_short_of_the_promised_length(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(answers, "READER_GRACE_SECONDS", 0.0)
    monkeypatch.setattr(answers, "LEAST_BYTES_PER_SECOND", 10**12)
    sending = Sending(io.BytesIO(CONTENT), range(len(CONTENT)), places().take(ALICE))

    assert b"".join(sending) == b""
    assert "cut off" in caplog.text


def test_a_file_that_has_shrunk_breaks_off() -> None:
    sending = Sending(io.BytesIO(b"ab"), range(10), places().take(ALICE))

    with pytest.raises(OSError, match="shorter"):
        b"".join(sending)


def test_what_is_too_large_or_takes_too_long_is_refused_before_its_first_byte(
    project: Project, client: Client, alice: User, key: Key, monkeypatch: pytest.MonkeyPatch
) -> None:
    session_row(project, "one")
    monkeypatch.setattr(making, "MAX_DOWNLOAD_BYTES", 10)

    by_key = client.get("/api/v1/export?format=csv", headers={"Authorization": key.bearer})

    assert by_key.status_code == 400
    assert "too much for one download" in by_key.json()["detail"]


def test_what_was_begun_and_is_refused_has_ended_before_anybody_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    """Otherwise its transaction would be around what is done instead, and undo it."""
    monkeypatch.setattr(making, "MAX_DOWNLOAD_BYTES", 10)
    ended = []

    def pieces() -> Iterator[str]:
        try:
            while True:
                yield "x" * making.CHUNK_CHARACTERS
        finally:
            ended.append(True)

    unread = pieces()
    with pytest.raises(making.DownloadTooLarge):
        making.made(unread, ALICE)

    assert ended


def test_whoever_has_to_wait_hears_for_how_long(
    project: Project, client: Client, alice: User, key: Key, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(making, "MAKING_SLOTS", places(in_process=0))
    client.force_login(alice)

    by_key = client.get("/api/v1/export?format=csv", headers={"Authorization": key.bearer})
    page = client.get(f"/project/{project.pk}/export?format=csv", headers={"Accept": "text/html"})
    picture = client.get(f"/project/{project.pk}/export?format=csv", headers={"Accept": "image/png"})

    assert [(found.status_code, found.headers["Retry-After"]) for found in (by_key, page, picture)] == [(503, "5")] * 3
    assert "busy" in by_key.json()["detail"]
    assert b"<h1>No download now.</h1>" in page.content
    assert picture.headers["Content-Type"].startswith("text/plain")


@pytest.mark.parametrize("name", ['a"b\r\nX: y', "../../etc/passwd", "ünïcode/ид", "…", "x" * 500])
def test_a_file_is_named_plainly_whatever_its_session_is_called(name: str) -> None:
    assert re.fullmatch(r"[a-z0-9_-]{1,100}\.csv", filename(name, "csv"))


@pytest.mark.parametrize("start", [*"=+-@\t\r\n", *"＝＋－＠﹦﹢﹣﹫−", " =", "\ufeff=", "\xa0@", "\u3000＝"])
def test_no_cell_begins_like_a_formula(start: str) -> None:
    assert harmless(f"{start}1+1") == f"'{start}1+1"
    assert harmless("a=1") == "a=1"
    assert csv_line(["a", 1, 'b"c']) == 'a,1,"b""c"\r\n'


def test_nothing_else_in_the_product_streams_an_answer() -> None:
    """An answer that is made while it is sent holds a thread, and ends cleanly when it breaks off."""
    found = {
        str(path.relative_to(ROOT))
        for room in ("config", "projects", "sessions", "tracing")
        for path in (ROOT / room).rglob("*.py")
        if re.search(r"\b(StreamingHttpResponse|FileResponse|X-Accel-Buffering)\b", path.read_text())
    }

    assert found == {"projects/downloads/answers.py"}
