"""Mails say the same as text and as HTML, load nothing from elsewhere, and make no link of a stranger's words."""

import re
from datetime import UTC, datetime
from email.message import Message
from pathlib import Path

import allauth
import pytest
from django.conf import settings
from django.core import mail
from django.test import Client
from django.urls import reverse

from projects.accounts import people
from projects.accounts.account_letters import CHANGES_BY_MAIL, WRITERS, letter_for
from projects.accounts.letters import Letter, message_of
from projects.administration.views.invitations import letter_of
from projects.models import Organization, Role, User

VALUES = {
    "email": "ana@example.com",
    "code": "X7K-2QP",
    "to_email": "new@example.com",
    "from_email": "ana@example.com",
    "deleted_email": "old@example.com",
    "ip": "188.37.1.2",
    "user_agent": "https://evil.example Firefox/140.0 (Windows)",
    "timestamp": datetime(2026, 11, 30, 10, 12, tzinfo=UTC),
}
NEVER_SENT = {
    "account/email/login_code",  # nobody signs in by a code
    "account/email/password_reset_key",  # codes are used instead of links
    "account/email/unknown_account",  # no stranger makes us write to an unknown address
}
MAX_BYTES = 12_000
TAG = re.compile(r"<[^>]+>")


def html_of(message: mail.EmailMultiAlternatives) -> str:
    return str(message.alternatives[0][0])


def words_of(html: str) -> str:
    body = html.partition("<body")[2]
    return " ".join(TAG.sub(" ", body.partition(">")[2]).replace("&nbsp;", " ").replace("&#x27;", "'").split())


@pytest.mark.parametrize("name", sorted([*CHANGES_BY_MAIL, *WRITERS]))
def test_a_letter_says_the_same_as_text_and_as_html_and_loads_nothing(name: str) -> None:
    letter = letter_for(name, VALUES)
    assert letter is not None
    message = message_of(letter, "ana@example.com")
    html, words = html_of(message), words_of(html_of(message))

    for text in (letter.title, letter.code, letter.why, letter.button[1], *letter.words, *letter.notes):
        assert text in message.body
        assert text in words or text == letter.button[1]
    assert set(re.findall(r'src="([^"]+)"', html)) == {"cid:confab-logo"}
    assert all(link.startswith(settings.BASE_URL) for link in re.findall(r'href="([^"]+)"', html))
    assert not re.search(r"<script|@import|url\(| on\w+=", html)
    assert "evil.example" not in message.body + html
    assert len(html.encode()) < MAX_BYTES


def test_the_picture_comes_with_the_mail() -> None:
    letter = letter_for("account/email/password_changed", VALUES)
    assert letter is not None
    sent: Message = message_of(letter, "ana@example.com").message()

    assert sent.get_content_type() == "multipart/related"
    alternatives, logo = sent.get_payload()  # type: ignore[misc]
    assert [part.get_content_type() for part in alternatives.get_payload()] == ["text/plain", "text/html"]  # type: ignore[union-attr]
    assert logo["Content-ID"] == "<confab-logo>"  # type: ignore[index]


def test_every_mail_that_allauth_can_send_is_a_letter_of_ours() -> None:
    templates = Path(allauth.__file__).parent / "templates"
    subjects = templates.glob("*/email/*_subject.txt")
    known = {str(path.relative_to(templates)).removesuffix("_subject.txt") for path in subjects}

    assert known - NEVER_SENT - {"account/email/password_reset"} <= set(CHANGES_BY_MAIL) | set(WRITERS)


def test_an_invitation_quotes_names_and_makes_no_links_of_them(alice: User, organization: Organization) -> None:
    User.objects.filter(pk=alice.pk).update(name="Ana <b> Lima")
    invitation, token = people.invite(organization, "frank@example.com", Role.VIEWER, by=alice)
    link = settings.BASE_URL + reverse("invitation", args=[token])
    invitation.invited_by.refresh_from_db()  # type: ignore[union-attr]
    message = message_of(letter_of(invitation, link), invitation.email)
    assert "“Ana <b> Lima” (alice@example.com) invites you to “Acme”, as viewer." in message.body
    assert "Ana &lt;b&gt; Lima" in html_of(message)
    assert f'href="{link}"' in html_of(message)

    organization.name, invitation.invited_by.name = "win.example/now", "www.evil.example"  # type: ignore[union-attr]
    message = message_of(letter_of(invitation, link), invitation.email)
    assert "alice@example.com invites you to an organization" in message.body
    assert "evil" not in message.body + html_of(message)
    assert "win.example" not in message.body + html_of(message)


def test_a_change_of_how_one_signs_in_is_told_by_mail(client: Client, alice: User) -> None:
    client.force_login(alice)
    old, new = "correct horse battery", "a brand new password"
    form = {"oldpassword": old, "password1": new, "password2": new}
    client.post(reverse("account_change_password"), form, headers={"User-Agent": "Firefox/140.0 (X11; Linux)"})

    [sent] = mail.outbox
    assert sent.subject == "[Confab] Your password was changed"
    assert "This was done from Firefox on Linux, 127.0.0.1" in str(sent.body)
    assert sent.to == [alice.email]


def test_a_name_with_a_line_end_does_not_refuse_the_mail() -> None:
    message = message_of(Letter(subject="In Shop\r\nBcc: x@example.com", title="Two.", why="Test."), "a@b.example")

    assert "\n" not in message.subject
    assert message.message()["Bcc"] is None
