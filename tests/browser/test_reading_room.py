"""The conversation comes first: where it begins, what a list shows at a glance, and the way through by keys alone."""

import gzip
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from django.urls import reverse
from playwright.sync_api import Page, Response, expect
from pytest_django.live_server_helper import LiveServer

from projects.models import Project
from tests.conversations import tell

pytestmark = pytest.mark.django_db(transaction=True)
MAX_ASSET_BYTES = 120_000  # of the stylesheets and scripts of a page, compressed
LAPTOP, PHONE = {"width": 1440, "height": 900}, {"width": 390, "height": 844}
ON_TOP = "([x, y]) => document.elementFromPoint(x, y)?.closest('.message') !== null"


def address(server: LiveServer, name: str, *args: object) -> str:
    return server.url + reverse(name, args=args)


@pytest.mark.parametrize(("size", "highest"), [(LAPTOP, 260), (PHONE, 360)], ids=["laptop", "phone"])
def test_the_first_words_stand_on_the_first_screen(
    alices: Page, live_server: LiveServer, project: Project, size: dict[str, int], highest: int
) -> None:
    tell(project, "ticket-2611")
    alices.set_viewport_size(size)  # type: ignore[arg-type]
    alices.goto(address(live_server, "session", project.pk, "ticket-2611"))

    box = alices.locator(".turn .message .prose").first.bounding_box()
    assert box
    assert box["y"] < highest
    assert alices.evaluate(ON_TOP, [box["x"] + 5, box["y"] + 5])  # and nothing covers them


@pytest.mark.parametrize("column", ["Last activity", "Turns", "Cost", "Errors"])
def test_a_laptop_shows_what_matters_beside_the_preview(
    alices: Page, live_server: LiveServer, project: Project, column: str
) -> None:
    tell(project, "ticket-2611")
    alices.set_viewport_size(LAPTOP)  # type: ignore[arg-type]
    alices.goto(address(live_server, "sessions", project.pk))
    expect(alices.locator("#peek h2")).to_be_visible()

    head, peek = alices.get_by_role("columnheader", name=column).bounding_box(), alices.locator("#peek").bounding_box()
    assert head
    assert peek
    assert head["x"] + head["width"] <= peek["x"] + 1


def test_previews_stay_in_the_language_of_the_reader(alices: Page, live_server: LiveServer, project: Project) -> None:
    for number in range(3):
        tell(project, f"ticket-{number}")
    alices.set_viewport_size(LAPTOP)  # type: ignore[arg-type]
    alices.goto(address(live_server, "sessions", project.pk))
    shown = alices.locator("#peek .id")
    first = shown.inner_text()
    preview = f"{address(live_server, 'session', project.pk, first)}?peek&lang=pt"
    alices.evaluate("(preview) => htmx.ajax('GET', preview, '#peek')", preview)
    expect(alices.locator("#peek [data-peek-lang='pt']")).to_be_visible()

    alices.get_by_role("button", name="Next (j)").click()
    expect(shown).not_to_have_text(first)
    expect(alices.locator("#peek [data-peek-lang='pt']")).to_be_visible()
    alices.locator("#peek").get_by_role("link", name="Original", exact=True).click()
    expect(alices.locator("#peek [data-peek-lang]")).to_have_count(0)
    alices.get_by_role("button", name="Previous (k)").click()
    expect(shown).to_have_text(first)
    expect(alices.locator("#peek [data-peek-lang]")).to_have_count(0)


def test_a_phone_finds_without_scrolling_the_bar(alices: Page, live_server: LiveServer, project: Project) -> None:
    tell(project, "ticket-2611")
    alices.set_viewport_size(PHONE)  # type: ignore[arg-type]
    alices.goto(address(live_server, "session", project.pk, "ticket-2611"))

    field = alices.get_by_role("searchbox", name="Find in this session")
    field.click()
    box = field.bounding_box()
    assert box
    assert box["width"] > 120
    assert box["x"] + box["width"] <= PHONE["width"]
    field.fill("station")
    field.press("Enter")
    expect(alices.locator("#hits")).to_contain_text("1 turn says")


