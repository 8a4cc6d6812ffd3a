"""The page of one session: what is read of its turns, however many and however long they are."""

import json
import re
from dataclasses import replace
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries

from projects.models import Project, User
from sessions.replay.timeline import BARS
from sessions.replay.turns import FIRST_PAGE, TURNS_PER_PAGE, TurnPage
from sessions.rollup.session_rows import recompute
from tests.conversations import read, tell, window_of
from tests.sessions.large import tell_long
from tests.tracing.reports import at, call, failed, in_session, span
from tests.tracing.test_reading import ATTACKS, Found
from tracing.ingest.pipeline import ingest
from tracing.records import Kind
from tracing.store.media import File, keep

FRAGMENT = {"HX-Request": "true"}
MOST_BYTES = 300_000


@pytest.fixture
def alices(client: Client, alice: User) -> Client:
    client.force_login(alice)
    return client


def page_of(project: Project, session_id: str) -> str:
    return reverse("session", args=[project.pk, session_id])


def say(project: Project, *turns: tuple[Any, Any], session_id: str = "s") -> None:
    """One trace per turn; each side is a text or a list of messages."""
    for number, sides in enumerate(turns):
        asked, answered = (side if isinstance(side, str) else json.dumps(side) for side in sides)
        times: dict[str, Any] = {"started_at": at(number * 10), "ended_at": at(number * 10 + 1)}
        ingest(
            project.pk,
            [call(f"t{number}", "a", input=asked, output=answered, claims=in_session(session_id), **times)],
        )
    recompute(project.pk, [session_id])


def user(text: str) -> dict[str, str]:
    return {"role": "user", "content": text}


def assistant(text: str, **more: Any) -> dict[str, Any]:
    return {"role": "assistant", "content": text, **more}


SYSTEM = {"role": "system", "content": "Be brief."}


def readings(client: Client, page: str, **query: str) -> list[Any]:
    return [turn.reading for turn in window_of(client.get(page, query)).turns]


def contents(spoken: Any) -> list[str]:
    return [message.body.text if message.body else "" for message in spoken.shown.messages]


def test_what_a_turn_repeats_of_earlier_ones_is_folded(alices: Client, project: Project) -> None:
    first, second = [SYSTEM, user("Hello?")], [SYSTEM, user("Hello?"), assistant("Hi."), user("My order?")]
    third = [*second, assistant("It comes."), user("Hello?")]
    say(project, (first, [assistant("Hi.")]), (second, [assistant("It comes.")]), (third, [assistant("Hi again.")]))

    found = readings(alices, page_of(project, "s"))
    html = alices.get(page_of(project, "s")).content.decode()

    assert [contents(reading.input) for reading in found] == [["Be brief.", "Hello?"], ["My order?"], ["Hello?"]]
    assert [reading.input.shown.earlier for reading in found] == [0, 3, 5]
    assert "3 earlier messages, read above" in html
    assert "5 earlier messages, read above" in html


def test_history_is_folded_across_the_edge_of_a_window(alices: Client, project: Project) -> None:
    history: list[dict[str, Any]] = []
    turns = []
    for number in range(FIRST_PAGE + 2):
        history.append(user(f"question {number}"))
        turns.append((list(history), [assistant(f"answer {number}")]))
        history.append(assistant(f"answer {number}"))
    say(project, *turns)
    page = page_of(project, "s")

    following = window_of(alices.get(page)).following
    later = readings(alices, page, after=str(following))
    around = readings(alices, page, turn=f"t{FIRST_PAGE + 1}")

    assert [contents(reading.input) for reading in later] == [
        [f"question {FIRST_PAGE}"], [f"question {FIRST_PAGE + 1}"],
    ]  # fmt: skip
    assert contents(around[-1].input) == [f"question {FIRST_PAGE + 1}"]


def test_the_same_question_without_history_is_no_repetition(alices: Client, project: Project) -> None:
    say(project, ([user("ping")], "pong"), ([user("ping")], "pong"), ("ping", "pong"))

    found = readings(alices, page_of(project, "s"))

    assert [contents(reading.input) for reading in found[:2]] == [["ping"], ["ping"]]
    assert found[2].input.shown.body.text == "ping"


def test_an_answer_that_repeats_the_question_shows_what_is_new(alices: Client, project: Project) -> None:
    say(project, ([user("Hello?")], [user("Hello?"), assistant("Hi.")]))

    assert contents(readings(alices, page_of(project, "s"))[0].output) == ["Hi."]


