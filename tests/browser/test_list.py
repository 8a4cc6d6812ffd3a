"""The list of sessions in a browser: selection and work on it, views, columns, live mode, keys, and the palette."""

import re
import threading
from collections.abc import Callable

import pytest
from django.db import connection
from django.urls import reverse
from playwright.sync_api import BrowserContext, Page, expect
from pytest_django.live_server_helper import LiveServer

from projects.models import Project, User
from sessions.bulk import jobs
from sessions.bulk.tasks import bulk_jobs
from sessions.models import Session, SessionState
from tests.conversations import TICKET, tell
from tests.sessions.rows import session

pytestmark = pytest.mark.django_db(transaction=True)


def address(server: LiveServer, project: Project, query: str = "") -> str:
    return server.url + reverse("sessions", args=[project.pk]) + query


def open_list(page: Page, url: str) -> None:
    """And lets it fetch what it fetches by itself: a page that is left meanwhile complains."""
    page.goto(url)
    page.wait_for_load_state("networkidle")


def test_the_list_can_be_used_by_everybody_in_both_themes(
    alices: Page, live_server: LiveServer, project: Project, axe: Callable[..., None]
) -> None:
    tell(project, "ticket-1")

    open_list(alices, address(live_server, project))
    axe(alices)
    alices.locator(".views-menu > summary").click()
    axe(alices)
    alices.locator(".columns-menu > summary").click()
    axe(alices)
    alices.locator("#rows input").check()
    axe(alices)
    alices.keyboard.press("Control+k")
    expect(alices.locator("#palette-found a").first).to_be_visible()
    axe(alices, within="#palette")
    for path in ("views", "bulk"):
        alices.goto(live_server.url + reverse(path, args=[project.pk]))
        axe(alices)


def test_rows_are_there_at_once_and_their_number_follows(
    alices: Page, live_server: LiveServer, project: Project
) -> None:
    for number in range(3):
        session(project, f"s{number}", minute=number)

    open_list(alices, address(live_server, project, "?limit=2&trace_count__gte=0"))

    expect(alices.locator("#list-count")).to_have_text("3 sessions match")
    expect(alices.locator("#bulk-all")).to_have_text("3")


def test_keys_move_select_and_open(alices: Page, live_server: LiveServer, project: Project) -> None:
    tell(project, "ticket-1", TICKET[:1])
    tell(project, "ticket-2")
    open_list(alices, address(live_server, project))

    alices.keyboard.press("j")
    alices.keyboard.press("x")
    expect(alices.locator("#rows input").first).to_be_checked()
    expect(alices.locator("#bulk-count")).to_have_text("1")
    alices.keyboard.press("Escape")
    expect(alices.locator("#bulk")).to_be_hidden()
    alices.keyboard.press("?")
    expect(alices.get_by_text("select the session")).to_be_visible()
    alices.keyboard.press("?")
    alices.keyboard.press("j")
    alices.keyboard.press("Enter")

    alices.wait_for_url(re.compile(r"/sessions/ticket-1$"))


def test_the_palette_leads_to_a_session_by_a_part_of_its_id(
    alices: Page, live_server: LiveServer, project: Project
) -> None:
    tell(project, "ticket-2611")
    open_list(alices, address(live_server, project))

    alices.keyboard.press("Control+k")
    alices.keyboard.type("ticket-26")
    expect(alices.locator("#palette-found a").first).to_contain_text("ticket-2611")
    alices.keyboard.press("Enter")

    alices.wait_for_url(re.compile(r"/sessions/ticket-2611$"))