def test_j_and_k_preview_and_the_reader_may_close_it(alices: Page, live_server: LiveServer, project: Project) -> None:
    for number in range(3):
        tell(project, f"ticket-{number}")
    alices.set_viewport_size(LAPTOP)  # type: ignore[arg-type]
    alices.goto(address(live_server, "sessions", project.pk))
    shown = alices.locator("#peek .id")
    expect(shown).to_have_text(re.compile("ticket-"))
    first = shown.inner_text()

    alices.keyboard.press("j")
    alices.keyboard.press("j")
    expect(shown).not_to_have_text(first)
    expect(alices.locator("#rows tr[aria-current]")).to_have_count(1)
    expect(alices.locator("#peek")).to_contain_text("My order #12345")

    alices.get_by_role("button", name="Close the preview").click()
    expect(alices.locator("#peek")).to_be_hidden()
    alices.reload()
    expect(alices.locator("#rows tr").first).to_be_visible()
    expect(alices.locator("#peek")).to_be_hidden()


def test_a_row_opens_wherever_it_is_clicked(alices: Page, live_server: LiveServer, project: Project) -> None:
    tell(project, "ticket-2611")
    alices.goto(address(live_server, "sessions", project.pk))

    alices.locator("#rows td[data-kind='duration']").click()
    expect(alices).to_have_url(re.compile("/sessions/ticket-2611"))


def test_the_query_is_tokens_until_somebody_edits_it(alices: Page, live_server: LiveServer, project: Project) -> None:
    tell(project, "ticket-2611")
    alices.goto(address(live_server, "sessions", project.pk) + "?q=has:error duration > 1s")

    expect(alices.locator(".token")).to_have_count(2)
    alices.keyboard.press("/")
    expect(alices.locator(".token").first).to_be_hidden()
    expect(alices.get_by_label("Find sessions")).to_have_value("has:error duration > 1s")
    expect(alices.get_by_label("Find sessions")).to_have_css("opacity", "1")
    alices.keyboard.press("Escape")
    alices.keyboard.press("Escape")
    expect(alices.locator(".token").first).to_be_visible()


def test_the_main_path_needs_no_mouse(alices: Page, live_server: LiveServer, project: Project) -> None:
    tell(project, "ticket-2611")
    alices.goto(address(live_server, "sessions", project.pk))

    alices.keyboard.press("j")
    alices.keyboard.press("Enter")
    expect(alices.locator(".turn").first).to_be_visible()
    alices.wait_for_load_state()  # the keys are there when the scripts are
    alices.get_by_role("tab", name="Overview").focus()
    alices.keyboard.press("ArrowRight")
    expect(alices.get_by_role("tabpanel", name="Scores and comments")).to_be_visible()
    alices.keyboard.press("ArrowRight")
    alices.keyboard.press("ArrowRight")
    expect(alices.locator("#counted")).to_contain_text("The numbers are sums over 2 traces")
    alices.keyboard.press("/")
    alices.keyboard.type("station")
    alices.keyboard.press("Enter")
    expect(alices.locator("#hits mark")).to_have_text("station")
    alices.keyboard.press("Escape")
    expect(alices.get_by_label("Find in this session")).not_to_be_focused()


@pytest.mark.parametrize("name", ["sessions", "session", "trace", "dashboard"])
def test_a_page_asks_for_little_style_and_script(
    alices: Page, live_server: LiveServer, project: Project, name: str
) -> None:
    trace_id = tell(project, "ticket-2611")[0]
    sent: dict[str, int] = {}

    def weigh(response: Response) -> None:
        if response.request.resource_type in ("stylesheet", "script"):
            sent[response.url] = len(gzip.compress(response.body()))

    alices.on("response", weigh)
    of_page: dict[str, list[object]] = {"session": ["ticket-2611"], "trace": [trace_id]}
    alices.goto(address(live_server, name, project.pk, *of_page.get(name, [])))
    alices.wait_for_load_state("networkidle")

    assert sent
    assert sum(sent.values()) <= MAX_ASSET_BYTES, sent


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_style_guide_shows_every_component(
    alices: Page, live_server: LiveServer, tmp_path: Path, axe: Callable[..., None], theme: str
) -> None:
    alices.emulate_media(color_scheme=theme)  # type: ignore[arg-type]
    alices.goto(address(live_server, "styleguide"))
    axe(alices)

    picture = tmp_path / "styleguide.png"
    alices.screenshot(path=picture, full_page=True)
    assert picture.stat().st_size > 100_000
    shown = "btn iconbtn seg field chip pill status badge token avatar kind table notice skeleton props facts works"
    for name in shown.split():
        assert alices.locator(f".styleguide .{name}").first.is_visible(), name
