"""The main path by keys alone: sign in, find, open, read, score, comment, go on to the next session, and back."""

import re

import pytest
from playwright.sync_api import Locator, Page, expect
from pytest_django.live_server_helper import LiveServer

from projects.models import Project, User
from sessions.annotation import configs
from tests.conversations import TICKET, tell

pytestmark = pytest.mark.django_db(transaction=True)
FOCUSED = "(element) => element === document.activeElement"
MOST_STOPS = 150  # of a page


def tab_to(page: Page, element: Locator) -> None:
    """Press Tab until the element has the focus."""
    expect(element).to_be_visible()
    for _ in range(MOST_STOPS):
        if element.evaluate(FOCUSED):
            return
        page.keyboard.press("Tab")
    pytest.fail(f"no way to {element} by Tab")


@pytest.fixture
def told(project: Project, alice: User) -> Project:
    labels = configs.categories_of(["refund", "delivery", "praise"])
    configs.create(project, {"name": "topic", "data_type": "CATEGORICAL", "categories": labels}, by=alice)
    for number in range(3):
        tell(project, f"ticket-{number}", TICKET, user_id=f"user-{number}")
    return project


def sign_in_and_find(page: Page, user: User, query: str) -> None:
    tab_to(page, page.get_by_label(re.compile("E-?mail", re.IGNORECASE)))
    page.keyboard.type(user.email)
    tab_to(page, page.get_by_label("Password"))
    page.keyboard.type("correct horse battery")
    page.keyboard.press("Enter")
    expect(page.locator("#rows tr")).to_have_count(3)
    page.wait_for_load_state("networkidle")  # the script of the page hears its keys
    page.keyboard.press("/")
    expect(page.get_by_label("Find sessions")).to_be_focused()
    page.keyboard.type(query)
    page.keyboard.press("Enter")


def score_and_comment(page: Page) -> None:
    tab_to(page, page.get_by_role("tab", name="Overview"))
    page.keyboard.press("ArrowRight")
    tab_to(page, page.locator("#annotation [type=radio]").first)
    page.keyboard.press("2")
    page.keyboard.press("Enter")
    expect(page.locator("#annotation .given")).to_contain_text("delivery")
    tab_to(page, page.locator("#annotation").get_by_label("New comment"))
    page.keyboard.type("Why so late?")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.locator(".thread")).to_contain_text("Why so late?")


def test_the_main_path_is_walked_by_keys_alone(
    page: Page, complaints: list[str], live_server: LiveServer, told: Project, alice: User
) -> None:
    page.goto(live_server.url)
    sign_in_and_find(page, alice, "user:user-1 OR user:user-2")
    expect(page.locator("#rows tr")).to_have_count(2)
    page.wait_for_load_state("networkidle")  # a page that is left while it fetches complains

    page.keyboard.press("j")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(r"/sessions/ticket-\d\?in="))
    page.wait_for_load_state("networkidle")
    first = page.url
    page.keyboard.press("j")
    page.keyboard.press("j")
    expect(page.locator(".turn").nth(1).locator("[data-stop]").first).to_be_focused()
    score_and_comment(page)

    tab_to(page, page.get_by_role("link", name=re.compile("^(Next|Previous) session")))
    page.keyboard.press("Enter")
    expect(page).not_to_have_url(first)
    expect(page.locator(".turn").first).to_be_visible()
    tab_to(page, page.get_by_label("Where you are").get_by_role("link", name="Sessions"))
    page.keyboard.press("Enter")
    expect(page.locator("#rows tr")).to_have_count(2)
    expect(page.get_by_label("Find sessions")).to_have_value("user:user-1 OR user:user-2")
