"""What Chromium puts on paper: the conversation with what is folded, and no controls."""

import pytest
from django.urls import reverse
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from projects.models import Project
from tests.conversations import tell

pytestmark = pytest.mark.django_db(transaction=True)
CONTROLS = (".nav", ".reading-bar", ".inspector", ".replay", ".msg-foot", ".own-line", ".top-tools", ".crumbs")


def test_paper_has_the_conversation_alone_and_what_is_folded(
    alices: Page, live_server: LiveServer, project: Project
) -> None:
    tell(project, "ticket-2611")
    page = live_server.url + reverse("session", args=[project.pk, "ticket-2611"])
    alices.goto(page)
    expect(alices.locator(".call").first).to_have_attribute("open", "")  # it failed
    alices.locator(".call").first.evaluate("(call) => { call.open = false; }")
    arguments = alices.locator(".call-body").first
    expect(arguments).to_be_hidden()

    alices.emulate_media(media="print")
    expect(alices.locator(".turn .prose").first).to_be_visible()
    expect(arguments).to_be_visible()
    for control in CONTROLS:
        for shown in alices.locator(control).all():
            expect(shown).to_be_hidden()

    alices.emulate_media(media="screen")
    alices.add_init_script("window.print = () => { window.printed = (window.printed ?? 0) + 1; };")
    alices.goto(f"{page}?print")
    assert alices.evaluate("window.printed") == 1
    assert alices.locator("details:not([open])").count() == 0
    box = alices.locator(".turn-body").first.bounding_box()
    assert box
    assert box["width"] > 500
    alices.emulate_media(media="print")
    expect(alices.locator(".top-tools")).to_be_hidden()
    expect(alices.locator(".call-body").first).to_be_visible()
