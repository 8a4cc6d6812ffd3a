"""One's own account: how others see a person, how they read, and the browsers in which they are signed in."""

from datetime import timedelta

import pytest
from allauth.core import context
from allauth.mfa.models import Authenticator
from django.test import Client, RequestFactory
from django.urls import reverse
from django.utils import timezone
from pytest_django.fixtures import Settings

from projects.accounts import people
from projects.accounts.browsers import browser_name, is_hand_held
from projects.accounts.passkeys import AddPasskeyForm, are_passkeys_possible
from projects.models import AuditEvent, BrowserSession, Membership, Organization, Project, Role, User

FIREFOX = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0"
SAFARI = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0"
    " Mobile/15E148 Safari/604.1"
)
EDGE = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36"
    " Edg/140.0.0.0"
)
PASSWORD = "correct horse battery"


def save(client: Client, page: str, /, **form: str) -> None:
    assert client.post(reverse(page), form).status_code == 302


def test_others_see_the_name_that_a_person_chose(as_alice: Client, alice: User, organization: Organization) -> None:
    save(as_alice, "account", name="  Ana   Lima ", avatar_hue="3")

    alice.refresh_from_db()
    assert (alice.name, alice.avatar_hue, alice.shown_name) == ("Ana Lima", 3, "Ana Lima")
    members = as_alice.get(reverse("organization-members", args=[organization.pk])).content.decode()
    assert "Ana Lima" in members
    assert alice.email in members
    trail = as_alice.get(reverse("organization-audit", args=[organization.pk])).content.decode()
    assert f'Ana Lima<br><span class="muted small">{alice.email}</span>' in trail


def test_a_name_does_not_turn_what_stands_beside_it(as_alice: Client, alice: User) -> None:
    save(as_alice, "account", name="Ana\u202e Lima\u2066")

    alice.refresh_from_db()
    assert alice.name == "Ana Lima"


def test_a_colour_that_is_not_offered_is_refused(as_alice: Client) -> None:
    assert as_alice.post(reverse("account"), {"name": "Ana", "avatar_hue": "9"}).status_code == 400


def test_a_chosen_project_opens_and_all_others_are_one_click_away(
    as_alice: Client, project: Project, organization: Organization
) -> None:
    second = Project.objects.create(organization=organization, name="Second")
    assert as_alice.get("/").status_code == 200, "several: they are shown"

    save(as_alice, "account", name="", landing=str(second.pk))

    assert as_alice.get("/")["Location"] == reverse("project", args=[second.pk])
    assert project.name in as_alice.get("/?choose").content.decode()


def test_nobody_lands_in_a_project_of_strangers(as_alice: Client, alice: User, other_project: Project) -> None:
    answer = as_alice.post(reverse("account"), {"name": "", "landing": str(other_project.pk)})
    User.objects.filter(pk=alice.pk).update(landing=other_project)

    assert answer.status_code == 400
    assert as_alice.get("/")["Location"] == reverse("organizations"), "she has none of her own"


def test_a_deleted_project_takes_no_person_with_it(alice: User, project: Project) -> None:
    User.objects.filter(pk=alice.pk).update(landing=project)

    project.delete()

    alice.refresh_from_db()
    assert alice.landing is None


def test_what_a_person_chose_to_read_by_is_on_every_page(as_alice: Client, project: Project) -> None:
    save(as_alice, "account-reading", time_zone="Asia/Tokyo", notation="iso", theme="dark")
    as_alice.cookies.pop("theme")  # another browser

    html = as_alice.get(reverse("sessions", args=[project.pk])).content.decode()

    assert '<html lang="en" data-theme="dark" data-zone="Asia/Tokyo" data-notation="iso">' in html


def test_the_theme_of_this_browser_wins_over_that_of_the_account(as_alice: Client) -> None:
    save(as_alice, "account-reading", theme="dark")
    as_alice.cookies["theme"] = "light"
    assert 'data-theme="light"' in as_alice.get(reverse("account")).content.decode()

    as_alice.cookies["theme"] = "system"
    assert "data-theme=" not in as_alice.get(reverse("account")).content.decode()


