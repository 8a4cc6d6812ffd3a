"""The status page in a browser: accessible in both themes and at every width, and its tests are buttons."""

import pytest
from django.conf import settings
from django.test import Client
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from projects.models import User
from tests.browser.test_every_page import OF_THE_PAGE, looked_at, opened

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def operator(page: Page, live_server: LiveServer) -> Page:
    client = Client()
    client.force_login(User.objects.create_user("olga@example.com", "correct horse battery", is_staff=True))
    cookie = client.cookies[settings.SESSION_COOKIE_NAME]
    page.context.add_cookies([{"name": cookie.key, "value": cookie.value, "url": live_server.url}])
    page.emulate_media(color_scheme="light", reduced_motion="reduce")
    return page


def test_the_page_is_accessible(operator: Page, live_server: LiveServer) -> None:
    opened(operator, f"{live_server.url}/status")
    expect(operator.get_by_role("heading", name="Status", exact=True)).to_be_visible()

    assert list(looked_at(operator, "status", OF_THE_PAGE)) == []


def test_the_buttons_say_what_became_of_their_tests(operator: Page, live_server: LiveServer) -> None:
    opened(operator, f"{live_server.url}/status")
    operator.get_by_role("button", name="Test the storage").click()
    expect(operator.get_by_role("status").filter(has_text="written, read and deleted")).to_be_visible(timeout=30_000)
    operator.get_by_role("button", name="Send a test mail").click()
    expect(operator.get_by_role("status").filter(has_text="olga@example.com")).to_be_visible(timeout=30_000)
