"""Two strangers in two browsers: one signs up, invites the other, sends a trace, and shows the other out again."""

import json
import re
import urllib.request
from email import message_from_bytes, policy
from pathlib import Path

import pytest
from django.urls import reverse
from playwright.sync_api import Browser, Page, expect
from pytest_django.fixtures import Settings
from pytest_django.live_server_helper import LiveServer

from projects.models import AuditEvent, Organization, Project, User
from tests.browser.test_look import CONTRAST

pytestmark = pytest.mark.django_db(transaction=True)
PASSWORD = "correct horse battery"
TRACE_ID = "5b8aa5a2d2c872e8321cf37308d69df2"


@pytest.fixture
def mails(settings: Settings, tmp_path: Path) -> Path:
    settings.SIGN_UP = "open"
    settings.EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
    settings.EMAIL_FILE_PATH = tmp_path
    return tmp_path


def last_mail(mails: Path) -> str:
    newest = max(mails.iterdir(), key=lambda path: path.stat().st_mtime_ns)
    message = message_from_bytes(newest.read_bytes().rstrip(b"-\n"), policy=policy.default)
    body = message.get_body(("plain",))
    assert body is not None
    return str(body.get_content())


def sign_up(page: Page, email: str) -> None:
    page.get_by_label("E-mail").fill(email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Create account").click()


def prove_address(page: Page, mails: Path) -> None:
    code = re.search(r"^([A-Z0-9-]{6,12})$", last_mail(mails), re.MULTILINE)
    assert code is not None
    page.get_by_label("Code").fill(code[1])
    page.get_by_role("button", name="Confirm").click()


def send_trace(server: LiveServer, secret: str) -> int:
    span = {
        "traceId": TRACE_ID,
        "spanId": "051581bf3cb55c13",
        "name": "hello",
        "startTimeUnixNano": "1700000000000000000",
        "endTimeUnixNano": "1700000001000000000",
    }
    body = json.dumps({"resourceSpans": [{"scopeSpans": [{"spans": [span]}]}]}).encode()
    headers = {"Authorization": f"Bearer {secret}", "Content-Type": "application/json"}
    with urllib.request.urlopen(urllib.request.Request(f"{server.url}/v1/traces", body, headers)) as answer:
        return int(answer.status)


def test_a_stranger_signs_up_invites_a_colleague_sends_a_trace_and_removes_the_colleague(
    page: Page, complaints: list[str], browser: Browser, live_server: LiveServer, mails: Path, settings: Settings
) -> None:
    settings.BASE_URL = live_server.url
    # Olivia signs up with the code in her mail, and founds an organization with a project.
    page.goto(live_server.url + reverse("account_signup"))
    sign_up(page, "olivia@example.com")
    prove_address(page, mails)
    page.get_by_label("Name").fill("Initech")
    page.get_by_label("First project").fill("Support")
    page.get_by_role("button", name="Create organization").click()
    # It leads to the project's setup, and she reads the secret of its key off the page.
    secret = page.locator("#secret-key").inner_text()
    # She invites Peter, who signs up through the link in another browser.
    organization = Organization.objects.get(name="Initech")
    page.goto(live_server.url + reverse("organization-members", args=[organization.pk]))
    page.get_by_label("E-mail address").fill("peter@example.com")
    page.get_by_role("button", name="Send invitation").click()
    expect(page.get_by_text("The invitation was sent to peter@example.com.")).to_be_visible()
    link = re.search(r"http\S+/invitation/\S+", last_mail(mails))
    assert link is not None
    peters = browser.new_context().new_page()
    peters.goto(link[0])
    peters.get_by_role("link", name="Create an account to join").click()
    peters.get_by_label("Password").fill(PASSWORD)
    peters.get_by_role("button", name="Create account").click()
    expect(peters.get_by_text("Initech").first).to_be_visible()
    # A trace arrives, and both read it.
    assert send_trace(live_server, secret) == 200
    trace = live_server.url + reverse("trace", args=[Project.objects.get(name="Support").pk, TRACE_ID])
    for reader in (page, peters):
        reader.goto(trace)
        expect(reader.get_by_role("heading", name="hello").first).to_be_visible()
    # Peter is removed: from that moment the trace does not exist for him.
    page.goto(live_server.url + reverse("organization-members", args=[organization.pk]))
    page.get_by_role("button", name="Remove peter@example.com").click()
    expect(page.get_by_role("cell", name="peter@example.com")).to_have_count(0)
    answer = peters.goto(trace)
    assert answer is not None
    assert answer.status == 404
    assert secret not in str(list(AuditEvent.objects.values()))


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 1280])
def test_settings_fit_every_screen_and_stand_out_from_their_ground(
    alices: Page, live_server: LiveServer, project: Project, alice: User, theme: str, width: int
) -> None:
    alices.emulate_media(color_scheme=theme)  # type: ignore[arg-type]
    alices.set_viewport_size({"width": width, "height": 780})
    organization = project.organization_id
    names = ["organization", "organization-members", "organization-settings", "organization-audit"]
    paths = [reverse(name, args=[organization]) for name in names]
    paths += [reverse(name, args=[project.pk]) for name in ("project-settings", "project-keys")]
    paths += [reverse(name) for name in ("organizations", "account_email", "account_change_password", "mfa_index")]

    for path in paths:
        alices.goto(live_server.url + path)
        assert alices.evaluate("document.documentElement.scrollWidth <= innerWidth"), path
        assert alices.evaluate(CONTRAST) == [], path
