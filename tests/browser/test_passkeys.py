"""Passkeys, with the browser's virtual authenticator: adding one, signing in with it, and using it after a password."""

from collections.abc import Callable

import pytest
from allauth.mfa.models import Authenticator
from django.urls import reverse
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from projects.models import AuditEvent, User

PASSWORD = "correct horse battery"


@pytest.fixture
def authenticator(page: Page) -> str:
    """A device that keeps passkeys, and always sees the right finger."""
    session = page.context.new_cdp_session(page)
    session.send("WebAuthn.enable")
    options = {
        "protocol": "ctap2",
        "transport": "internal",
        "hasResidentKey": True,
        "hasUserVerification": True,
        "isUserVerified": True,
        "automaticPresenceSimulation": True,
    }
    made = session.send("WebAuthn.addVirtualAuthenticator", {"options": options})
    return str(made["authenticatorId"])


def test_a_passkey_is_added_signs_in_alone_and_is_a_second_factor(
    alices: Page, alice: User, live_server: LiveServer, authenticator: str, axe: Callable[..., None]
) -> None:
    page = alices
    page.goto(live_server.url + reverse("mfa_index"))
    page.get_by_role("link", name="Add a passkey").click()
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Confirm").click()
    page.get_by_label("Name").fill("my laptop")
    axe(page)
    page.get_by_role("button", name="Add passkey").click()
    expect(page.get_by_role("heading", name="Recovery codes")).to_be_visible()
    page.get_by_role("link", name="Done").click()
    expect(page.get_by_text("Passkey of my laptop")).to_be_visible()
    axe(page)
    page.get_by_role("button", name="Sign out").first.click()

    expect(page.get_by_role("heading", name="Read what your assistant really said.")).to_be_visible()
    axe(page)
    page.goto(live_server.url + reverse("mfa_index"))  # asks who comes, and leads back
    page.get_by_role("button", name="Use a passkey").click()
    expect(page.get_by_text("Passkey of my laptop")).to_be_visible()
    page.get_by_role("button", name="Sign out").first.click()

    page.get_by_label("E-mail").fill(alice.email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()
    expect(page.get_by_role("heading", name="One more step.")).to_be_visible()
    axe(page)
    page.get_by_role("button", name="Use a passkey").click()
    page.wait_for_url(live_server.url + reverse("organizations"))

    passkey = Authenticator.objects.get(user=alice, type=Authenticator.Type.WEBAUTHN)
    assert passkey.last_used_at is not None
    changes = AuditEvent.objects.filter(action="sign-in security changed").values_list("details__change", flat=True)
    assert "passkey added" in set(changes)


def test_a_device_without_a_passkey_says_so_and_another_way_remains(
    page: Page, live_server: LiveServer, authenticator: str
) -> None:
    page.goto(live_server.url + reverse("sign-in"))
    page.get_by_role("button", name="Use a passkey").click()

    expect(page.get_by_role("alert").filter(has_text="this device has none for Confab")).to_be_visible()
    expect(page.get_by_label("Password")).to_be_visible()
