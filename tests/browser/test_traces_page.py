"""The list of traces is used like that of sessions: cost within the window, rows that open, one line of filters."""

import re

import pytest
from django.urls import reverse
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from projects.models import Project
from tests.conversations import tell
from tests.tracing.reports import call, span
from tracing.ingest.pipeline import ingest
from tracing.records import Kind, Level
from tracing.token_usage import Usage

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

    for head in ("Step", "Tokens", "Cost", "Time"):
        expect(traces.locator(".wf-axis").get_by_text(head, exact=True)).to_be_visible()
    assert title.evaluate("(title) => title.scrollWidth <= title.clientWidth")
    expect(title.locator("xpath=..")).to_have_text(re.compile(rf"^\s*{name}\s+generation\s*$"))  # the model once
    expect(traces.locator(".span-row[data-failed] .mark-error .i")).to_be_visible()
