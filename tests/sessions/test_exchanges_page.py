"""The page of a session in which traces hold whole conversations: turns, links, search, timeline, words and marks."""

import re
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from projects.models import Project, User
from sessions.conversations.conversation import read_conversation
from sessions.models import Session
from sessions.replay.turns import FIRST_PAGE, TURNS_PER_PAGE, Turn
from sessions.rollup.session_rows import recompute
from sessions.search.index import index
from tests.conversations import window_of
from tests.tracing.reports import at, call, in_session, span
from tracing.ingest.pipeline import ingest
from tracing.json_text import dump
from tracing.models import Score, Trace
from tracing.records import Kind, Level

FRAGMENT = {"HX-Request": "true"}


@pytest.fixture
def alices(client: Client, alice: User) -> Client:
    client.force_login(alice)
    return client


def loop(trace_id: str, exchanges: int, *, minute: float = 0, failing: int = -1) -> list[Any]:
    """A chat loop in one trace: every call sends the whole history, and each exchange has a tool."""
    start = minute * 60
    end: dict[str, Any] = {"started_at": at(start), "ended_at": at(start + 10 * exchanges)}
    records = [span(trace_id, "root", name="loop", claims=in_session("s"), **end)]
    history: list[dict[str, str]] = [{"role": "system", "content": "Be brief."}]
    for number in range(exchanges):
        times: dict[str, Any] = {"started_at": at(start + 10 * number), "ended_at": at(start + 10 * number + 1)}
        history.append({"role": "user", "content": f"{trace_id} question {number}"})
        answer = {"role": "assistant", "content": f"{trace_id} answer {number}"}
        level = Level.ERROR if number == failing else Level.DEFAULT
        texts: dict[str, Any] = {"input": dump(history), "output": dump([answer])}
        records.append(call(trace_id, f"c{number:03}", "root", level=level, **texts, **times))
        records.append(span(trace_id, f"t{number:03}", "root", name=f"tool {number}", kind=Kind.TOOL, **times))
        history.append(answer)
    return records


def hold(project: Project, *traces: list[Any]) -> Session:
    for records in traces:
        ingest(project.pk, records)
    recompute(project.pk, ["s"])
    return Session.objects.for_project(project).get(session_id="s")


def one(trace_id: str, minute: float) -> list[Any]:
    times: dict[str, Any] = {"started_at": at(minute * 60), "ended_at": at(minute * 60 + 1)}
    return [call(trace_id, "a", input=f"{trace_id} asks", output=f"{trace_id} says", claims=in_session("s"), **times)]


def page_of(project: Project) -> str:
    return reverse("session", args=[project.pk, "s"])


def turns_at(client: Client, project: Project, **query: Any) -> list[Turn]:
    return window_of(client.get(page_of(project), query)).turns


def numbered(turns: list[Turn]) -> list[tuple[int, str]]:
    return [(turn.number, turn.trace.turn_id) for turn in turns]


def everything(exchanges: int) -> list[tuple[int, str]]:
    order = ["before", *(f"call:c{number:03}" for number in range(exchanges)), "after"]
    return list(enumerate(order, start=1))


@pytest.mark.parametrize("exchanges", [2, FIRST_PAGE, 3 * TURNS_PER_PAGE])
def test_every_way_through_the_windows_shows_each_turn_once(alices: Client, project: Project, exchanges: int) -> None:
    session = hold(project, one("before", 0), loop("call", exchanges, minute=1), one("after", 1_000))
    page, known = page_of(project), everything(exchanges)
    assert (session.trace_count, session.turn_count) == (3, exchanges + 2)

    window = window_of(alices.get(page))
    found = numbered(window.turns)
    while window.following:
        window = window_of(alices.get(page, {"after": str(window.following)}))
        found += numbered(window.turns)
    assert found == known

    window = window_of(alices.get(page, {"turn": "after"}))
    found = numbered(window.turns)
    while window.previous:
        window = window_of(alices.get(page, {"before": str(window.previous)}))
        found = numbered(window.turns) + found
    assert found == known


def test_a_number_and_a_link_lead_to_the_same_turn(alices: Client, project: Project) -> None:
    hold(project, one("before", 0), loop("call", 40, minute=1), one("after", 1_000))
    known = everything(40)

    for number, turn_id in known:
        by_number, by_link = (turns_at(alices, project, **query) for query in ({"at": number}, {"turn": turn_id}))
        assert (number, turn_id) in numbered(by_number)
        assert numbered(by_number) == numbered(by_link)
        assert set(numbered(by_link)) <= set(known)
    assert (2, "call:c000") in numbered(turns_at(alices, project, turn="call"))
    assert numbered(turns_at(alices, project, at=500)) == known[-3:]
    assert numbered(turns_at(alices, project, turn="call:gone"))[0] == known[0]