def test_columns_are_chosen_moved_and_widened_and_are_so_in_another_browser(
    alices: Page,
    live_server: LiveServer,
    project: Project,
    alice: User,
    new_context: Callable[..., BrowserContext],
    sign_in: Callable[[BrowserContext, User], None],
) -> None:
    tell(project, "ticket-1")
    open_list(alices, address(live_server, project))

    alices.locator(".columns-menu > summary").click()
    alices.get_by_label("First input", exact=True).check()
    alices.locator("#layout").get_by_label("Users", exact=True).uncheck()
    alices.get_by_role("button", name="Move Turns up").click()
    alices.get_by_role("button", name="Move Turns up").click()
    alices.get_by_label("Compact").check()
    alices.get_by_role("button", name="Apply").click()
    expect(alices.get_by_role("columnheader").nth(2)).to_contain_text("Turns")
    handle = alices.get_by_role("separator", name="Width of Turns")
    before = int(handle.get_attribute("aria-valuenow") or 0)
    handle.focus()
    with alices.expect_response(re.compile("/layout/")):
        alices.keyboard.press("ArrowRight")

    another = new_context()
    sign_in(another, alice)
    page = another.new_page()
    open_list(page, address(live_server, project))
    expect(page.get_by_role("columnheader").nth(2)).to_contain_text("Turns")
    expect(page.get_by_role("columnheader", name="First input")).to_be_attached()
    expect(page.get_by_role("columnheader", name="Users")).to_have_count(0)
    expect(page.locator("table.sessions")).to_have_attribute("data-density", "compact")
    expect(page.get_by_role("separator", name="Width of Turns")).to_have_attribute("aria-valuenow", str(before + 16))


def test_a_view_is_saved_used_changed_and_made_the_default(
    alices: Page, live_server: LiveServer, project: Project
) -> None:
    tell(project, "ticket-1")
    session(project, "cheap", tags=["basic"])
    open_list(alices, address(live_server, project, "?tags=support&sort=total_cost"))

    alices.locator(".views-menu > summary").click()
    alices.get_by_label("Save view as").fill("Support")
    alices.get_by_label("Share with project").check()
    alices.get_by_role("button", name="Save view").click()
    expect(alices.locator(".views-menu > summary")).to_contain_text("Support")
    alices.locator(".views-menu > summary").click()
    alices.get_by_role("link", name="Manage views").click()
    alices.get_by_role("button", name="For me").click()
    expect(alices.get_by_text("for you")).to_be_visible()
    open_list(alices, address(live_server, project))

    expect(alices).to_have_url(re.compile("tags=support.*view="))
    expect(alices.locator("#rows tr")).to_have_count(1)
    alices.locator(".views-menu > summary").click()
    alices.get_by_role("link", name="All sessions").click()
    expect(alices.locator("#rows tr")).to_have_count(2)


def test_everything_that_matches_is_deleted_with_progress_and_a_receipt(
    alices: Page, live_server: LiveServer, project: Project
) -> None:
    """The worker is this test: it starts when the page says that it waits."""
    for number in range(jobs.MAX_SESSIONS_IN_REQUEST + 10):
        session(project, f"s{number:03}", minute=number, tags=["old"])
    tell(project, "kept")
    open_list(alices, address(live_server, project, "?tags=old"))

    alices.locator("#pick-page").check()
    alices.get_by_label("All 210 matching").check()
    alices.get_by_role("button", name="Delete").click()
    expect(alices.get_by_role("heading")).to_have_text("Delete 210 sessions")
    alices.get_by_role("button", name="Delete 210 sessions").click()
    expect(alices.get_by_text("Waiting for the worker")).to_be_visible()
    work(project)

    expect(alices.get_by_text("Done")).to_be_visible()
    expect(alices.get_by_text("210 of 210 sessions, 210 deleted")).to_be_visible()
    assert list(Session.objects.for_project(project).values_list("session_id", flat=True)) == ["kept"]


def work(project: Project) -> None:
    def run() -> None:
        bulk_jobs.drain()
        connection.close()

    worker = threading.Thread(target=run)
    worker.start()
    worker.join()