@pytest.mark.parametrize(("own", "device", "shown"), [("", "", "UTC"), ("", "Asia/Tokyo", "Asia/Tokyo")])
def test_the_zone_is_that_of_the_device_until_one_is_chosen(
    as_alice: Client, alice: User, project: Project, own: str, device: str, shown: str
) -> None:
    as_alice.cookies["zone"] = device
    html = as_alice.get(reverse("sessions", args=[project.pk])).content.decode()
    assert ('data-zone="Asia/Tokyo"' in html) == (shown != "UTC")

    User.objects.filter(pk=alice.pk).update(time_zone="Europe/Lisbon")
    assert 'data-zone="Europe/Lisbon"' in as_alice.get(reverse("sessions", args=[project.pk])).content.decode()


@pytest.mark.parametrize("cookie", ["Nowhere/Land", "../../etc/passwd", '"><script>', "x" * 5000])
def test_a_zone_that_is_none_is_not_repeated(as_alice: Client, project: Project, cookie: str) -> None:
    as_alice.cookies["zone"] = as_alice.cookies["theme"] = cookie

    html = as_alice.get(reverse("sessions", args=[project.pk])).content.decode()

    assert '<html lang="en">' in html


def sign_in(email: str, agent: str) -> Client:
    client = Client(headers={"User-Agent": agent})
    assert client.post(reverse("sign-in"), {"login": email, "password": PASSWORD}).status_code == 302
    return client


def is_signed_in(client: Client) -> bool:
    return client.get(reverse("organizations")).status_code == 200


def test_what_no_device_sends_is_no_passkey_and_a_person_keeps_only_so_many(as_alice: Client, alice: User) -> None:
    as_alice.post(reverse("account_reauthenticate"), {"password": PASSWORD})
    add = reverse("mfa_add_webauthn")
    for credential in ("{}", "[]", '{"id": "x"}', "null", '{"id": "' + "x" * 30_000 + '"}'):
        assert as_alice.post(add, {"name": "x", "credential": credential}).status_code == 200
    assert "too large" in as_alice.post(add, {"credential": '"' + "x" * 30_000 + '"'}).content.decode()
    assert not Authenticator.objects.exists()

    kinds = Authenticator.Type
    Authenticator.objects.bulk_create(Authenticator(user=alice, type=kinds.WEBAUTHN, data={}) for _ in range(20))
    with context.request_context(RequestFactory().get("/")):
        assert "which is the limit" in str(AddPasskeyForm({"credential": '{"id": 1}'}, user=alice).errors)


@pytest.mark.parametrize(
    "credential",
    [
        *("", "{", "{}", "[]", "null", "7", '"x"', '{"id": "x"}'),
        '{"id": "AA", "rawId": "AA", "type": "public-key", "response": {}}',
        '{"id": "AA", "rawId": "AA", "type": "public-key", "response": {"clientDataJSON": "e30", "authenticatorData":'
        ' "AA", "signature": "AA", "userHandle": "AA"}}',
    ],
)
def test_what_no_device_sends_signs_nobody_in(client: Client, alice: User, credential: str) -> None:
    options = client.get(reverse("mfa_login_webauthn"), headers={"X-Requested-With": "XMLHttpRequest"}).json()
    assert options["request_options"]["publicKey"]["challenge"]

    answer = client.post(reverse("mfa_login_webauthn"), {"credential": credential})

    assert answer["Location"] == reverse("sign-in")
    assert not is_signed_in(client)


def test_browsers_are_listed_and_signed_out_one_by_one(alice: User, bob: User) -> None:
    mine, phone, theirs = sign_in(alice.email, FIREFOX), sign_in(alice.email, SAFARI), sign_in(bob.email, EDGE)
    html = mine.get(reverse("account-devices")).content.decode()
    assert "Firefox on Windows" in html
    assert "Safari on iPhone" in html
    assert "Edge on Windows" not in html

    bobs = BrowserSession.objects.get(user=bob)
    assert mine.post(reverse("account-sign-out-device", args=[bobs.pk])).status_code == 404
    other = BrowserSession.objects.get(user=alice, agent=SAFARI)
    assert mine.post(reverse("account-sign-out-device", args=[other.pk])).status_code == 302

    assert [is_signed_in(client) for client in (mine, phone, theirs)] == [True, False, True]
    assert AuditEvent.objects.filter(action="signed out", details__browser="Safari on iPhone").exists()


def test_everywhere_else_is_signed_out_at_once(alice: User, bob: User) -> None:
    mine, phone, theirs = sign_in(alice.email, FIREFOX), sign_in(alice.email, SAFARI), sign_in(bob.email, EDGE)

    mine.post(reverse("account-sign-out-others"))

    assert [is_signed_in(client) for client in (mine, phone, theirs)] == [True, False, True]