def test_only_the_exchanges_that_failed_are_errors_and_keep_their_numbers(alices: Client, project: Project) -> None:
    hold(project, one("before", 0), loop("call", 40, minute=1, failing=33), one("after", 1_000))

    assert numbered(turns_at(alices, project, only="errors")) == [(35, "call:c033")]
    segments = alices.get(page_of(project)).context["page"].segments
    assert [(segment.label, segment.turn_count) for segment, _ in segments] == [
        ("All turns", 42), ("Errors", 1), ("Tool calls", 40),
    ]  # fmt: skip
    found = alices.get(page_of(project), {"find": "question 33", "only": "errors", "hits": ""}, headers=FRAGMENT)
    assert [(hit.number, hit.turn_id) for hit in found.context["found"].hits] == [(35, "call:c033")]


def test_a_turn_of_a_conversation_has_its_own_words_tools_and_numbers(alices: Client, project: Project) -> None:
    hold(project, loop("call", 3, failing=1))
    first, second, third = turns_at(alices, project)
    html = alices.get(page_of(project)).content.decode()

    assert [tool.name for tool in second.reading.tools] == ["tool 1"]
    assert [turn.trace.error_count for turn in (first, second, third)] == [0, 1, 0]
    assert [turn.trace.duration_ms for turn in (first, second, third)] == [1_000] * 3
    assert third.reading.input is not None
    assert third.reading.input.shown is not None
    (message,) = third.reading.input.shown.messages
    assert message.body is not None
    assert message.body.text == "call question 2"
    assert re.findall(r'data-number="(\d+)"', html) == ["1", "2", "3"]
    assert 'data-total="3"' in html


def test_a_conversation_is_exported_once_and_in_order(project: Project) -> None:
    session = hold(project, loop("call", 3))

    told = [message["content"] for message in read_conversation(session)]
    assert told == ["Be brief.", *(f"call {word} {number}" for number in range(3) for word in ("question", "answer"))]


@pytest.mark.parametrize("is_indexed", [True, False])
def test_words_lead_to_the_turn_that_says_them(alices: Client, project: Project, is_indexed: bool) -> None:
    hold(project, one("before", 0), loop("call", 20, minute=1))
    if is_indexed:
        index(project.pk, ["before", "call"])

    def found(words: str) -> list[tuple[int, str]]:
        answer = alices.get(page_of(project), {"find": words, "hits": ""}, headers=FRAGMENT)
        return [(hit.number, hit.turn_id) for hit in answer.context["found"].hits]

    assert found("answer 13") == [(15, "call:c013")]
    assert found("question 1")[:2] == [(3, "call:c001"), (12, "call:c010")]
    assert found("before says") == [(1, "before")]


def test_the_timeline_has_each_turn(alices: Client, project: Project) -> None:
    hold(project, one("before", 0), loop("call", 5, minute=1, failing=2), one("after", 5))

    timeline = alices.get(page_of(project), {"timeline": ""}, headers=FRAGMENT).context["timeline"]
    assert [(bar.number, bar.turn_id) for bar in timeline.bars] == everything(5)
    assert [bar.number for bar in timeline.bars if bar.error_count] == [4]
    part = alices.get(page_of(project) + "?timeline&from=3&to=5", headers=FRAGMENT).context["timeline"]
    assert [bar.number for bar in part.bars] == [3, 4, 5]


def test_a_conversation_that_grows_shows_its_new_turns(alices: Client, project: Project) -> None:
    hold(project, loop("call", 2))
    end = window_of(alices.get(page_of(project))).last
    hold(project, loop("call", 4))

    answer = alices.get(page_of(project), {"live": str(end), "seen": at(0).isoformat()}, headers=FRAGMENT)
    assert numbered(window_of(answer).turns) == [(3, "call:c002"), (4, "call:c003")]


def test_a_turn_of_a_conversation_is_read_and_judged_alone(alices: Client, project: Project) -> None:
    hold(project, loop("call", 3))
    read = alices.get(page_of(project), {"read": "call:c001"}, headers=FRAGMENT).content.decode()
    assert "call question 1" in read
    assert "call answer 2" not in read

    html = alices.get(page_of(project)).content.decode()
    addresses = re.findall(r'<form method="post" action="([^"]+)"[^>]*class="thumbs"', html)
    assert len(addresses) == 3
    alices.post(addresses[1], {"thumb": "1"})
    score = Score.objects.for_project(project).get()
    assert (score.trace_id, score.span_id) == ("call", "c001")
    panel = alices.get(reverse("annotate", args=[project.pk, "session", "s"]), headers=FRAGMENT).content.decode()
    assert 'data-mark="call:c001"' in " ".join(panel.split())


def test_a_trace_that_turns_out_to_be_a_conversation_keeps_its_link(alices: Client, project: Project) -> None:
    hold(project, loop("call", 1))
    assert numbered(turns_at(alices, project)) == [(1, "call")]
    hold(project, loop("call", 2))
    assert numbered(turns_at(alices, project, turn="call")) == [(1, "call:c000"), (2, "call:c001")]
    assert Trace.objects.for_project(project).get().turn_count == 2
