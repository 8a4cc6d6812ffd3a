"""Signing up, in and out, a second factor, and who may do so."""

import re
from urllib.parse import urlsplit

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP, hotp_value, yield_hotp_counters_from_time
from django.core import mail
from django.core.cache import cache
from django.test import Client
from django.urls import reverse
from pytest_django.fixtures import Settings

from config import settings as configured
from projects.accounts import people
from projects.accounts.sign_in_links import link_for
from projects.models import AuditEvent, Organization, Role, User
from projects.secrets import SecretLost, decrypted

PASSWORD = "correct horse battery"
CODE = re.compile(r"^([A-Z0-9-]{6,12})$", re.MULTILINE)


def sign_in(client: Client, email: str, password: str = PASSWORD) -> int:
    return client.post(reverse("sign-in"), {"login": email, "password": password}).status_code


def is_signed_in(client: Client) -> bool:
    return client.get(reverse("organizations")).status_code == 200


def code_in_mail() -> str:
    found = CODE.search(str(mail.outbox[-1].body))
    assert found is not None, mail.outbox[-1].body
    return found[1]


def totp(secret: str) -> str:
    return f"{hotp_value(secret, next(iter(yield_hotp_counters_from_time()))):06d}"


def test_a_person_signs_in_with_address_and_password_whatever_its_case(client: Client, alice: User) -> None:
    assert sign_in(client, "Alice@Example.com") == 302
    assert is_signed_in(client)


def test_signing_out_ends_the_session(as_alice: Client) -> None:
    assert as_alice.post(reverse("sign-out")).status_code == 302
    assert not is_signed_in(as_alice)


def test_a_get_signs_nobody_out(as_alice: Client) -> None:
    as_alice.get(reverse("sign-out"))

    assert is_signed_in(as_alice)


@pytest.mark.parametrize("email", ["alice@example.com", "nobody@example.com"])
def test_a_wrong_password_and_an_unknown_address_look_alike(client: Client, alice: User, email: str) -> None:
    answer = client.post(reverse("sign-in"), {"login": email, "password": "wrong"})

    assert answer.status_code == 200
    assert "Wrong e-mail or password." in answer.content.decode()


def test_signing_in_leads_only_to_our_own_pages(client: Client, alice: User) -> None:
    form = {"login": alice.email, "password": PASSWORD, "next": "https://evil.example.com/"}

    assert client.post(reverse("sign-in"), form)["Location"] == "/"


def test_guessing_passwords_is_slowed_down(client: Client, alice: User, settings: Settings) -> None:
    settings.ACCOUNT_RATE_LIMITS = {}
    cache.clear()
    for _ in range(12):
        sign_in(client, alice.email, "wrong")

    assert sign_in(client, alice.email) != 302
    assert not is_signed_in(client)
    cache.clear()


def test_a_fresh_installation_lets_only_the_invited_sign_up(client: Client, db: None) -> None:
    html = client.get(reverse("account_signup")).content.decode()
    client.post(reverse("account_signup"), {"email": "frank@example.com", "password1": PASSWORD})

    assert "You need an invitation to create an account" in html
    assert not User.objects.filter(email="frank@example.com").exists()


def test_an_open_installation_signs_up_whoever_reads_the_code(client: Client, db: None, settings: Settings) -> None:
    settings.SIGN_UP = "open"
    client.post(reverse("account_signup"), {"email": "Frank@Example.com", "password1": PASSWORD})
    assert not is_signed_in(client)

    client.post(reverse("account_email_verification_sent"), {"code": code_in_mail()})

    assert is_signed_in(client)
    assert User.objects.get(email="frank@example.com").is_staff is False


def test_without_the_code_a_new_account_cannot_be_used(client: Client, db: None, settings: Settings) -> None:
    settings.SIGN_UP = "open"
    client.post(reverse("account_signup"), {"email": "frank@example.com", "password1": PASSWORD})
    other = Client()

    sign_in(other, "frank@example.com")

    assert not is_signed_in(other)


def test_the_link_of_an_invitation_opens_sign_up_and_proves_the_address(
    client: Client, organization: Organization, alice: User
) -> None:
    _, token = people.invite(organization, "frank@example.com", Role.MEMBER, by=alice)
    path = reverse("invitation", args=[token])
    assert reverse("account_signup") in client.get(path).content.decode()

    client.post(reverse("account_signup"), {"email": "frank@example.com", "password1": PASSWORD, "next": path})
    client.post(f"{path}/accept")

    assert organization.memberships.get(user__email="frank@example.com").role == Role.MEMBER


def test_the_link_of_an_invitation_signs_up_its_own_address_alone(
    client: Client, organization: Organization, alice: User
) -> None:
    _, token = people.invite(organization, "frank@example.com", Role.MEMBER, by=alice)
    client.get(reverse("invitation", args=[token]))

    answer = client.post(reverse("account_signup"), {"email": "grace@example.com", "password1": PASSWORD})

    assert "Nobody has invited this address" in answer.content.decode()
    assert not User.objects.filter(email="grace@example.com").exists()


def test_a_forgotten_password_is_replaced_by_a_code_in_the_mail(client: Client, alice: User) -> None:
    client.post(reverse("account_reset_password"), {"email": alice.email})
    client.post(reverse("account_confirm_password_reset_code"), {"code": code_in_mail()})
    new = {"password1": "a brand new password", "password2": "a brand new password"}
    client.post(reverse("account_complete_password_reset"), new)

    other = Client()
    assert sign_in(other, alice.email, "a brand new password") == 302
    assert is_signed_in(other)
    assert AuditEvent.objects.filter(action="sign-in security changed").exists()


