"""Without a mail server nobody can prove an address: a link that was handed over makes an unproven account."""

import pytest
from allauth.account.models import EmailAddress
from allauth.core import context
from allauth.socialaccount.adapter import get_adapter
from allauth.socialaccount.internal.flows.login import complete_login
from allauth.socialaccount.models import SocialAccount
from django.contrib.auth.models import AnonymousUser
from django.contrib.messages.middleware import MessageMiddleware
from django.contrib.sessions.middleware import SessionMiddleware
from django.core import mail
from django.core.management import call_command
from django.http import HttpResponse
from django.test import Client, RequestFactory
from django.urls import reverse
from django.utils import timezone
from pytest_django.fixtures import Settings

from projects.accounts import people
from projects.models import Invitation, Membership, Organization, Role, User
from tests.projects.test_members import LINK
from tests.projects.test_sign_in import PASSWORD, is_signed_in, sign_in

VICTIM = "ceo@victim.example"


@pytest.fixture
def no_mail(settings: Settings) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.console.EmailBackend"


def shown_link(client: Client, organization: Organization, email: str) -> str:
    """The path of the link that the page shows to the inviter."""
    form = {"email": email, "role": "member"}
    html = client.post(reverse("member-invite", args=[organization.pk]), form, follow=True).content.decode()
    found = LINK.search(html)
    assert found is not None, html
    return found[1].split("<")[0]


@pytest.mark.usefixtures("no_mail")
def test_an_open_invitation_gets_a_new_link_and_the_former_one_ends(
    as_alice: Client, organization: Organization, dana: User
) -> None:
    former = shown_link(as_alice, organization, "frank@example.com")
    Invitation.objects.update(expires_at=timezone.now())
    renewing = reverse("invitation-renew", args=[organization.pk, Invitation.objects.get().pk])

    page = as_alice.post(renewing, follow=True).content.decode()
    found = LINK.search(page)
    assert found is not None
    assert "New link" in page
    assert "Create invitation" in page
    assert "Send invitation" not in page
    assert Client().get(former).status_code == 404
    assert Client().get(found[1].split("<")[0]).status_code == 200
    assert Invitation.objects.get().role == Role.MEMBER

    Invitation.objects.update(role=Role.OWNER)
    as_dana = Client()
    as_dana.force_login(dana)
    refused = as_dana.post(renewing)
    assert refused.status_code == 409, "an admin gives no link to an owner's role"
    assert Client().get(found[1].split("<")[0]).status_code == 200


def sign_up(path: str, email: str) -> Client:
    client = Client()
    client.get(path)
    client.post(reverse("account_signup"), {"email": email, "password1": PASSWORD, "next": path})
    return client


@pytest.mark.usefixtures("no_mail")
def test_a_link_that_was_handed_over_lets_its_receiver_in_and_proves_nothing(
    as_alice: Client, organization: Organization
) -> None:
    path = shown_link(as_alice, organization, "frank@example.com")
    client = sign_up(path, "frank@example.com")
    client.post(f"{path}/accept")

    frank = User.objects.get(email="frank@example.com")
    assert Membership.objects.get(user=frank).role == Role.MEMBER
    assert not frank.has_proven_address
    again = Client()
    assert sign_in(again, "frank@example.com") == 302
    assert is_signed_in(again)


@pytest.mark.usefixtures("no_mail")
def test_nothing_is_printed_that_would_prove_an_address(
    as_alice: Client, organization: Organization, capsys: pytest.CaptureFixture[str]
) -> None:
    path = shown_link(as_alice, organization, "frank@example.com")
    client = sign_up(path, "frank@example.com")

    client.post(reverse("account_reauthenticate"), {"password": PASSWORD})
    client.post(reverse("account_email"), {"email": VICTIM, "action_add": ""})
    client.post(reverse("account_reset_password"), {"email": "frank@example.com"})
    Client().post(reverse("account_reset_password"), {"email": "frank@example.com"})

    assert capsys.readouterr().out == ""
    assert not EmailAddress.objects.filter(email__in=[VICTIM, "frank@example.com"], verified=True).exists()


@pytest.mark.usefixtures("no_mail")
def test_pages_promise_no_mail_that_cannot_come(as_alice: Client, organization: Organization) -> None:
    client = sign_up(shown_link(as_alice, organization, "frank@example.com"), "frank@example.com")
    account = client.get(reverse("account_email")).content.decode()
    forgotten = Client().get(reverse("account_reset_password")).content.decode()

    assert "not verified yet" in account
    assert "replaces it" not in account
    assert "action_" not in account
    assert "sign_in_link" in forgotten
    assert "<form" not in forgotten