def test_calls_of_tools_stand_with_their_results(alices: Client, project: Project) -> None:
    calls = [{"id": name, "name": name, "arguments": {"order": 7}} for name in ("first", "second")]
    answers = [{"role": "tool", "tool_call_id": name, "content": f"{name} result"} for name in ("second", "first")]
    say(project, ([user("Hello?")], [assistant("Let me look.", tool_calls=calls), *answers, assistant("Done.")]))

    message, done = readings(alices, page_of(project, "s"))[0].output.shown.messages

    assert [(c.name, c.gist, c.result.text) for c in message.calls] == [
        ("first", "order: 7", "first result"),
        ("second", "order: 7", "second result"),
    ]
    assert done.body.text == "Done."


def test_tools_that_only_spans_tell_of_stand_between_question_and_answer(alices: Client, project: Project) -> None:
    times: dict[str, Any] = {"started_at": at(0), "ended_at": at(1)}
    spans = [
        span("t", "root", input="Hello?", output="Hi.", claims=in_session("s")),
        span("t", "b", "root", name="look_up", kind=Kind.TOOL, input='{"id": 1}', output="found", **times),
        failed("t", "c", "root", name="pay", kind=Kind.TOOL, status_message="refused", **times),
    ]
    ingest(project.pk, spans)
    recompute(project.pk, ["s"])

    tools = readings(alices, page_of(project, "s"))[0].tools
    html = alices.get(page_of(project, "s")).content.decode().partition('id="turns"')[2]

    assert [(tool.name, tool.gist, tool.has_failed) for tool in tools] == [
        ("look_up", "id: 1", False),
        ("pay", "", True),
    ]
    order = ["Hello?", "Assistant", "turn-numbers", "look_up", "refused", "Hi."]
    assert sorted(order, key=html.index) == order
    assert html.count('<b class="msg-name">Assistant</b>') == html.count("turn-numbers") == 1


def test_tools_without_an_answer_have_the_head_of_the_answer(alices: Client, project: Project) -> None:
    root = span("t", "root", input="Hello?", claims=in_session("s"))
    ingest(project.pk, [root, span("t", "b", "root", name="look_up", kind=Kind.TOOL)])
    recompute(project.pk, ["s"])

    html = alices.get(page_of(project, "s")).content.decode().partition('id="turns"')[2]

    order = ["Hello?", "Assistant", "turn-numbers", "look_up", "No output was recorded."]
    assert sorted(order, key=html.index) == order
    assert html.count("turn-numbers") == 1


def test_kept_images_are_shown_and_foreign_ones_are_links(alices: Client, project: Project) -> None:
    file = File("t0", "image/png", b"\x89PNG")
    keep(project.pk, [file])
    reference = file.reference
    media = [{"type": "image", "url": reference}, {"type": "image", "url": "https://example.com/a.png"}]
    say(project, ([user("Look") | {"media": media}], f"Like this: {reference}"))

    html = alices.get(page_of(project, "s")).content.decode()

    assert html.count(f'<img src="/project/{project.pk}/media/') >= 1
    assert '<img src="https://' not in html
    assert 'href="https://example.com/a.png"' in html


def test_code_is_coloured_and_scripts_read_in_their_direction(alices: Client, project: Project) -> None:
    say(project, ("مرحبا", "```python\ndef f(): pass\n```"), ("注文はどこですか", "ok"))

    html = alices.get(page_of(project, "s")).content.decode()

    assert '<span class="k">def</span>' in html
    assert 'dir="auto" lang="ar"' in html
    assert 'lang="ja"' in html


@pytest.mark.parametrize("attack", [*ATTACKS, "'\"><svg onload=alert(1)>", "{{ 7*7 }}"])
def test_nothing_in_a_trace_can_run(alices: Client, project: Project, attack: str) -> None:
    calls = [{"id": attack, "name": attack, "arguments": {attack: attack}}]
    media = [{"type": attack, "url": attack}]
    said = [{"role": attack, "name": attack, "content": attack}, assistant(attack, tool_calls=calls, media=media)]
    report = call(
        "t0", "a", name=attack, model=attack, input=json.dumps([user(attack)]), output=json.dumps(said),
        claims=in_session("s", user_id=attack, tags=[attack], metadata={"title": attack}, environment="e"),
    )  # fmt: skip
    tool = failed("t0", "b", "a", name=attack, kind=Kind.TOOL, input=attack, output=attack, status_message=attack)
    ingest(project.pk, [report, tool])
    recompute(project.pk, ["s"])
    page = page_of(project, "s")

    answers = [alices.get(page), alices.get(page + "?timeline"), alices.get(page, {"find": attack})]
    answers.append(alices.get(reverse("trace", args=[project.pk, "t0"]) + "?span=a"))

    for answer in answers:
        found = Found(answer.content.decode())
        assert not {"iframe", "object", "embed", "math", "style", "base"} & found.tags
        assert not [name for name, _ in found.attributes if name.startswith("on") or name in ("style", "srcdoc")]
        assert not [value for name, value in found.attributes if name in ("href", "src") and _runs(value)]
        assert len(re.findall(r"<script", answer.content.decode())) == len(
            re.findall(r'<script (src="/(static|assets)/|[^>]*data-)', answer.content.decode())
        )


