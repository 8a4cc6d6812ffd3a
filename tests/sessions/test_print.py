"""A conversation on paper: alone, whole, and honest about what does not fit."""

import json
import re
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from projects.models import Project, User
from sessions.replay import printing
from sessions.replay.turns import FIRST_PAGE, TURNS_PER_PAGE
from tests.conversations import read, tell
from tests.sessions.large import tell_long
from tests.sessions.test_session_page import assistant, page_of, say, user


@pytest.fixture
def alices(client: Client, alice: User) -> Client:
    client.force_login(alice)
    return client


def numbers_in(html: str) -> list[int]:
    return [int(number) for number in re.findall(r'class="turn-number num">(\d+)<', html)]


def test_every_turn_is_printed_however_many_windows_they_take(alices: Client, project: Project) -> None:
    count = FIRST_PAGE + TURNS_PER_PAGE + 7
    tell(project, "s", [(f"question {number}", f"answer {number}") for number in range(count)])

    html = read(alices.get(page_of(project, "s"), {"print": ""}))

    assert numbers_in(html) == list(range(1, count + 1))
    assert [f"answer {number}<" in html for number in range(count)] == [True] * count
    for control in ("Translate", "Errors", "Good answer", "Find in this session", "data-play", "Delete"):
        assert control not in html
    assert "?print" in alices.get(page_of(project, "s")).content.decode()


def test_texts_and_tool_calls_are_printed_whole(alices: Client, project: Project) -> None:
    long = " ".join(f"word-{number}" for number in range(2_000))
    calls: list[dict[str, Any]] = [{"id": "1", "name": "look_up", "arguments": {"order": "A247"}}]
    said = [assistant("Wait.", tool_calls=calls), {"role": "tool", "tool_call_id": "1", "content": long}]
    say(project, ([user(long)], [*said, assistant("Done.")]))

    html = read(alices.get(page_of(project, "s"), {"print": ""}))

    assert html.count("word-1999") == 2
    assert "Load more" not in html
    assert "A247" in html


def test_what_does_not_fit_is_counted(alices: Client, project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    tell_long(project, "long", printing.MAX_PRINTED_TURNS + 50)

    html = read(alices.get(page_of(project, "long"), {"print": ""}))
    assert numbers_in(html) == list(range(1, printing.MAX_PRINTED_TURNS + 1))
    assert "50 more turns are not on this page." in html

    monkeypatch.setattr(printing, "MAX_PAPER_CHARACTERS", 20_000)
    few = read(alices.get(page_of(project, "long"), {"print": ""}))
    assert f"{printing.MAX_PRINTED_TURNS + 50 - len(numbers_in(few))} more turns are not on this page." in few


def test_a_text_that_is_too_long_for_the_page_says_so(alices: Client, project: Project) -> None:
    say(project, ("x" * 300_000, json.dumps({"a": 1})))

    html = read(alices.get(page_of(project, "s"), {"print": ""}))

    assert "The rest is too long for this page." in html
    assert "hx-get" not in html.partition('class="turns"')[2].partition("</main>")[0]


def test_it_is_a_page_of_the_session_alone(alices: Client, project: Project) -> None:
    assert alices.get(reverse("session", args=[project.pk, "gone"]), {"print": ""}).status_code == 404