def test_mails_name_the_base_url_whatever_host_was_asked(client: Client, alice: User, settings: Settings) -> None:
    settings.ALLOWED_HOSTS = ["*"]
    settings.SIGN_UP = "open"
    settings.BASE_URL = "https://confab.example.com"
    evil = {"headers": {"Host": "evil.example"}}

    client.post(reverse("account_reset_password"), {"email": alice.email}, **evil)
    client.post(reverse("account_confirm_password_reset_code"), {"code": code_in_mail()}, **evil)
    new = {"password1": "a brand new password", "password2": "a brand new password"}
    client.post(reverse("account_complete_password_reset"), new, **evil)
    Client().post(reverse("account_signup"), {"email": alice.email, "password1": PASSWORD}, **evil)
    Client().post(reverse("account_signup"), {"email": "frank@example.com", "password1": PASSWORD}, **evil)

    texts = [f"{sent.subject}\n{sent.body}" for sent in mail.outbox]
    assert len(texts) == 4
    assert "https://confab.example.com/password/reset" in texts[2], "whoever signs up twice is told what to do"
    for text in texts:
        assert "evil.example" not in text
        assert "https://confab.example.com" in text


def test_nobody_makes_us_write_to_an_address_without_an_account(client: Client, db: None) -> None:
    client.post(reverse("account_reset_password"), {"email": "nobody@example.com"})

    assert mail.outbox == []


def test_one_address_gets_only_so_many_codes_in_a_day(alice: User, settings: Settings) -> None:
    of_a_day = configured.ACCOUNT_RATE_LIMITS["reset_password"].split(",")[-1]
    settings.ACCOUNT_RATE_LIMITS = {"reset_password": of_a_day}
    cache.clear()
    for _ in range(12):
        Client().post(reverse("account_reset_password"), {"email": alice.email})
    cache.clear()

    assert len(mail.outbox) == 10


def test_a_weak_password_is_refused(client: Client, db: None, settings: Settings) -> None:
    settings.SIGN_UP = "open"
    client.post(reverse("account_signup"), {"email": "frank@example.com", "password1": "password"})

    assert not User.objects.filter(email="frank@example.com").exists()


def test_a_second_factor_is_asked_for_once_it_is_set_up(client: Client, alice: User) -> None:
    sign_in(client, alice.email)
    client.post(reverse("account_reauthenticate"), {"password": PASSWORD})
    html = client.get(reverse("mfa_activate_totp")).content.decode()
    secret = re.search(r'id="authenticator_secret"[^>]* value="(\w+)"', html)
    assert secret is not None
    assert client.post(reverse("mfa_activate_totp"), {"code": totp(secret[1])}).status_code == 302

    other = Client()
    assert sign_in(other, alice.email) == 302
    assert not is_signed_in(other)
    assert "Use a passkey" not in other.get(reverse("mfa_authenticate")).content.decode(), "there is none"
    recovery = other.post(reverse("mfa_authenticate"), {"code": "000000"})
    assert recovery.status_code == 200
    assert not is_signed_in(other)


def test_a_second_factor_lets_its_owner_in(client: Client, alice: User) -> None:
    TOTP.activate(alice, secret := "JBSWY3DPEHPK3PXP")
    sign_in(client, alice.email)

    client.post(reverse("mfa_authenticate"), {"code": totp(secret)})

    assert is_signed_in(client)


def test_the_database_does_not_know_the_secret_of_a_second_factor(alice: User) -> None:
    TOTP.activate(alice, secret := "JBSWY3DPEHPK3PXP")

    stored = Authenticator.objects.get(user=alice).data["secret"]

    assert secret not in stored
    assert decrypted(stored, purpose="second factor") == secret
    with pytest.raises(SecretLost):
        decrypted(stored, purpose="translation")


def test_a_sign_in_link_does_not_replace_the_second_factor(client: Client, alice: User) -> None:
    TOTP.activate(alice, "JBSWY3DPEHPK3PXP")

    client.get(urlsplit(link_for(alice)).path)

    assert not is_signed_in(client)


def test_sign_ins_are_in_the_audit_log_of_each_organization(client: Client, alice: User) -> None:
    second = Organization.objects.create(name="Initech")
    second.memberships.create(user=alice)
    sign_in(client, alice.email, "wrong")
    sign_in(client, alice.email)
    client.post(reverse("sign-out"))

    events = AuditEvent.objects.filter(organization_id=second.pk).order_by("pk")
    assert [event.action for event in events] == ["sign-in failed", "signed in", "signed out"]
    assert {event.ip for event in events} == {"127.0.0.1"}


def test_single_sign_on_is_offered_where_it_is_configured(client: Client, db: None, settings: Settings) -> None:
    assert "Continue with" not in client.get(reverse("sign-in")).content.decode()
    app = {"provider_id": "oidc", "name": "Acme login", "client_id": "confab", "secret": "s"}
    app |= {"settings": {"server_url": "https://login.example.com"}}
    settings.SOCIALACCOUNT_PROVIDERS = {"openid_connect": {"APPS": [app]}}

    assert "Continue with Acme login" in client.get(reverse("sign-in")).content.decode()


@pytest.mark.parametrize(
    "name", ["account", "account-reading", "account-devices", "account_email", "account_change_password", "mfa_index"]
)
def test_the_pages_of_an_account_stand_in_our_frame(as_alice: Client, name: str) -> None:
    answer = as_alice.get(reverse(name), follow=True)

    assert answer.status_code == 200
    assert "+settings+" in answer.content.decode(), "the styles of our own pages"
