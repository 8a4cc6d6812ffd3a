"""clients/python asks a running Confab over HTTP."""

import asyncio
import re
import tomllib
from collections.abc import Iterator
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import pytest
from django.conf import settings
from pytest_django.live_server_helper import LiveServer

from confab import AsyncConfab, Confab, ConfabError, Problem, Unreachable, etag_of, problems
from confab.generated.objects import Turn
from projects.auth import create_key
from projects.models import Project, Scope
from projects.problems import PROBLEMS
from tests.conftest import Key
from tests.conversations import tell
from tests.mcp.conftest import without_the_loop_of_browsers  # noqa: F401  # a fixture

PACKAGE = settings.BASE_DIR / "clients" / "python"
SESSION_IDS = ["support/1", "..", "a b%2F?"]

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def client(live_server: LiveServer, project: Project, key: Key) -> Iterator[Confab]:
    for session_id in SESSION_IDS:
        tell(project, session_id)
    with Confab(live_server.url, key.secret, attempts=1) as confab:
        yield confab


def test_lists_are_read_page_after_page(client: Confab) -> None:
    page = client.list_sessions(limit=2)
    assert len(page["data"]) == 2
    rest = client.iterate_sessions(limit=2, cursor=page["next"])
    assert sorted(row["id"] for row in [*page["data"], *rest]) == sorted(SESSION_IDS)
    assert sorted(row["id"] for row in client.iterate_sessions(limit=1)) == sorted(SESSION_IDS)


@pytest.mark.parametrize("session_id", SESSION_IDS)
def test_every_id_can_be_named(client: Confab, session_id: str) -> None:
    assert client.read_session(session_id)["id"] == session_id
    assert client.change_session(session_id, {"labels": ["vip"]})["labels"] == ["vip"]
    turns: list[Turn] = list(client.iterate_turns_of_session(session_id=session_id, limit=1))
    assert [turn["number"] for turn in turns] == [1, 2]
    assert client.delete_session(session_id)["trace_count"] == 2


def test_parameters_have_the_types_of_python(client: Confab) -> None:
    now = datetime.now(UTC)
    assert client.list_sessions(from_=now, to=None)["data"] == []
    assert len(client.list_sessions(tags=["support", "vip"], id="..")["data"]) == 1
    [row] = client.measure_sessions(measure="sessions", steps=True)["data"]
    assert row["total"] == 3


def test_what_has_no_answer_and_what_is_a_file(client: Confab) -> None:
    alert = client.create_alert({"name": "Failures", "kind": "enters", "query": "has:error"})
    client.delete_alert(alert["id"])
    assert client.list_alerts()["data"] == []
    assert b"".join(client.export_sessions(format="csv")).count(b"\r\n") == 1 + len(SESSION_IDS)


def test_a_change_may_depend_on_what_was_read(client: Confab) -> None:
    known = etag_of(client.read_session(".."))
    changed = client.change_session("..", {"labels": ["vip"]}, if_match=known)
    with pytest.raises(problems.Changed):
        client.change_session("..", {"labels": []}, if_match=known)
    assert client.change_session("..", {"labels": []}, if_match=etag_of(changed))["labels"] == []
    assert etag_of(client.list_sessions()) is None


def test_programs_with_an_event_loop(client: Confab, live_server: LiveServer, key: Key) -> None:
    async def ask() -> tuple[Any, ...]:
        async with AsyncConfab(live_server.url, key.secret) as confab:
            rows = [row["id"] async for row in confab.iterate_sessions(limit=1, sort="created_at")]
            parts = [part async for part in confab.export_sessions(format="jsonl")]
            score = await confab.write_score({"session_id": "..", "name": "tone", "value": 0.5})
            with pytest.raises(problems.NotFound):
                await confab.read_score("nothing")
            with pytest.raises(problems.InvalidParameters):
                [part async for part in confab.export_sessions(format="csv", range="never")]
            return rows, b"".join(parts).count(b"\n"), score["value"]

    rows, lines, value = asyncio.run(ask())
    assert (sorted(rows), lines, value) == (sorted(SESSION_IDS), 3, 0.5)


def test_a_problem_has_a_type_and_its_reasons(client: Confab, live_server: LiveServer, project: Project) -> None:
    with pytest.raises(problems.InvalidParameters, match="range") as invalid:
        client.list_sessions(range="never")
    assert (invalid.value.status, invalid.value.code, list(invalid.value.errors)) == (
        400,
        "invalid_parameters",
        ["range"],
    )
    with pytest.raises(problems.NotFound, match="nothing with that id"):
        client.read_session("nothing")
    with pytest.raises(problems.InvalidParameters):
        list(client.export_sessions(format="csv", range="never"))
    _, secret = create_key(project, scopes=[Scope.READ])
    with Confab(live_server.url, secret) as reader, pytest.raises(problems.NotPermitted):
        reader.change_session("..", {"status": "open"})
    with Confab(live_server.url, "sk-unknown") as stranger, pytest.raises(problems.NotAuthenticated):
        stranger.list_cohorts()


