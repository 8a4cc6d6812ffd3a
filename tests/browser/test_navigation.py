"""The navigation on a phone: a bar that ends with More, where everything else is."""

import pytest
from django.urls import reverse
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from projects.models import Project

pytestmark = pytest.mark.django_db(transaction=True)
WIDTH = 390


def test_the_bar_of_a_phone_hides_no_place(alices: Page, live_server: LiveServer, project: Project) -> None:
    alices.set_viewport_size({"width": WIDTH, "height": 844})
    alices.goto(live_server.url + reverse("setup", args=[project.pk]))
    bar = alices.get_by_role("navigation", name="Project")

    places = bar.locator("a:visible, summary:visible").all()
    boxes = [place.bounding_box() or {"x": -1, "width": 0} for place in places]
    assert bar.evaluate("(bar) => bar.scrollWidth <= bar.clientWidth")
    assert len(boxes) > 4
    assert all(box["x"] >= 0 and box["x"] + box["width"] <= WIDTH for box in boxes)

    bar.get_by_text("More").click()
    for place in ("Users", "Compare", "Setup", "Ingestion issues", "Settings", "Docs"):
        expect(bar.get_by_role("link", name=place)).to_be_in_viewport(ratio=1)
    bar.get_by_role("link", name="Ingestion issues").click()
    expect(alices.get_by_role("heading", level=1)).to_have_text("Ingestion issues")
