"""End users in a browser: from the list by a part of an id to one user, to their sessions, and to the erasure."""

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal

import pytest
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from projects.models import Project
from tests.sessions.rows import session

pytestmark = pytest.mark.django_db(transaction=True)
ANN = "ann/بن علي " + "x" * 180


def test_a_user_is_found_looked_at_and_followed(
    alices: Page, live_server: LiveServer, project: Project, axe: Callable[..., None]
) -> None:
    now = timezone.now()
    for number in range(12):
        ago = now - timedelta(days=number)
        session(
            project, f"s{number}", user_ids=[ANN if number % 2 else f"user-{number}"], created_at=ago, updated_at=ago,
            total_cost=Decimal(number), error_count=int(number == 3), first_input="Where is my parcel, please?",
        )  # fmt: skip
    alices.goto(live_server.url + reverse("users", args=[project.pk]))
    axe(alices)
    alices.get_by_label("Find users").fill("بن")
    alices.keyboard.press("Enter")
    expect(alices.locator("#rows tr")).to_have_count(1)
    alices.locator("#rows a").click()

    expect(alices.get_by_role("heading", level=1)).to_contain_text("ann/")
    expect(alices.locator("#rows tr")).to_have_count(6)
    axe(alices)
    for width in (1024, 390):
        alices.set_viewport_size({"width": width, "height": 844})
        assert alices.evaluate("document.documentElement.scrollWidth") <= width
    axe(alices)
    alices.set_viewport_size({"width": 1280, "height": 800})
    with alices.expect_navigation():
        alices.locator(".dashboard-series a").last.click()
    expect(alices.locator("#rows tr[id]")).to_have_count(1)
    alices.go_back()
    alices.get_by_text("Erase…").click()
    alices.get_by_label("Type the user id again").fill(ANN)
    alices.get_by_role("button", name="Erase this user").click()
    expect(alices.get_by_text("Deleted 0 traces.")).to_be_visible()


def test_the_head_of_the_list_stays_while_users_scroll(alices: Page, live_server: LiveServer, project: Project) -> None:
    for number in range(40):
        session(project, f"s{number}", user_ids=[f"user-{number}"])
    alices.set_viewport_size({"width": 1440, "height": 900})
    alices.goto(live_server.url + reverse("users", args=[project.pk]))
    head = alices.get_by_role("columnheader", name="User", exact=True)
    before = head.bounding_box()

    alices.locator("#rows tr").last.scroll_into_view_if_needed()

    expect(alices.locator("#rows tr").first).not_to_be_in_viewport()
    assert head.bounding_box() == before