def test_every_code_has_a_type() -> None:
    assert set(Problem.by_code) == set(PROBLEMS)


def test_the_environment_says_what_is_left_out(
    client: Confab, live_server: LiveServer, key: Key, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CONFAB_URL", f"{live_server.url}/")
    monkeypatch.setenv("CONFAB_API_KEY", key.secret)
    with Confab() as confab:
        assert confab.show_whose_key_it_is()["key"]["public_key"] == key.public


class Moody:
    """A server on the way, which gives these answers in turn and then an empty list: status and Retry-After.

    The status 0 breaks the connection off."""

    def __init__(self, *answers: tuple[int, str]) -> None:
        self.answers, self.methods, self.keys = list(answers), [], []
        moody = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                moody.methods.append(self.command)
                moody.keys.append(self.headers.get("Idempotency-Key"))
                status, seconds = moody.answers.pop(0) if moody.answers else (200, "")
                if status:
                    body = b'{"data": []}' if status == 200 else b"<html>busy</html>"
                    self.send_response(status)
                    self.send_header("Content-Length", str(len(body)))
                    if seconds:
                        self.send_header("Retry-After", seconds)
                    self.end_headers()
                    self.wfile.write(body)

            do_POST = do_GET

            def log_message(self, *words: object) -> None:
                """Say nothing."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"

    def __enter__(self) -> "Moody":
        Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        return self

    def __exit__(self, *failure: object) -> None:
        self.server.shutdown()
        self.server.server_close()


def asked_again(moody: Moody, confab: Confab) -> list[float]:
    """The pauses that the client makes between its attempts."""
    pauses: list[float] = []
    confab._retrying.sleep = pauses.append
    with moody:
        assert confab.list_cohorts() == {"data": []}
    return pauses


def test_a_busy_server_is_asked_again_when_it_says() -> None:
    moody = Moody((429, "7"), (503, "0"), (503, ""))
    first, second, third = asked_again(moody, Confab(moody.url))
    assert (first, second) == (7, 0)
    assert third > 0
    moody = Moody((0, ""))
    assert len(asked_again(moody, Confab(moody.url))) == 1


@pytest.mark.parametrize("answer", [(500, ""), (429, "3600")], ids=str)
def test_what_does_not_pass_is_not_sent_again(answer: tuple[int, str]) -> None:
    with Moody(answer) as moody, pytest.raises(ConfabError):
        Confab(moody.url).create_channel({"name": "Everybody", "kind": "mail"})
    assert moody.methods == ["POST"]


def test_a_write_that_broke_off_is_sent_again_with_its_key() -> None:
    moody, pauses = Moody((0, ""), (409, "1")), []
    confab = Confab(moody.url)
    confab._retrying.sleep = pauses.append
    with moody:
        confab.create_review_queue({"name": "Late"})
        confab.create_review_queue({"name": "Late"}, idempotency_key="mine")
    first, *others, mine = moody.keys
    assert (others, mine) == ([first, first], "mine")
    assert first
    assert pauses[1:] == [1]


def test_attempts_end() -> None:
    with Moody(*[(429, "0")] * 3) as moody, pytest.raises(Problem, match="429") as busy:
        Confab(moody.url, attempts=3).list_cohorts()
    assert (busy.value.status, busy.value.retry_after, len(moody.methods)) == (429, 0, 3)


def test_what_is_not_confab_is_no_answer() -> None:
    with Moody((203, "")) as moody, pytest.raises(Unreachable, match="not Confab"):
        Confab(moody.url).list_cohorts()
    with pytest.raises(Unreachable):
        Confab(moody.url, attempts=1).list_cohorts()  # its port is closed by now


def test_the_package_is_of_the_release_and_needs_what_it_imports() -> None:
    declared = tomllib.loads((PACKAGE / "pyproject.toml").read_text())["project"]
    product = tomllib.loads((settings.BASE_DIR / "pyproject.toml").read_text())["project"]
    same = ("version", "license", "requires-python")
    assert {name: declared[name] for name in same} == {name: product[name] for name in same}
    needed = {re.split(r"\W", name)[0] for name in declared["dependencies"]}
    code = "".join(path.read_text() for path in (PACKAGE / "src").rglob("*.py"))
    imported = set(re.findall(r"^(?:from|import) (httpx|tenacity|click|rich|[a-z]+x)\b", code, re.MULTILINE))
    assert imported == needed
    assert (PACKAGE / "LICENSE").read_text() == (settings.BASE_DIR / "LICENSE").read_text()


def test_the_readme_names_what_there_is() -> None:
    readme = (PACKAGE / "README.md").read_text()
    methods = set(re.findall(r"confab\.(\w+_\w+)\(|`((?:list|read|write|export|download)_\w+)`", readme))
    names = {first or second for first, second in methods}
    assert len(names) > 5
    assert {name for name in names if not hasattr(Confab, name) or not hasattr(AsyncConfab, name)} == set()