def _runs(value: str | None) -> bool:
    return bool(value) and re.match(r"\s*(javascript|vbscript|data):", value or "", re.IGNORECASE) is not None


def test_a_page_stays_small_whatever_the_texts(alices: Client, project: Project) -> None:
    huge = "".join(f"{n} lines of text\n" for n in range(600_000))[:10_000_000]
    long = "word " * 20_000
    say(project, (huge, "short"), *((long, long) for _ in range(30)))
    page = page_of(project, "s")

    answer = alices.get(page)
    first, closed = window_of(answer).turns[0].reading, window_of(answer).turns[-1].reading
    head = alices.get(reverse("text", args=[project.pk, "t0"]) + "?span=a&side=input&head=1", headers=FRAGMENT)
    read = alices.get(page, {"read": closed.trace.trace_id}, headers=FRAGMENT)

    assert len(answer.content) < MOST_BYTES
    assert first.input.shown is None
    assert first.output.shown is not None
    assert b"0 lines of text" in head.content
    assert b"Load more" in head.content
    assert b"word word" in read.content
    assert len(read.content) < MOST_BYTES


def test_a_page_stays_small_whatever_the_number_of_calls(alices: Client, project: Project) -> None:
    def asking(turn: int, count: int) -> list[dict[str, Any]]:
        calls = [{"name": f"look-{turn}-{n}", "arguments": {"at": "it"}} for n in range(count)]
        return [assistant("", tool_calls=[{**call, "id": str(number)} for call in calls]) for number in range(30)]

    say(project, (asking(0, 90), asking(1, 90)), *((asking(n, 9), asking(n, 9)) for n in range(2, 50)))
    page = page_of(project, "s")

    first = alices.get(page, {"timeline": ""})
    later = alices.get(page, {"after": str(window_of(first).following)}, headers=FRAGMENT)
    turns = [*window_of(first).turns, *window_of(later).turns]
    read = [alices.get(page, {"read": turn.trace.trace_id}, headers=FRAGMENT) for turn in (turns[0], turns[-1])]

    assert len(turns) == FIRST_PAGE + TURNS_PER_PAGE
    assert [len(answer.content) < MOST_BYTES for answer in (first, later, *read)] == [True] * 4
    assert b"70 more tool calls" in read[0].content
    assert b"Read this text" in read[0].content


