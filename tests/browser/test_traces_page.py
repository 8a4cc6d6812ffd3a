"""The list of traces is used like that of sessions: cost within the window, rows that open, one line of filters."""

import re
from collections.abc import Callable

import pytest
from django.urls import reverse
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from projects.models import Project
from tests.conversations import tell
from tests.tracing.reports import at, call, span
from tracing.ingest.pipeline import ingest
from tracing.records import Kind, Level
from tracing.token_usage import Usage

SHOWN_ONLY = [("All steps", 2), ("Errors", 0), ("Tools", 1), ("Model calls", 1)]
INSIDE_JS = "(text) => text.getBoundingClientRect().right <= text.closest('.wf').getBoundingClientRect().right"
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def traces(alices: Page, live_server: LiveServer, project: Project) -> Page:
    """The list of two traces, on a laptop."""
    tell(project, "ticket-2611")
    alices.set_viewport_size({"width": 1440, "height": 900})
    alices.goto(live_server.url + reverse("traces", args=[project.pk]) + "?range=all")
    expect(alices.locator("#rows tr")).to_have_count(2)
    return alices


@pytest.mark.parametrize("column", ["Started", "Duration", "Tokens", "Cost"])
def test_a_laptop_shows_what_matters_without_scrolling(traces: Page, column: str) -> None:
    head = traces.get_by_role("columnheader", name=column).bounding_box()

    assert head
    assert head["x"] + head["width"] <= 1440
    expect(traces.locator("#rows .mark-error")).to_have_count(2)


def test_a_row_opens_wherever_it_is_clicked(traces: Page) -> None:
    traces.locator("#rows td[data-kind='duration']").first.click()

    expect(traces).to_have_url(re.compile(r"/traces/[0-9a-f]{32}"))


def test_one_line_with_suggestions_filters_traces(traces: Page) -> None:
    box = traces.get_by_role("combobox", name="Find traces")
    box.fill("has:")
    expect(traces.locator("#suggest [role='option']").first).to_be_visible()
    box.fill("pick it up")
    box.press("Escape")
    box.press("Enter")

    expect(traces.locator("#rows tr")).to_have_count(1)
    expect(traces.locator("main input:visible")).to_have_count(1)  # no form of filters beside it


def test_a_step_shows_its_whole_name_under_heads(traces: Page, live_server: LiveServer, project: Project) -> None:
    name = "chat gemini-2.5-flash"
    step = call("e" * 32, "a", name=name, model="gemini-2.5-flash", usage=Usage(10, 2))
    ingest(project.pk, [step, span("e" * 32, "b", "a", name="look_up", kind=Kind.TOOL, level=Level.ERROR)])
    traces.set_viewport_size({"width": 1440, "height": 900})
    traces.goto(live_server.url + reverse("trace", args=[project.pk, "e" * 32]))
    title = traces.locator(".span-title", has_text=name)

    for head in ("Step", "Tokens", "Cost"):
        expect(traces.locator(".wf-axis").get_by_text(head, exact=True)).to_be_visible()
    assert title.evaluate("(title) => title.scrollWidth <= title.clientWidth")
    expect(title.locator("xpath=..")).to_have_text(re.compile(rf"^\s*{name}\s+generation\s*$"))  # the model once
    expect(traces.locator(".span-row[data-failed] .mark-error .i")).to_be_visible()


def test_a_trace_says_what_its_colours_mean_and_how_long_each_step_took(
    traces: Page, live_server: LiveServer, project: Project, axe: Callable[..., None]
) -> None:
    tool = span("e" * 32, "b", "a", name="look_up", kind=Kind.TOOL, started_at=at(1), ended_at=at(2))
    ingest(project.pk, [call("e" * 32, "a", name="chat", started_at=at(0), ended_at=at(4)), tool])
    traces.goto(live_server.url + reverse("trace", args=[project.pk, "e" * 32]))

    for width in (1440, 1024):
        traces.set_viewport_size({"width": width, "height": 900})
        row = traces.locator(".span-row", has_text="look_up")
        bar, told = row.locator("rect").bounding_box(), row.locator("svg text").bounding_box()
        longest = traces.locator(".span-row", has_text="chat").locator("svg text")
        assert bar
        assert told
        assert 0 < told["x"] - bar["x"] - bar["width"] < 10
        assert abs(told["y"] + told["height"] / 2 - bar["y"] - bar["height"] / 2) < 3
        assert longest.evaluate(INSIDE_JS)
    expect(row.locator("svg text")).to_have_text("1.0 s")
    expect(traces.get_by_role("list", name="Kinds of steps").locator("li")).to_have_text(["Model call", "Tool call"])
    expect(traces.get_by_role("group", name="Show only").locator("button")).to_have_text(
        [re.compile(rf"{words}\s+{number}") for words, number in SHOWN_ONLY]
    )
    axe(traces)

    traces.set_viewport_size({"width": 390, "height": 844})
    expect(row.locator(".span-time")).to_be_visible()
    expect(row.locator("svg text")).to_be_hidden()
