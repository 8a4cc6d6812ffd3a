"""A first board in a browser: from the dashboard to its tiles, by keys, on a phone, and as a picture."""

from collections.abc import Callable
from pathlib import Path

import pytest
from django.urls import reverse
from playwright.sync_api import BrowserContext, Page, expect
from pytest_django.live_server_helper import LiveServer

from projects.models import Project, User
from sessions.boards.arranging import add_tile
from sessions.boards.specs import TileSpec
from sessions.models import Board, BoardSharing, BoardTile
from tests.browser.test_dashboard import fill

pytestmark = pytest.mark.django_db(transaction=True)


def titles(page: Page) -> list[str]:
    return [text.split("\n")[0].strip() for text in page.locator("[data-tile] h2").all_inner_texts()]


def test_a_first_board_is_made_arranged_by_keys_and_saved_as_a_picture(
    alices: Page, live_server: LiveServer, project: Project, axe: Callable[..., None]
) -> None:
    fill(project)
    alices.set_viewport_size({"width": 1440, "height": 900})
    alices.goto(live_server.url + reverse("dashboard", args=[project.pk]))
    alices.locator(".boards-menu > summary").click()
    alices.get_by_role("button", name="New board").click()

    alices.get_by_label("Measure").select_option("error-rate")
    alices.get_by_label("Split by").select_option("tag")
    expect(alices.locator("#preview .dashboard-series")).to_be_visible()
    axe(alices)
    alices.get_by_role("button", name="Add to board").click()
    expect(alices.locator("[data-tile]")).to_have_count(1)
    alices.get_by_role("link", name="Add tile").click()
    alices.get_by_label("Number").check(force=True)
    alices.get_by_role("button", name="Add to board").click()
    expect(alices.locator("[data-tile] .stat-value")).to_have_text("60")
    assert titles(alices) == ["Error rate by tag", "Sessions"]

    grip = alices.get_by_role("button", name="Move Sessions")
    grip.focus()
    with alices.expect_response("**/arrange"):
        alices.keyboard.press("ArrowLeft")
    assert titles(alices) == ["Sessions", "Error rate by tag"]
    with alices.expect_response("**/arrange"):
        alices.keyboard.press("+")
    alices.reload()
    assert titles(alices) == ["Sessions", "Error rate by tag"]
    assert list(BoardTile.objects.for_project(project).order_by("place").values_list("width", flat=True)) == [4, 6]

    alices.get_by_label("Arrange Error rate").click()
    with alices.expect_download() as download:
        alices.get_by_role("link", name="Save as PNG").locator("visible=true").click()
    assert Path(download.value.path()).read_bytes().startswith(b"\x89PNG")
    alices.set_viewport_size({"width": 390, "height": 844})
    assert alices.evaluate("document.documentElement.scrollWidth <= innerWidth")
    axe(alices)


def test_tiles_are_dragged_with_the_mouse_and_shared_as_they_were_put(
    alices: Page,
    live_server: LiveServer,
    project: Project,
    alice: User,
    bob: User,
    sign_in: Callable[[BrowserContext, User], None],
) -> None:
    board = Board(project_id=project.pk, name="Refunds", owner_id=alice.pk, owner=alice.email)
    board.save(force_insert=True)
    for title in ("First", "Second", "Third"):
        add_tile(project, board, TileSpec(measure="sessions", chart="number", title=title))
    board_address = live_server.url + reverse("board", args=[project.pk, board.id])
    boards_address = live_server.url + reverse("boards", args=[project.pk])
    alices.set_viewport_size({"width": 1440, "height": 900})
    alices.goto(board_address)
    assert titles(alices) == ["First", "Second", "Third"]

    grip = alices.get_by_role("button", name="Move Third")
    with alices.expect_response("**/arrange"):
        grip.drag_to(alices.locator("[data-tile]").first, target_position={"x": 20, "y": 40})
    assert titles(alices) == ["Third", "First", "Second"]
    alices.reload()
    assert titles(alices) == ["Third", "First", "Second"]
    with alices.expect_response("**/arrange"):
        grip.press("ArrowRight")
    alices.reload()
    assert titles(alices) == ["First", "Third", "Second"]

    sign_in(alices.context, bob)
    alices.goto(boards_address)
    expect(alices.get_by_role("heading", name="No boards yet")).to_be_visible()
    sign_in(alices.context, alice)
    alices.goto(board_address)
    alices.locator(".share-menu > summary").click()
    alices.get_by_role("button", name=BoardSharing.READ.label).click()
    sign_in(alices.context, bob)
    alices.goto(boards_address)
    alices.get_by_role("main").get_by_role("link", name="Refunds").click()
    expect(alices.get_by_role("heading", name="Refunds")).to_be_visible()
    assert titles(alices) == ["First", "Third", "Second"]
    expect(alices.get_by_role("button", name="Move First")).to_have_count(0)