def test_20_000_traces_are_read_from_anywhere_with_as_many_questions_as_one(
    alices: Client, project: Project, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    trace_ids = tell_long(project, "long", 20_000)
    page = page_of(project, "long")

    with django_assert_max_num_queries(14):  # five of them for the sessions before and after it
        first = alices.get(page)
    with django_assert_max_num_queries(17):
        middle = alices.get(page, {"turn": trace_ids[12_344]})
    with django_assert_max_num_queries(17):
        last = alices.get(page, {"at": "20000"})
    with django_assert_max_num_queries(6):
        timeline = alices.get(page, {"timeline": ""}, headers=FRAGMENT)

    assert [len(answer.content) < MOST_BYTES for answer in (first, middle, last, timeline)] == [True] * 4
    turns = window_of(middle).turns
    assert [(turn.number, turn.trace.trace_id) for turn in turns][2] == (12_345, trace_ids[12_344])
    assert window_of(last).turns[-1].number == 20_000
    assert window_of(last).following is None
    assert len(timeline.context["timeline"].bars) <= BARS
    assert 0 < max(bar.failed for bar in timeline.context["timeline"].bars) < 0.05


def test_windows_lead_both_ways_without_a_gap(alices: Client, project: Project) -> None:
    trace_ids = tell_long(project, "long", 100)
    page = page_of(project, "long")
    window = window_of(alices.get(page, {"turn": trace_ids[49]}))
    earlier = alices.get(page, {"before": str(window.previous)}, headers=FRAGMENT)
    later = alices.get(page, {"after": str(window.following)}, headers=FRAGMENT)

    numbers = [turn.number for part in (window_of(earlier), window, window_of(later)) for turn in part.turns]

    assert numbers == list(range(numbers[0], numbers[-1] + 1))
    assert (numbers[0], numbers[-1]) == (48 - TURNS_PER_PAGE, 57 + TURNS_PER_PAGE)
    assert b"Later turns" not in earlier.content
    assert b"Earlier turns" not in later.content
    assert [turn.trace.trace_id for turn in window.turns] == trace_ids[47:57]


def test_only_what_is_asked_for_is_shown(alices: Client, project: Project) -> None:
    tell_long(project, "long", 300)

    shown = window_of(alices.get(page_of(project, "long"), {"only": "errors"})).turns
    nonsense = window_of(alices.get(page_of(project, "long"), {"only": "nonsense"})).turns

    assert [turn.trace.input_preview for turn in shown] == ["question 100", "question 200", "question 300"]
    assert [turn.number for turn in shown] == [100, 200, 300]
    assert len(nonsense) == FIRST_PAGE


def test_a_filter_never_changes_the_number_of_a_turn(alices: Client, project: Project) -> None:
    trace_ids = tell_long(project, "long", 5_000)
    page = page_of(project, "long")
    failed = list(range(100, 5_001, 100))

    window = window_of(alices.get(page, {"only": "errors"}))
    later = window_of(alices.get(page, {"only": "errors", "after": str(window.following)}))
    around = window_of(alices.get(page, {"only": "errors", "turn": trace_ids[2_499]}))
    before = window_of(alices.get(page, {"only": "errors", "before": str(around.previous)}))
    earliest = window_of(alices.get(page, {"only": "errors", "before": str(before.previous)}))
    hidden = window_of(alices.get(page, {"only": "errors", "at": "2450"}))
    hits = alices.get(page, {"only": "errors", "find": "question 4900", "hits": ""}, headers=FRAGMENT)

    def numbers(shown: TurnPage) -> list[int]:
        assert all(turn.idle_ms is None for turn in shown.turns)  # what stands before them is not what was before them
        return [turn.number for turn in shown.turns]

    assert numbers(window) == failed[:FIRST_PAGE]
    assert window.previous is None
    assert numbers(later) == failed[FIRST_PAGE : FIRST_PAGE + TURNS_PER_PAGE]
    assert numbers(around) == failed[22 : 22 + FIRST_PAGE]
    assert numbers(before) == failed[22 - TURNS_PER_PAGE : 22]
    assert numbers(earliest) == failed[: 22 - TURNS_PER_PAGE]
    assert earliest.previous is None
    assert numbers(hidden) == numbers(around)  # no error: the next one that is
    assert [hit.number for hit in hits.context["found"].hits] == [4_900]


def test_a_turn_that_stands_apart_shows_its_own_question_only(alices: Client, project: Project) -> None:
    history: list[dict[str, Any]] = []
    for number in range(4):
        history.append(user(f"question {number}"))
        answer = [assistant(f"answer {number}")]
        times: dict[str, Any] = {"started_at": at(number * 10), "ended_at": at(number * 10 + 1)}
        report = call(f"t{number}", "a", input=json.dumps(history), output=json.dumps(answer), **times)
        tool = span(f"t{number}", "b", "a", name="look_up", kind=Kind.TOOL, **times)
        ingest(project.pk, [replace(report, claims=in_session("s")), *([tool] if number % 2 else [])])
        history += answer
    recompute(project.pk, ["s"])

    page = window_of(alices.get(page_of(project, "s"), {"only": "tools"}))

    assert [(turn.number, contents(turn.reading.input)) for turn in page.turns] == [
        (2, ["question 1"]), (4, ["question 3"]),
    ]  # fmt: skip


def test_the_filters_say_how_many_turns_they_leave(alices: Client, project: Project) -> None:
    tell_long(project, "long", 300)
    say(project, ("a", "b"), ("c", "d"), ("e", "f"))
    alices.post(reverse("annotate", args=[project.pk, "trace", "t1"]), {"thumb": "1"})
    recompute(project.pk, ["s"])

    def offered(session_id: str, **query: str) -> list[tuple[str, str]]:
        html = read(alices.get(page_of(project, session_id), query)).partition('aria-label="Show only"')[2]
        links = re.findall(r"<a [^>]*>([^<]+) <span class=\"num\">([^<]+)</span></a>", html.partition("</nav>")[0])
        return [(label.strip(), count) for label, count in links]

    assert offered("long") == [("All turns", "300"), ("Errors", "3")]
    assert offered("s") == [("All turns", "3"), ("Scored", "1")]
    assert offered("s", only="errors") == [("All turns", "3"), ("Errors", "0"), ("Scored", "1")]
    assert [turn.number for turn in window_of(alices.get(page_of(project, "s"), {"only": "scored"})).turns] == [2]


def test_the_panel_calls_a_turn_by_its_number(alices: Client, project: Project) -> None:
    say(project, ("a", "b"), ("c", "d"), ("e", "f"))
    for trace_id in ("t2", "t1"):
        alices.post(reverse("annotate", args=[project.pk, "trace", trace_id]), {"thumb": "1"})

    panel = read(alices.get(reverse("annotate", args=[project.pk, "session", "s"]), headers=FRAGMENT))

    links = re.findall(r'<a href="([^"]+)" data-jump="[^"]+">([^<]+)</a>', panel)
    assert links == [
        (f"{page_of(project, 's')}?turn=t1#trace-t1", "Turn 2"),
        (f"{page_of(project, 's')}?turn=t2#trace-t2", "Turn 3"),
    ]


def test_words_are_found_in_turns_that_are_not_on_the_page(alices: Client, project: Project) -> None:
    trace_ids = tell_long(project, "long", 500)
    page = page_of(project, "long")

    hits = alices.get(page, {"find": "Question 432", "hits": "1"}, headers=FRAGMENT)
    nothing = alices.get(page, {"find": "unheard of", "hits": "1"}, headers=FRAGMENT)

    assert [(hit.number, hit.turn_id, hit.words) for hit in hits.context["found"].hits] == [
        (432, trace_ids[431], "question 432")
    ]
    assert f"?turn={trace_ids[431]}" in hits.content.decode()
    assert "No turn contains" in nothing.content.decode()


def test_what_has_just_arrived_is_found_in_full(alices: Client, project: Project) -> None:
    long = "It left our warehouse. " * 100 + "Ask for Señora Miller."
    say(project, ("Where is it?", long), ("Thanks", "You are welcome"))

    hits = (
        alices.get(page_of(project, "s"), {"find": "senora miller", "hits": "1"}, headers=FRAGMENT)
        .context["found"]
        .hits
    )

    assert [(hit.number, hit.before[-8:], hit.words) for hit in hits] == [(1, "Ask for ", "Señora Miller")]


def test_metadata_of_traces_stands_beside_the_conversation(alices: Client, project: Project) -> None:
    for number, plan in enumerate(("enterprise", "free")):
        claims = in_session("s", metadata={"plan": plan, "channel": {"name": "web <chat>"}})
        ingest(project.pk, [call(f"t{number}", "a", input="a", output="b", claims=claims)])
    recompute(project.pk, ["s"])
    tell(project, "without")

    shown = read(alices.get(page_of(project, "s"), {"metadata": ""}, headers=FRAGMENT))
    assert [word in shown for word in ("enterprise", "free", "channel", "web &lt;chat&gt;")] == [True] * 4
    assert shown.count("web &lt;chat&gt;") == 1  # both traces say the same
    assert "enterprise" in read(alices.get(page_of(project, "s"), {"metadata": ""}))  # without a script, too
    assert 'hx-get="?metadata"' in read(alices.get(page_of(project, "s")))
    assert not read(alices.get(page_of(project, "without"), {"metadata": ""}, headers=FRAGMENT)).strip()


def test_without_a_list_the_neighbours_are_those_by_last_activity(alices: Client, project: Project) -> None:
    for session_id, start in (("first", 0), ("second", 100), ("third", 200)):
        ingest(
            project.pk,
            [span(session_id, "a", claims=in_session(session_id), started_at=at(start), ended_at=at(start + 1))],
        )
        recompute(project.pk, [session_id])

    page = read(alices.get(page_of(project, "second")))

    assert f'rel="prev" href="{page_of(project, "third")}"' in page
    assert f'rel="next" href="{page_of(project, "first")}"' in page
    assert 'rel="prev"' not in read(alices.get(page_of(project, "third")))
