"""From a mention to the inbox and the mail, with real browsers and a real mail server."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import Browser, BrowserContext, Page, expect
from pytest_django.live_server_helper import LiveServer

from projects.models import Project, User
from sessions.inbox.tasks import notice_mails
from sessions.models import Notice
from tests.conversations import tell
from tests.mail_server import serving_mail

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_mention_is_completed_found_in_the_inbox_answered_and_mailed(
    alices: Page,
    browser: Browser,
    live_server: LiveServer,
    project: Project,
    bob: User,
    sign_in: Callable[[BrowserContext, User], None],
    axe: Callable[..., None],
    settings: Any,
) -> None:
    settings.BASE_URL = live_server.url
    tell(project, "s", [("Where is it?", "It is on its way.")])
    bob.name = "Robert Bobson"
    bob.save()
    with serving_mail(settings) as mails:
        alices.goto(f"{live_server.url}/project/{project.pk}/sessions/s")
        alices.get_by_role("tab", name="Scores and comments").click()
        field = alices.locator("#annotation textarea[name=content]").last
        field.press_sequentially("Is this the bank, @rob")
        expect(alices.locator("#annotation [role=option]")).to_contain_text("Robert Bobson")
        field.press("Enter")
        field.press_sequentially("?")
        expect(field).to_have_value("Is this the bank, @bob ?")
        alices.get_by_role("button", name="Comment", exact=True).click()
        expect(alices.locator(".mention")).to_have_text("@bob")

        context = browser.new_context(locale="en-GB", timezone_id="Asia/Tokyo")
        sign_in(context, bob)
        page = context.new_page()
        page.goto(f"{live_server.url}/project/{project.pk}/sessions")
        page.get_by_role("link", name=re.compile("^Inbox")).first.click()
        expect(page.locator(".nav-count.is-new")).to_contain_text("1")
        axe(page)

        Notice.objects.for_project(project).update(due_at=timezone.now())  # as if its minute were over
        notice_mails.work(project.pk, float("inf"))
        [text] = mails.texts(bob.email)
        [address] = set(re.findall(r"http\S+item=\S+", text))
        page.goto(address)
        expect(page.locator(".comment.is-meant")).to_contain_text("Is this the bank, @bob ?")
        expect(page.locator(".nav .nav-count.is-new")).to_have_count(0)
        axe(page)

        page.get_by_text("Reply", exact=True).first.click()
        answer = page.locator("textarea[name=content][placeholder^=Reply]")
        answer.fill("It is.")
        page.get_by_role("button", name="Reply").click()
        expect(page.locator(".inbox-body")).to_contain_text("It is.")
        told = Notice.objects.for_project(project).exclude(recipient_id=bob.pk).get()
        assert told.kind == "answer"
        page.get_by_role("link", name="Open session").click()
        expect(page).to_have_url(re.compile(f"/project/{project.pk}/sessions/s"))
        context.close()
