"""The way of a reader: sign in, find a session, open it, expand a trace, look at one step."""

import re

import pytest
from django.urls import reverse
from playwright.sync_api import Browser, Page, expect
from pytest_django.live_server_helper import LiveServer

from projects.models import Project, User
from tests.conversations import TICKET, tell

pytestmark = pytest.mark.django_db(transaction=True)


def url(server: LiveServer, name: str, project: Project, *args: str) -> str:
    return server.url + reverse(name, args=[project.pk, *args])


def test_from_signing_in_to_one_step(
    page: Page, complaints: list[str], live_server: LiveServer, project: Project, alice: User
) -> None:
    tell(project, "ticket-2611")

    page.goto(live_server.url)
    page.get_by_label(re.compile("E-?mail", re.IGNORECASE)).fill(alice.email)
    page.get_by_label("Password").fill("correct horse battery")
    page.get_by_role("button", name="Sign in").click()
    page.get_by_role("link", name=re.compile("My order #12345")).click()
    turn = page.locator(".turn", has_text="Can I still change the address?")
    expect(turn.locator(".message", has_text="pick it up at the station")).to_be_visible()
    turn.locator("summary", has_text="3 steps").click()
    turn.get_by_role("link", name=re.compile("^answer")).click()

    panel = page.get_by_role("complementary", name="Details of a step")
    expect(panel.get_by_role("heading", name="answer")).to_be_focused()
    expect(panel.get_by_text("gpt-4o")).to_be_visible()
    panel.get_by_role("link", name="Show 3 earlier messages").click()
    expect(panel.get_by_text("You are the support assistant of Acme.").first).to_be_visible()
    page.keyboard.press("Escape")
    expect(panel).to_be_hidden()
    expect(turn.get_by_role("link", name=re.compile("^answer"))).to_be_focused()


def test_a_step_has_a_permanent_link(alices: Page, live_server: LiveServer, project: Project) -> None:
    trace_id = tell(project, "ticket-2611")[0]

    alices.goto(url(live_server, "trace", project, trace_id) + "?span=tool")

    expect(alices.locator("#panel h2")).to_have_text(re.compile("search_orders"))
    expect(alices.locator("#panel")).to_contain_text("refused")
    expect(alices.locator(".span-link[aria-current]")).to_contain_text("search_orders")


def test_times_are_the_readers_with_the_exact_instant_beside(
    alices: Page, live_server: LiveServer, project: Project
) -> None:
    tell(project, "ticket-2611")  # at noon in UTC, nine hours later in Tokyo

    alices.goto(url(live_server, "session", project, "ticket-2611"))

    time = alices.locator("time[data-shown=moment]").first
    expect(time).to_have_text(re.compile("21:00"))
    expect(time).to_have_attribute("title", re.compile(r"T12:00:00\.000Z$"))


def test_the_keyboard_reads_a_session(alices: Page, live_server: LiveServer, project: Project) -> None:
    tell(project, "ticket-2611")
    alices.goto(url(live_server, "sessions", project))

    alices.keyboard.press("j")
    alices.keyboard.press("Enter")
    expect(alices).to_have_url(url(live_server, "session", project, "ticket-2611"))
    alices.wait_for_load_state()
    alices.keyboard.press("j")
    alices.keyboard.press("j")
    expect(alices.locator(".turn").nth(1).locator("[data-stop]").first).to_be_focused()
    alices.keyboard.press("e")
    expect(alices.locator("details.call[open]")).to_have_count(2)
    alices.keyboard.press("?")
    expect(alices.get_by_role("heading", name="Keys of this page")).to_be_visible()


def test_a_link_to_a_trace_within_a_session_opens_it(alices: Page, live_server: LiveServer, project: Project) -> None:
    trace_id = tell(project, "ticket-2611")[1]

    alices.goto(url(live_server, "session", project, "ticket-2611") + f"#trace-{trace_id}")

    expect(alices.locator(f"#trace-{trace_id} .message").first).to_be_visible()


def test_more_rows_come_without_leaving_the_page(alices: Page, live_server: LiveServer, project: Project) -> None:
    for number in range(4):
        tell(project, f"ticket-{number}", TICKET[:1])
    alices.goto(url(live_server, "sessions", project) + "?limit=2")

    alices.mouse.wheel(0, 5_000)  # the next page comes as soon as its link is seen

    expect(alices.locator("tbody .said-link")).to_have_count(4)
    expect(alices.get_by_role("link", name="Next page")).to_have_count(0)
    expect(alices).to_have_url(re.compile(r"\?limit=2$"))


def test_filters_and_order_are_in_the_address(alices: Page, live_server: LiveServer, project: Project) -> None:
    tell(project, "ticket-1", TICKET[:1], user_id="user-a")
    tell(project, "ticket-2", TICKET, user_id="user-b")
    alices.goto(url(live_server, "sessions", project))

    alices.locator("thead").get_by_role("link", name="Turns").click()
    expect(alices).to_have_url(re.compile(r"sort=-?turn_count"))
    alices.get_by_role("button", name="Filters").click()
    alices.locator("summary", has_text="More filters").click()
    alices.get_by_label("Users any of").fill("user-b")
    alices.get_by_role("button", name="Show sessions").click()

    expect(alices).to_have_url(re.compile("user_ids=user-b"))
    expect(alices).to_have_url(re.compile(r"sort=-?turn_count"))
    expect(alices.locator("tbody .said-link")).to_have_count(1)


def test_the_setup_turns_into_a_link_by_itself(alices: Page, live_server: LiveServer, project: Project) -> None:
    alices.goto(live_server.url)
    expect(alices.get_by_text("Waiting for the first trace.")).to_be_visible()
    secret = alices.locator("#secret-key").inner_text()
    alices.locator(".sdk", has_text="Laminar").click()
    alices.locator(".code-tab:visible", has_text="JavaScript").click()
    expect(alices.locator("#code-laminar-js")).to_be_visible()
    expect(alices.locator("#code-laminar-js")).to_contain_text(secret)

    tell(project, "first/one")
    link = alices.locator("#arrival").get_by_role("link", name="first/one")
    link.click()

    expect(alices).to_have_url(url(live_server, "session", project, "first/one"))


def test_an_expired_sign_in_leaves_the_page_and_offers_the_way_back(
    alices: Page, live_server: LiveServer, project: Project
) -> None:
    tell(project, "ticket-2611")
    alices.goto(url(live_server, "session", project, "ticket-2611"))
    alices.context.clear_cookies()

    alices.locator("summary", has_text="3 steps").first.click()

    expect(alices.get_by_text("Your sign-in has expired.")).to_be_visible()
    expect(alices.get_by_role("link", name="Sign in again")).to_have_attribute("href", re.compile("next=.*ticket-2611"))
    expect(alices.get_by_text("Can I still change the address?")).to_be_visible()


def test_without_javascript_everything_can_be_read(
    browser: Browser, live_server: LiveServer, project: Project, alice: User, sign_in: object
) -> None:
    tell(project, "ticket-2611")
    context = browser.new_context(java_script_enabled=False)
    sign_in(context, alice)  # type: ignore[operator]
    page = context.new_page()

    page.goto(url(live_server, "sessions", project))
    page.get_by_role("link", name=re.compile("My order #12345")).click()
    page.get_by_role("link", name="Open trace").first.click()
    page.get_by_role("link", name=re.compile("^answer")).click()

    expect(page.locator("#panel")).to_contain_text("gpt-4o")
    context.close()