def test_rows_are_ticked_one_by_one_and_between(alices: Page, live_server: LiveServer, project: Project) -> None:
    for number in range(6):
        session(project, f"s{number}", minute=number)
    open_list(alices, address(live_server, project))

    alices.locator("#rows input").nth(1).click()
    alices.locator("#rows input").nth(4).click(modifiers=["Shift"])
    expect(alices.locator("#bulk-count")).to_have_text("4")
    alices.get_by_role("button", name="Bookmark", exact=True).click()

    expect(alices.get_by_text("4 sessions bookmarked.")).to_be_visible()
    marked = SessionState.objects.for_project(project).filter(is_bookmarked=True)
    assert set(marked.values_list("session_id", flat=True)) == {"s1", "s2", "s3", "s4"}


def test_live_mode_shows_what_is_new_at_once_or_behind_a_button_while_one_selects(
    alices: Page, live_server: LiveServer, project: Project
) -> None:
    tell(project, "ticket-1", TICKET[:1])
    alices.clock.install()
    open_list(alices, address(live_server, project))
    alices.get_by_role("switch", name="Live").click()
    expect(alices).to_have_url(re.compile("live=on"))
    expect(alices.get_by_role("switch", name="Live")).to_be_checked()
    alices.mouse.move(0, 0)

    tell(project, "ticket-2", [("A second one", "indeed")])
    alices.clock.run_for(4500)
    expect(alices.locator("#rows tr")).to_have_count(2)
    expect(alices.locator("#rows tr.is-changed")).to_have_count(1)
    alices.clock.run_for(2000)
    expect(alices.locator("#strip dd").first).to_have_text("2")  # and the totals follow the rows

    alices.locator("#rows input").first.click()
    tell(project, "ticket-3", [("A third one", "indeed")])
    tell(project, "ticket-1")
    alices.clock.run_for(4500)
    expect(alices.locator("#live-show")).to_contain_text("2 updated, show")
    expect(alices.locator("#rows tr")).to_have_count(2)
    expect(alices.locator("#rows")).to_contain_text("pick it up at the station")
    expect(alices.locator("#rows input").first).to_be_checked()
    alices.locator("#live-show").click()
    expect(alices.locator("#rows tr")).to_have_count(3)


def test_rows_follow_as_one_scrolls_and_by_plain_links_without_a_script(
    alices: Page,
    live_server: LiveServer,
    project: Project,
    alice: User,
    new_context: Callable[..., BrowserContext],
    sign_in: Callable[[BrowserContext, User], None],
) -> None:
    for number in range(55):
        session(project, f"s{number:02}", minute=number)
    open_list(alices, address(live_server, project))
    expect(alices.locator("#rows input")).to_have_count(50)
    alices.mouse.move(600, 400)
    alices.mouse.wheel(0, 9000)
    expect(alices.locator("#rows input")).to_have_count(55)

    plain = new_context(java_script_enabled=False)
    sign_in(plain, alice)
    page = plain.new_page()
    open_list(page, address(live_server, project))
    page.get_by_role("link", name="Next page").click()
    expect(page.locator("#rows input")).to_have_count(5)
    page.locator("#rows input").first.check()
    page.get_by_role("button", name="Bookmark", exact=True).click()
    expect(page.get_by_text("1 session bookmarked.")).to_be_visible()
    page.get_by_role("link", name="Previous page").click()
    expect(page.locator("#rows input")).to_have_count(50)


@pytest.mark.parametrize("width", [360])
def test_the_list_fits_a_phone(alices: Page, live_server: LiveServer, project: Project, width: int) -> None:
    tell(project, "ticket-1")
    alices.set_viewport_size({"width": width, "height": 740})

    open_list(alices, address(live_server, project, "?live=on"))
    alices.locator("#rows input").check()
    for menu in (".views-menu", ".columns-menu"):
        alices.locator(f"{menu} > summary").click()
        box = alices.locator(f"{menu} .menu-body").bounding_box()
        assert box is not None
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= width
        assert alices.evaluate("document.documentElement.scrollWidth") <= width
