"""Search in a browser: from words to the turn, the deep scan with its progress and its stop, the file of an export."""

import re
from collections.abc import Callable

import pytest
from django.urls import reverse
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from projects.models import Project
from sessions.rollup.session_rows import recompute
from sessions.search.index import index_waiting
from tests.conversations import tell
from tests.sessions.test_search import LATE, NOW, SHOP
from tests.sessions.test_search_scan import with_tool

pytestmark = pytest.mark.django_db(transaction=True)


def test_words_lead_to_the_turn_that_says_them(
    alices: Page, live_server: LiveServer, project: Project, axe: Callable[..., None]
) -> None:
    trace_ids = tell(project, "late", LATE)
    shop_ids = tell(project, "shop", SHOP)
    index_waiting(project.pk, waited=NOW)
    sessions = live_server.url + reverse("sessions", args=[project.pk])

    alices.goto(f"{sessions}?q=devolucion")
    snippet = alices.locator(".snippets a")
    expect(snippet).to_have_count(1)
    expect(snippet.locator("mark")).to_have_text("Devolución")
    axe(alices)
    snippet.click()
    alices.wait_for_url(re.compile(rf"/sessions/late\?turn={trace_ids[1]}.*#trace-{trace_ids[1]}$"))
    expect(alices.locator(f"#trace-{trace_ids[1]}")).to_be_in_viewport()

    alices.goto(f"{sessions}?q=配送状況&sort=relevance")
    expect(alices.locator(".snippets mark")).to_have_text("配送状況")

    alices.goto(f"{sessions}?q=ล่าช้า")
    expect(snippet.locator("mark")).to_have_text("ล่าช้า")
    snippet.click()
    alices.wait_for_url(re.compile(rf"/sessions/shop\?turn={shop_ids[1]}.*#trace-{shop_ids[1]}$"))
    expect(alices.locator(f"#trace-{shop_ids[1]}")).to_be_in_viewport()


def test_the_deep_scan_shows_its_progress_goes_on_by_itself_and_can_be_stopped(
    alices: Page, live_server: LiveServer, project: Project, axe: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sessions.search.scan.SPANS_AT_ONCE", 1)
    monkeypatch.setattr("sessions.listing.views.scan.SCAN_SECONDS", -1)
    for number in range(12):
        with_tool(project, f"t{number:02}", f"<b>needle</b> {number}", seconds=number)
    recompute(project.pk, ["s-t00"])
    scan = live_server.url + reverse("scan", args=[project.pk])

    alices.goto(scan)
    alices.get_by_label("Look through every text").fill('"<b>needle</b>"')
    alices.keyboard.press("Enter")
    expect(alices.locator(".scan-hits li")).to_have_count(12)
    expect(alices.locator("#scan-progress")).to_contain_text("searched everything")
    expect(alices.locator("mark").first).to_have_text("<b>needle</b>")
    axe(alices)

    alices.route("**/*after=*", lambda route: route.continue_() if "paused" in route.request.url else None)
    alices.goto(f"{scan}?find=needle")
    alices.locator("#scan-stop").click()
    expect(alices.locator("#scan-progress")).to_contain_text("Stopped. 1 found so far.")
    expect(alices.locator("#scan-stop")).to_have_count(0)
    axe(alices)
    alices.unroute_all(behavior="ignoreErrors")
    alices.locator("#scan-on").click()
    expect(alices.locator(".scan-hits li")).to_have_count(12)
    alices.locator(".scan-hits a").last.click()
    alices.wait_for_url(re.compile(r"/sessions/s-t00\?turn=t00"))


def test_a_conversation_is_downloaded_and_users_lead_to_their_sessions(
    alices: Page, live_server: LiveServer, project: Project, axe: Callable[..., None]
) -> None:
    tell(project, "late", LATE, user_id="ann")
    tell(project, "shop", SHOP, user_id="bob")

    alices.goto(live_server.url + reverse("export", args=[project.pk]) + "?user_ids=ann")
    axe(alices)
    with alices.expect_download() as download:
        alices.get_by_role("link", name="Conversations as JSON Lines").click()
    text = download.value.path().read_text()
    assert '"session_id":"late"' in text
    assert "shop" not in text
    assert download.value.suggested_filename == "sessions-of-support.jsonl"

    alices.goto(live_server.url + reverse("users", args=[project.pk]))
    axe(alices)
    alices.get_by_role("link", name="ann").click()
    expect(alices.locator('a[href*="/sessions/late"]').first).to_be_visible()
    expect(alices.locator('a[href*="/sessions/shop"]')).to_have_count(0)
    axe(alices)
