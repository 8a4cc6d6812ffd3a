"""The system's Chromium, and Alice signed in at a live server."""

import os
import shutil
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from playwright.sync_api import BrowserContext, ConsoleMessage, Page, expect
from pytest_django.live_server_helper import LiveServer

from projects.models import User
from tests.browser.axe import assert_accessible

# The synchronous Playwright runs an event loop of its own in the thread of the tests.
os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
# The headless shell has the same engine, and opens a page with a fifth of the work: it has no window.
PROGRAMS = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
CHROMIUM = next(filter(None, map(shutil.which, PROGRAMS)), None)
expect.set_options(timeout=30_000)  # as long as Playwright waits for what it clicks: a busy machine breaks no promise
CUT_OFF = ("htmx:afterRequest", "htmx:sendError", "htmx:sendAbort")  # how htmx says that a request did not end
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "tests/browser/" in item.path.as_posix():
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    if CHROMIUM is None:
        pytest.skip("browser tests need Chromium: install the package 'chromium'")
    return {**browser_type_launch_args, "executable_path": CHROMIUM, "args": ARGUMENTS}


@pytest.fixture(scope="session")
def browser_context_args(browser_context_args: dict[str, Any]) -> dict[str, Any]:
    return {**browser_context_args, "locale": "en-GB", "timezone_id": "Asia/Tokyo"}


@pytest.fixture
def complaints(page: Page) -> Iterator[list[str]]:
    """What the browser's console says against a page; a test that leaves anything here fails. A request that was cut
    off because its page was left is no complaint."""
    found: list[str] = []
    cut_off: list[tuple[str, str]] = []

    def note(message: ConsoleMessage) -> None:
        if message.type == "error" and message.text.startswith(CUT_OFF):
            cut_off.append((page.url, message.text))
        elif message.type == "error":
            found.append(message.text)

    page.on("console", note)
    page.on("pageerror", lambda error: found.append(str(error)))
    page.on("dialog", lambda dialog: (found.append(f"dialog: {dialog.message}"), dialog.dismiss()))
    yield found
    found += [text for left, text in cut_off if left == page.url]
    assert found == []


@pytest.fixture
def sign_in(live_server: LiveServer) -> Callable[[BrowserContext, User], None]:
    def signed_in(context: BrowserContext, user: User) -> None:
        client = Client()
        client.force_login(user)
        cookie = client.cookies[settings.SESSION_COOKIE_NAME]
        context.add_cookies([{"name": cookie.key, "value": cookie.value, "url": live_server.url}])

    return signed_in


@pytest.fixture
def alices(page: Page, complaints: list[str], alice: User, sign_in: Callable[[BrowserContext, User], None]) -> Page:
    """A page on which Alice is signed in and about which the browser must not complain."""
    sign_in(page.context, alice)
    return page


@pytest.fixture
def axe() -> Callable[..., None]:
    """`axe(page)` or `axe(page, within="#panel")` fails for what WCAG AA refuses, in light and in dark."""
    return assert_accessible
