"""The command `confab` of clients/python, on a running Confab."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import pytest
from click.testing import CliRunner, Result
from pytest_django.live_server_helper import LiveServer

from confab.commands import main
from confab.commands.showing import printable, spent
from projects.models import Project
from tests.clients.test_python import PACKAGE
from tests.conftest import Key
from tests.conversations import TICKET, tell
from tracing.models import Score

pytestmark = pytest.mark.django_db(transaction=True)
HOSTILE = "\x1b]0;owned\x07\u202eevil\x9b31m"


@pytest.fixture
def variables(live_server: LiveServer, project: Project, key: Key) -> dict[str, str]:
    """The environment of a command, for a project with a conversation."""
    tell(project, "support/1")
    return {"CONFAB_URL": live_server.url, "CONFAB_API_KEY": key.secret}


def run(variables: Mapping[str, str], *words: str) -> Result:
    return CliRunner().invoke(main, words, env=variables)


def rows_of(result: Result) -> list[dict[str, object]]:
    assert result.exit_code == 0, result.output
    return [json.loads(line) for line in result.stdout.splitlines()]


def test_sessions_are_listed_as_a_table_and_as_json(variables: dict[str, str], project: Project) -> None:
    tell(project, "support/2", TICKET[:1])
    table = run(variables, "sessions", "list").stdout.splitlines()
    assert table[0].split()[:2] == ["Session", "Last"]
    assert {line.split()[0] for line in table if line.startswith("support/")} == {"support/1", "support/2"}
    rows = rows_of(run(variables, "--json", "sessions", "list", "turns >= 2", "--limit", "1"))
    assert [row["id"] for row in rows] == ["support/1"]
    rows = rows_of(run(variables, "--json", "sessions", "list", "--sort", "id", "--limit", "1"))
    assert [row["id"] for row in rows] == ["support/1"]


def test_a_session_is_shown_with_its_conversation(variables: dict[str, str]) -> None:
    shown = run(variables, "sessions", "show", "support/1").stdout
    places = [shown.index(text) for said in TICKET for text in (f"user: {said[0]}", f"assistant: {said[1]}")]
    assert places == sorted(places)
    [row] = rows_of(run(variables, "--json", "sessions", "show", "support/1"))
    assert (row["id"], len(row["turns"])) == ("support/1", 2)  # type: ignore[arg-type]


def test_an_export_gets_its_name_when_it_is_whole(variables: dict[str, str], tmp_path: Path) -> None:
    file = tmp_path / "sessions.csv"
    assert run(variables, "sessions", "export", "--format", "csv", "--to", str(file)).exit_code == 0
    assert "support/1" in file.read_text()
    assert list(tmp_path.iterdir()) == [file]
    [row] = rows_of(run(variables, "sessions", "export", "turns:2"))
    assert row["id"] == "support/1"


@pytest.mark.parametrize(
    ("given", "kind", "shown"), [("0.5", "NUMERIC", "0.5"), ("true", "BOOLEAN", "1"), ("warm", "CATEGORICAL", "warm")]
)
def test_a_score_is_a_number_a_yes_or_a_text(
    variables: dict[str, str], project: Project, given: str, kind: str, shown: str
) -> None:
    result = run(variables, "sessions", "score", "support/1", "tone", given, "--comment", "Read it.")
    assert result.stdout.startswith("tone: "), result.output
    score = Score.objects.for_project(project).get()
    assert (score.session_id, score.data_type, score.comment) == ("support/1", kind, "Read it.")


@contextmanager
def following(variables: Mapping[str, str], *words: str) -> Iterator[IO[str]]:
    """Give the output of a command that only ends when it is interrupted."""
    command = [sys.executable, "-m", "confab", *words, "--interval", "0.2"]
    environment = {**os.environ, **variables, "PYTHONPATH": str(PACKAGE / "src")}
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    with subprocess.Popen(command, env=environment, preexec_fn=heed_interrupts, **pipes) as process:
        try:
            yield process.stdout
            process.send_signal(signal.SIGINT)
            _, errors = process.communicate(timeout=20)
        finally:
            process.kill()
    assert (process.returncode, errors) == (0, "")


def heed_interrupts() -> None:
    """Undo what a shell does to programs in the background, whose children ignore interrupts, too."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def test_sessions_are_followed_as_they_go_on(variables: dict[str, str], project: Project) -> None:
    with following(variables, "--json", "sessions", "tail") as lines:
        assert json.loads(lines.readline())["id"] == "support/1"
        tell(project, "support/2")
        assert json.loads(lines.readline())["id"] == "support/2"
        tell(project, "support/1", [*TICKET, ("Thanks!", "You are welcome.")])
        assert json.loads(lines.readline())["turn_count"] == 3


def test_a_conversation_is_followed_as_it_goes_on(variables: dict[str, str], project: Project) -> None:
    with following(variables, "--json", "sessions", "tail", "support/1") as lines:
        assert [json.loads(lines.readline())["number"] for _ in TICKET] == [1, 2]
        tell(project, "support/1", [*TICKET, ("Thanks!", "You are welcome.")])
        turn = json.loads(lines.readline())
    assert (turn["number"], turn["messages"][0]["content"]) == (3, "Thanks!")


def test_a_failure_is_a_line(variables: dict[str, str]) -> None:
    result = run(variables, "sessions", "show", "nothing")
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr == "Error: This project has nothing with that id.\n"
    result = run(variables, "sessions", "list", "--range", "never")
    assert "range: " in result.stderr
    assert run(variables, "sessions", "tail", "support/1", "--query", "x").exit_code == 2


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_shells_complete_commands(shell: str) -> None:
    assert "_CONFAB_COMPLETE" in run({}, "completion", shell).stdout


def test_shells_complete_ids_of_sessions(variables: dict[str, str]) -> None:
    asked = {
        **variables,
        "_CONFAB_COMPLETE": "bash_complete",
        "COMP_WORDS": "confab sessions show sup",
        "COMP_CWORD": "3",
    }
    environment = {**os.environ, **asked, "PYTHONPATH": str(PACKAGE / "src")}
    assert run(variables, "sessions", "list").exit_code == 0  # a shell does not wait for the first answer of a server
    command = [sys.executable, "-c", "from confab.commands import main; main(prog_name='confab')"]
    found = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60)
    assert found.stdout.split() == ["plain,support/1"], found.stderr
    away = {**environment, "CONFAB_URL": "http://127.0.0.1:1"}
    assert subprocess.run(command, env=away, capture_output=True, text=True, timeout=60).stdout.strip() == ""


def test_texts_of_strangers_do_not_command_the_terminal(variables: dict[str, str], project: Project) -> None:
    tell(project, "hostile", [(f"Hello {HOSTILE}[bold]", HOSTILE)])
    commands = (["list"], ["show", "hostile"])
    for words in (*commands, *(["--json", *words] for words in commands)):
        before, after = (words[:1], words[1:]) if words[0] == "--json" else ([], words)
        output = run(variables, *before, "sessions", *after).stdout
        assert "evil" in output
        assert not {"\x1b", "\x07", "\x9b", "\u202e"} & set(output), words
    [row] = rows_of(run(variables, "--json", "sessions", "show", "hostile"))
    assert "\x9b31m" in str(row["first_input"])
    assert printable("a\r\nb\x00") == "a\nb\ufffd"


def test_durations_are_short() -> None:
    assert [spent(number) for number in (900, 59_940, 93_422, 3_600_000)] == ["0.9s", "59.9s", "1m 33s", "1h 00m"]