@pytest.mark.usefixtures("no_mail")
def test_open_sign_up_needs_mail(client: Client, db: None, settings: Settings) -> None:
    settings.SIGN_UP = "open"

    client.post(reverse("account_signup"), {"email": VICTIM, "password1": PASSWORD})

    assert not User.objects.filter(email=VICTIM).exists()


def test_an_unproven_account_needs_the_code_as_soon_as_there_is_mail(
    as_alice: Client, organization: Organization, settings: Settings
) -> None:
    working, settings.EMAIL_BACKEND = settings.EMAIL_BACKEND, "django.core.mail.backends.console.EmailBackend"
    sign_up(shown_link(as_alice, organization, VICTIM), VICTIM)
    settings.EMAIL_BACKEND = working

    client = Client()
    sign_in(client, VICTIM)

    assert not is_signed_in(client)
    assert mail.outbox[-1].to == [VICTIM]


def test_a_link_from_before_the_mail_server_proves_nothing_afterwards(
    as_alice: Client, organization: Organization, settings: Settings
) -> None:
    working, settings.EMAIL_BACKEND = settings.EMAIL_BACKEND, "django.core.mail.backends.console.EmailBackend"
    path = shown_link(as_alice, organization, VICTIM)
    settings.EMAIL_BACKEND = working

    client = sign_up(path, VICTIM)

    assert not is_signed_in(client)
    assert not EmailAddress.objects.filter(email=VICTIM, verified=True).exists()


@pytest.mark.usefixtures("no_mail")
def test_an_address_that_another_organization_has_invited_is_refused(
    as_alice: Client, organization: Organization, charlie: User, other_project: object
) -> None:
    theirs = Membership.objects.get(user=charlie).organization
    people.invite(theirs, VICTIM, Role.MEMBER, by=charlie, is_mailed=False)

    answer = as_alice.post(reverse("member-invite", args=[organization.pk]), {"email": VICTIM, "role": "member"})

    assert answer.status_code == 400
    assert "Another organization uses" in answer.content.decode()


@pytest.mark.usefixtures("no_mail")
def test_an_unproven_account_joins_no_second_organization(
    as_alice: Client, organization: Organization, charlie: User
) -> None:
    path = shown_link(as_alice, organization, VICTIM)
    sign_up(path, VICTIM).post(f"{path}/accept")
    theirs = Membership.objects.get(user=charlie).organization

    with pytest.raises(people.AddressInUse):
        people.invite(theirs, VICTIM, Role.MEMBER, by=charlie, is_mailed=False)


def sign_in_by_provider(email: str) -> None:
    """What allauth does once the provider has named who comes."""
    request = RequestFactory().get("/")
    for middleware in (SessionMiddleware, MessageMiddleware):
        middleware(lambda _: HttpResponse()).process_request(request)
    request.user = AnonymousUser()
    provider = get_adapter().get_provider(request, "oidc")
    claims = {"sub": email, "email": email, "email_verified": True}
    with context.request_context(request):
        complete_login(request, provider.sociallogin_from_response(request, {"userinfo": claims}))


def test_single_sign_on_joins_a_proven_account_and_no_other(organization: Organization, settings: Settings) -> None:
    app = {"provider_id": "oidc", "name": "Acme login", "client_id": "confab", "secret": "s"}
    app |= {"settings": {"server_url": "https://login.example.com"}}
    settings.SOCIALACCOUNT_PROVIDERS = {"openid_connect": {"APPS": [app]}}
    proven = User.objects.create_user("frank@example.com", PASSWORD)
    squatter = User.objects.create_user(VICTIM, PASSWORD)
    EmailAddress.objects.filter(user=squatter).update(verified=False)

    for email in ("frank@example.com", VICTIM):
        sign_in_by_provider(email)

    assert [account.user for account in SocialAccount.objects.all()] == [proven]
    squatter.refresh_from_db()
    assert squatter.check_password(PASSWORD)


def test_an_operator_makes_a_sign_in_link_for_whom_no_mail_reaches(
    alice: User, capsys: pytest.CaptureFixture[str]
) -> None:
    call_command("sign_in_link", "Alice@Example.com")
    path = capsys.readouterr().out.strip().removeprefix("http://127.0.0.1:8000")

    client = Client()
    client.head(path)
    assert not is_signed_in(client)
    client.get(path)

    assert is_signed_in(client)


def test_an_invitation_is_remembered_as_mailed_or_not(as_alice: Client, organization: Organization) -> None:
    form = {"email": "frank@example.com", "role": "member"}
    as_alice.post(reverse("member-invite", args=[organization.pk]), form)

    assert Invitation.objects.get().is_mailed
