"""A page has a budget: what is beyond it is shown as the plain words or said to be left out, with a way to go on."""

import json
import time

import pytest
from django.test import Client
from django.urls import reverse

from projects.models import Project, User
from tests.conversations import tell
from tests.sessions.test_session_page import page_of, say
from tests.tracing.reports import at, call, in_session, span
from tracing.ingest.pipeline import ingest
from tracing.models import Trace
from tracing.reading import bodies, budget, eager_texts, turns
from tracing.reading.markdown import rendered
from tracing.records import Kind

FRAGMENT = {"HX-Request": "true"}


@pytest.fixture
def alices(client: Client, alice: User) -> Client:
    client.force_login(alice)
    rendered.cache_clear()
    return client


def trace_page(project: Project, trace_id: str) -> str:
    return reverse("trace", args=[project.pk, trace_id])


def test_a_page_without_time_shows_the_words_and_leads_to_each_text_by_itself(
    alices: Client, project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    say(project, ("Is it **late**?", '{"status": "late"}'))
    pages = page_of(project, "s"), trace_page(project, "t0")

    for page in pages:
        assert "<strong>late</strong>" in alices.get(page).content.decode()
    monkeypatch.setattr(budget, "PAGE_BUDGET_SECONDS", 0)
    for page in pages:
        html = alices.get(page).content.decode()
        assert "Is it **late**?" in html
        assert "{&quot;status&quot;: &quot;late&quot;}" in html or "&quot;status&quot;: &quot;late&quot;" in html
        assert html.count(bodies.LATE_NOTE) == 2
        assert html.count("Read this text by itself") == 2


def test_a_text_that_takes_longer_than_is_left_is_given_up_in_its_middle(monkeypatch: pytest.MonkeyPatch) -> None:
    text = "**a** " * 20_000
    within = budget.budgeted(lambda request: bodies.body(text, None, len(text)))  # type: ignore[arg-type, return-value]
    monkeypatch.setattr(budget, "PAGE_BUDGET_SECONDS", 0.02)

    started = time.thread_time()
    body = within(None)  # type: ignore[arg-type]

    assert body == bodies.RenderedBody(text, note=bodies.LATE_NOTE)
    assert time.thread_time() - started < 1
    assert bodies.body(text, None, len(text)).html  # there is no budget outside a request, and no memory of the failure


def test_texts_beyond_what_a_page_reads_come_when_they_are_reached(
    alices: Client, project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    say(project, ("first " * 100, "short"), ("second " * 200, "brief"))
    monkeypatch.setattr(budget, "PAGE_BUDGET_BYTES", 1_000)

    html = alices.get(page_of(project, "s")).content.decode()

    assert "first " * 100 in html
    assert "short" in html
    assert "second " * 200 not in html
    assert html.count("Read this turn") == 1
    monkeypatch.undo()
    assert "second " * 200 in alices.get(page_of(project, "s") + "?read=t1", headers=FRAGMENT).content.decode()


def test_of_what_lies_beyond_what_a_page_reads_only_the_head_leaves_the_database(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    long = "".join(map(str, range(2_000)))
    say(project, ("a", "b"), ("c", long))
    monkeypatch.setattr(budget, "PAGE_BUDGET_BYTES", 100)

    short, reading = turns.load_readings(list(Trace.objects.for_project(project).order_by("started_at")))

    shown = [spoken.shown for read in (short, reading) for spoken in (read.input, read.output) if spoken]
    assert [side is None for side in shown] == [False, False, True, True]
    assert reading.output
    assert reading.output.size == len(long)


def test_a_tool_whose_answer_is_too_long_says_where_it_is(alices: Client, project: Project) -> None:
    used = span(
        "t",
        "b",
        kind=Kind.TOOL,
        name="look_up",
        input='{"id": 1}',
        output="x" * (eager_texts.MAX_EAGER_BYTES + 1),
        parent_id="a",
    )
    ingest(
        project.pk,
        [call("t", "a", input="a", output="b", claims=in_session("s"), started_at=at(0), ended_at=at(1)), used],
    )
    say(project, ("c", "d"))

    assert turns.TOO_LONG_NOTE in alices.get(page_of(project, "s")).content.decode()


def test_a_page_without_time_shows_corrections_without_comparing_them(
    alices: Client, project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    [trace_id] = tell(project, "s", [("Where is it?", "It is on its way.")])
    page = reverse("annotate", args=[project.pk, "trace", trace_id])
    alices.post(page, {"correction": "It is late, sorry."})
    monkeypatch.setattr(budget, "PAGE_BUDGET_SECONDS", 0)

    html = alices.get(page).content.decode()

    assert "Not compared: this page reached its time limit." in html
    assert "It is late, sorry.</p>" in html


@pytest.mark.parametrize(
    "text", ["> " * 60 + "a", "|a" * 500 + "|\n" + "|-" * 500 + "|\n" + "|\n" * 2_000, "*a _b " * 50 + "c_ d* " * 50]
)
def test_what_nests_too_deep_or_swells_is_shown_as_it_is(text: str) -> None:
    body = bodies.body_of(text)

    assert body.text == text
    assert body.html is None or len(body.html) < 12 * len(text) + 1_000


def test_names_and_addresses_out_of_messages_have_a_length(alices: Client, project: Project) -> None:
    long = "n" * 50_000
    message = {
        "role": long,
        "name": long,
        "content": "hm",
        "media": [{"url": "https://a.example/" + long, "type": long}],
    }
    message["tool_calls"] = [{"name": long, "id": long, "arguments": {long: long}}]
    say(project, ([message], json.dumps({"a": long})))

    assert len(alices.get(page_of(project, "s")).content) < 200_000
