"""The way of a newcomer without documentation: sign up, run the code of the setup, read its session, share a board."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from pytest_django.fixtures import Settings
from pytest_django.live_server_helper import LiveServer

from projects.models import Project
from sessions.models import Board
from sessions.models.boards import BoardSharing
from sessions.rollup.recomputing import drain
from tests.browser.test_tenancy import mails, prove_address, sign_up

__all__ = ["mails"]
pytestmark = pytest.mark.django_db(transaction=True)


def register(page: Page, live_server: LiveServer, mails: Path) -> Project:
    """Sign up from the first page, and create an organization with a project, whose setup is open then."""
    page.goto(live_server.url)
    page.get_by_role("link", name="Create an account").click()
    sign_up(page, "newcomer@example.com")
    prove_address(page, mails)
    page.get_by_label("Name").fill("Initech")
    page.get_by_role("button", name="Create organization").click()
    expect(page.get_by_role("heading", name="Send your first session")).to_be_visible()
    expect(page.locator("#secret-key")).to_have_text(re.compile(r"sk-[\w-]{40,}"))
    return Project.objects.get()


def test_from_sign_up_to_a_shared_board(
    page: Page,
    live_server: LiveServer,
    mails: Path,
    complaints: list[str],
    settings: Settings,
    tmp_path: Path,
) -> None:
    settings.BASE_URL = live_server.url
    page.set_viewport_size({"width": 1440, "height": 900})
    project = register(page, live_server, mails)
    assert project.api_keys.count() == 1

    code = page.locator("#code-langfuse").inner_text()
    expect(page.locator("#arrival")).to_be_in_viewport()
    (tmp_path / "first_session.py").write_text(code)
    subprocess.run([sys.executable, str(tmp_path / "first_session.py")], check=True, timeout=60)
    drain(project.pk)
    expect(page.locator("#arrival")).to_contain_text("Traces are arriving.")
    expect(page.locator("#arrival")).to_be_in_viewport()
    page.locator("#arrival").get_by_role("link", name="ticket-2611").click()
    expect(page.get_by_text("My order #12345 hasn't arrived yet.").first).to_be_visible()

    page.get_by_role("link", name="Dashboard").click()
    page.locator(".boards-menu > summary").click()
    page.get_by_role("button", name="New board").click()
    page.get_by_role("button", name="Add to board").click()
    expect(page.locator("[data-tile]")).to_have_count(1)
    page.get_by_role("link", name="Add tile").click()
    page.get_by_label("Measure").select_option("cost")
    page.get_by_label("Split by").select_option("model")
    page.get_by_role("button", name="Add to board").click()
    expect(page.locator("[data-tile]")).to_have_count(2)
    expect(page.locator("[data-tile]").last).to_contain_text("gpt-4o")
    page.locator(".share-menu > summary").click()
    page.get_by_role("button", name=BoardSharing.READ.label).click()
    page.locator(".share-menu > summary").click()
    expect(page.get_by_role("button", name=BoardSharing.READ.label)).to_have_attribute("aria-current", "true")
    assert Board.objects.for_project(project).get().sharing == BoardSharing.READ


def test_a_test_trace_needs_no_code(page: Page, live_server: LiveServer, mails: Path, complaints: list[str]) -> None:
    project = register(page, live_server, mails)

    page.get_by_role("button", name="Send a test trace").click()
    expect(page.get_by_text("The test trace is stored")).to_be_visible()
    drain(project.pk)
    page.get_by_role("link", name=re.compile("^setup-test-")).click()
    expect(page.get_by_text("Does the test trace arrive?").first).to_be_visible()