def test_the_own_browser_is_signed_out_by_signing_out_alone(alice: User) -> None:
    mine = sign_in(alice.email, FIREFOX)
    own = BrowserSession.objects.get(user=alice)

    assert mine.post(reverse("account-sign-out-device", args=[own.pk])).status_code == 404
    assert is_signed_in(mine)


def test_expired_sessions_do_not_pile_up(alice: User) -> None:
    sign_in(alice.email, SAFARI)
    BrowserSession.objects.update(expire_date=timezone.now() - timedelta(days=1))

    sign_in(alice.email, FIREFOX)

    assert [row.agent for row in BrowserSession.objects.all()] == [FIREFOX]


def test_when_a_browser_was_seen_is_noted_and_not_at_every_request(alice: User) -> None:
    mine = sign_in(alice.email, FIREFOX)
    long_ago = BrowserSession.objects.get(user=alice).began_at.replace(year=2020)
    BrowserSession.objects.update(seen_at=long_ago)

    mine.get(reverse("account"))
    seen = BrowserSession.objects.get(user=alice).seen_at
    mine.get(reverse("account"))

    assert seen > long_ago
    assert BrowserSession.objects.get(user=alice).seen_at == seen


@pytest.mark.parametrize(
    ("agent", "name", "is_phone"),
    [
        (FIREFOX, "Firefox on Windows", False),
        (SAFARI, "Safari on iPhone", True),
        (EDGE, "Edge on Windows", False),
        ("Mozilla/5.0 (X11; Linux x86_64) HeadlessChrome/140.0 Safari/537.36", "Chrome on Linux", False),
        ("curl/8.0", "An unknown browser", False),
        ("", "An unknown browser", False),
    ],
)
def test_a_browser_is_called_by_its_name(agent: str, name: str, is_phone: bool) -> None:
    assert browser_name(agent) == name
    assert is_hand_held(agent) == is_phone


@pytest.mark.parametrize(
    ("address", "is_possible"),
    [
        ("http://localhost:8000", True),
        ("https://confab.example.com", True),
        ("http://confab.example.com", False),
        ("http://127.0.0.1:8000", False),
        ("https://[::1]:8000", False),
    ],
)
def test_passkeys_are_offered_where_browsers_have_them(
    client: Client, settings: Settings, db: None, address: str, is_possible: bool
) -> None:
    settings.ALLOWED_HOSTS = ["*"]
    scheme, _, host = address.partition("://")
    answer = client.get(reverse("sign-in"), secure=scheme == "https", headers={"Host": host})

    assert ("Use a passkey" in answer.content.decode()) == is_possible
    assert are_passkeys_possible(answer.wsgi_request) == is_possible


def test_signing_up_from_an_invitation_joins_and_opens_the_project(
    client: Client, organization: Organization, project: Project, alice: User
) -> None:
    invitation, token = people.invite(organization, "frank@example.com", Role.MEMBER, by=alice)
    path = reverse("invitation", args=[token])
    client.get(path)
    form = {"email": invitation.email, "password1": PASSWORD, "next": path}

    answer = client.post(reverse("account_signup"), form)

    assert answer["Location"] == reverse("project", args=[project.pk])
    assert Membership.objects.get(user__email=invitation.email).role == Role.MEMBER
    ended = client.get(path)
    assert ended.status_code == 404
    assert "This invitation has ended." in ended.content.decode()


def test_an_open_invitation_waits_at_home_for_a_proven_address(
    organization: Organization, project: Project, alice: User, charlie: User
) -> None:
    invitation, _ = people.invite(organization, charlie.email, Role.VIEWER, by=alice)
    client = Client()
    client.force_login(charlie)
    assert "Join Acme" in client.get("/?choose").content.decode()

    charlie.emailaddress_set.update(verified=False)  # type: ignore[attr-defined]
    join = reverse("account-join", args=[invitation.pk])
    assert "Join Acme" not in client.get("/?choose").content.decode()
    assert client.post(join).status_code == 404

    charlie.emailaddress_set.update(verified=True)  # type: ignore[attr-defined]
    assert client.post(join)["Location"] == reverse("project", args=[project.pk])
    assert organization.memberships.get(user=charlie).role == Role.VIEWER
