"""Code of the setup: a line is whole, and what is longer than its box is reached by scrolling."""

import pytest
from django.urls import reverse
from playwright.sync_api import Locator, Page, expect
from pytest_django.live_server_helper import LiveServer

from projects.models import Project

pytestmark = pytest.mark.django_db(transaction=True)
LINE_COUNT = """(end) => {
    const text = document.createRange();
    text.selectNodeContents(end);
    return text.getClientRects().length;
}"""
IS_TOO_WIDE = "(box) => box.scrollWidth > box.clientWidth"
# Whether a box shows a scroll bar or its lines without a break, and ends within the window.
IS_HELD = """(box) => {
    const style = getComputedStyle(box), end = box.getBoundingClientRect().right;
    return style.whiteSpace === "pre" && style.overflowX === "auto" && box.tabIndex === 0 && end <= innerWidth;
}"""


def open_setup(page: Page, live_server: LiveServer, project: Project) -> None:
    """Open the page, which is drawn once more when its first key pair is there."""
    page.goto(live_server.url + reverse("setup", args=[project.pk]))
    expect(page.locator("#secret-key")).to_be_visible()


def shown_code(page: Page) -> list[Locator]:
    return page.locator(".sdk-panel pre:visible").all()


def test_code_is_never_broken_and_scrolls_within_its_box(
    alices: Page, live_server: LiveServer, project: Project
) -> None:
    open_setup(alices, live_server, project)
    assert {end.evaluate(LINE_COUNT) for end in alices.locator(".endpoints dd.id").all()} == {1}
    wide = 0
    for sdk in alices.locator(".sdk").all():
        sdk.click()
        for width in (1440, 1024, 390):
            alices.set_viewport_size({"width": width, "height": 900})
            assert alices.evaluate("document.documentElement.scrollWidth") <= width
            for box in shown_code(alices):
                assert box.evaluate(IS_HELD), box.inner_text()
                assert width < 1440 or not box.evaluate(IS_TOO_WIDE), box.inner_text()
                wide += bool(box.evaluate(IS_TOO_WIDE))
    assert wide

    box = next(box for box in shown_code(alices) if box.evaluate(IS_TOO_WIDE))
    box.focus()
    alices.keyboard.press("ArrowRight")
    expect(box).not_to_have_js_property("scrollLeft", 0)


def test_what_arrives_stays_in_view_and_covers_nothing(alices: Page, live_server: LiveServer, project: Project) -> None:
    alices.set_viewport_size({"width": 1440, "height": 900})
    open_setup(alices, live_server, project)
    for end in (alices.locator(".step").first, alices.locator(".sdk-panel pre:visible").last):
        end.scroll_into_view_if_needed()
        expect(alices.locator("#arrival")).to_be_in_viewport(ratio=1)
        steps, arrival = alices.locator(".steps").bounding_box(), alices.locator("#arrival").bounding_box()
        assert steps is not None
        assert arrival is not None
        assert steps["x"] + steps["width"] <= arrival["x"]
