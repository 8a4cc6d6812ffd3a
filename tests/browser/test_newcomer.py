"""A newcomer's way, by clicks alone: sign up, first key pair, test trace, its session, and a board of one's own."""

import re
from pathlib import Path

import pytest
from django.urls import reverse
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from projects.models import Project
from sessions.models import Board, Session
from sessions.rollup.recomputing import drain
from tests.browser.test_tenancy import mails, prove_address, sign_up

__all__ = ["mails"]
pytestmark = pytest.mark.django_db(transaction=True)


def test_from_sign_up_to_a_board_of_ones_own(
    page: Page, live_server: LiveServer, mails: Path, complaints: list[str]
) -> None:
    page.goto(live_server.url + reverse("account_signup"))
    sign_up(page, "newcomer@example.com")
    prove_address(page, mails)

    page.get_by_label("Name").fill("Initech")
    page.get_by_role("button", name="Create organization").click()

    expect(page.get_by_role("heading", name="Send your first session")).to_be_visible()
    secret = page.locator("#secret-key")
    expect(secret).to_have_text(re.compile(r"sk-[\w-]{40,}"))
    expect(page.locator(".sdk-panel pre:visible").last).to_contain_text(secret.inner_text())
    project = Project.objects.get()
    assert project.api_keys.count() == 1

    page.get_by_role("button", name="Send a test trace").click()
    expect(page.get_by_text("The test trace is stored")).to_be_visible()
    drain(project.pk)
    page.get_by_role("link", name=re.compile("^setup-test-")).click()
    expect(page.get_by_text("Does the test trace arrive?").first).to_be_visible()
    assert Session.objects.for_project(project).count() == 1

    page.get_by_role("link", name="Dashboard").click()
    page.locator(".boards-menu > summary").click()
    page.get_by_role("button", name="New board").click()
    page.get_by_role("button", name="Add to board").click()
    expect(page.locator("[data-tile]")).to_have_count(1)
    assert Board.objects.for_project(project).count() == 1
