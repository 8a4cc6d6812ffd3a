"""Invitations, roles and ownership, as people meet them."""

import re
from datetime import timedelta

import pytest
from django.core import mail
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django.fixtures import Settings

from projects.accounts import people
from projects.administration.views.invitations import INVITATIONS_PER_ADDRESS_AND_DAY, INVITATIONS_PER_PERSON_AND_DAY
from projects.administration.views.organizations import MAX_FOUNDED_PER_DAY
from projects.models import AuditEvent, Invitation, Membership, Organization, Role, User

LINK = re.compile(r"http\S+(/invitation/\S+)")


def invite(client: Client, organization: Organization, email: str, role: str = "member") -> str:
    """The path of the link in the mail."""
    answer = client.post(reverse("member-invite", args=[organization.pk]), {"email": email, "role": role})
    assert answer.status_code == 302, answer.content.decode()
    found = LINK.search(str(mail.outbox[-1].body))
    assert found is not None
    return found[1]


def role_of(user: User) -> str:
    return Membership.objects.get(user=user).role


def test_an_invited_stranger_becomes_a_member(as_alice: Client, organization: Organization) -> None:
    frank = User.objects.create_user("frank@example.com", "correct horse battery")
    path = invite(as_alice, organization, "Frank@Example.com", "viewer")
    client = Client()
    client.force_login(frank)

    assert "Acme" in client.get(path).content.decode()
    assert client.post(f"{path}/accept").status_code == 302

    assert role_of(frank) == Role.VIEWER
    assert mail.outbox[-1].to == ["frank@example.com"]


def test_an_invitation_works_once(as_alice: Client, organization: Organization) -> None:
    frank = User.objects.create_user("frank@example.com")
    path = invite(as_alice, organization, "frank@example.com")
    client = Client()
    client.force_login(frank)
    client.post(f"{path}/accept")
    as_alice.post(reverse("member-remove", args=[organization.pk, frank.pk]))

    assert client.post(f"{path}/accept").status_code == 404
    assert not Membership.objects.filter(user=frank).exists()


def test_an_invitation_is_of_no_use_to_anybody_else(
    as_alice: Client, organization: Organization, charlie: User
) -> None:
    path = invite(as_alice, organization, "frank@example.com")
    client = Client()
    client.force_login(charlie)

    assert client.post(f"{path}/accept").status_code == 409
    assert not organization.memberships.filter(user=charlie).exists()


def test_an_expired_invitation_is_gone(as_alice: Client, organization: Organization, client: Client) -> None:
    path = invite(as_alice, organization, "frank@example.com")
    Invitation.objects.update(expires_at=timezone.now() - timedelta(seconds=1))

    assert client.get(path).status_code == 404


def test_a_withdrawn_invitation_is_gone(as_alice: Client, organization: Organization, client: Client) -> None:
    path = invite(as_alice, organization, "frank@example.com")
    invitation = Invitation.objects.get()

    as_alice.post(reverse("invitation-withdraw", args=[organization.pk, invitation.pk]))

    assert client.get(path).status_code == 404


def test_the_database_does_not_know_the_token_of_an_invitation(as_alice: Client, organization: Organization) -> None:
    token = invite(as_alice, organization, "frank@example.com").rsplit("/", 1)[1]

    assert token not in str(Invitation.objects.values().get())


def test_a_second_invitation_replaces_the_first(as_alice: Client, organization: Organization, client: Client) -> None:
    first = invite(as_alice, organization, "frank@example.com")
    second = invite(as_alice, organization, "frank@example.com", "admin")

    assert client.get(first).status_code == 404
    assert client.get(second).status_code == 200
    assert Invitation.objects.get().role == Role.ADMIN


def test_a_member_is_not_invited_again(as_alice: Client, organization: Organization, bob: User) -> None:
    answer = as_alice.post(reverse("member-invite", args=[organization.pk]), {"email": bob.email, "role": "member"})

    assert answer.status_code == 400
    assert "is already a member" in answer.content.decode()


def test_nobody_is_invited_when_the_mail_cannot_be_sent(
    as_alice: Client, organization: Organization, settings: Settings
) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 1
    form = {"email": "frank@example.com", "role": "member"}

    assert as_alice.post(reverse("member-invite", args=[organization.pk]), form).status_code == 502
    assert not Invitation.objects.exists()


@pytest.mark.parametrize("end", ["remove", "demote", "shut out"])
def test_an_invitation_ends_with_the_role_of_its_maker(
    as_dana: Client, organization: Organization, alice: User, dana: User, end: str
) -> None:
    path = invite(as_dana, organization, "frank@example.com", "admin")
    if end == "remove":
        people.remove(organization, dana, by=alice)
    elif end == "demote":
        people.change_role(organization, dana, Role.MEMBER, by=alice)
    else:
        User.objects.filter(pk=dana.pk).update(is_active=False)

    assert Client().get(path).status_code == 404
    frank = User.objects.create_user("frank@example.com")
    client = Client()
    client.force_login(frank)
    assert client.post(f"{path}/accept").status_code == 404


def test_an_owners_invitation_of_an_owner_ends_when_they_are_made_admin(
    as_alice: Client, organization: Organization, alice: User, bob: User
) -> None:
    path = invite(as_alice, organization, "frank@example.com", "owner")
    people.transfer(organization, bob, by=alice)

    assert Client().get(path).status_code == 404


@pytest.mark.parametrize(
    "name",
    [
        "Unlock at https://evil.example/unlock",
        "evil.example",
        "Acme\n\nevil.example",
        "mailto:x@evil.example",
        "evil．example",
    ],
)
def test_no_mail_carries_a_link_that_an_organization_is_named_after(
    as_alice: Client, organization: Organization, name: str
) -> None:
    Organization.objects.filter(pk=organization.pk).update(name=name)
    invite(as_alice, organization, "frank@example.com")

    text = f"{mail.outbox[-1].subject}\n{mail.outbox[-1].body}"
    assert "evil" not in text
    assert "invites you to an organization" in text


def test_an_ordinary_name_is_in_the_mail_and_never_in_its_subject(as_alice: Client, organization: Organization) -> None:
    Organization.objects.filter(pk=organization.pk).update(name="St. John's & Co.")
    invite(as_alice, organization, "frank@example.com")

    assert "“St. John's & Co.”" in mail.outbox[-1].body
    assert "John" not in mail.outbox[-1].subject


def test_a_person_invites_only_so_many_in_a_day(as_alice: Client, organization: Organization) -> None:
    for number in range(INVITATIONS_PER_PERSON_AND_DAY):
        invite(as_alice, organization, f"guest{number}@example.com")
    Invitation.objects.all().delete()
    sent = len(mail.outbox)

    form = {"email": "one-more@example.com", "role": "member"}
    answer = as_alice.post(reverse("member-invite", args=[organization.pk]), form)

    assert answer.status_code == 400
    assert "50 invitations within a day" in answer.content.decode()
    assert len(mail.outbox) == sent


def test_an_address_is_invited_only_so_often_in_a_day_whoever_does_it(
    as_alice: Client, as_dana: Client, organization: Organization
) -> None:
    for client in [as_alice, as_dana, as_alice, as_dana, as_alice][:INVITATIONS_PER_ADDRESS_AND_DAY]:
        invite(client, organization, "frank@example.com")

    form = {"email": "Frank@example.com", "role": "member"}
    assert as_dana.post(reverse("member-invite", args=[organization.pk]), form).status_code == 400


def test_a_person_founds_only_so_many_organizations_in_a_day(as_alice: Client) -> None:
    for number in range(MAX_FOUNDED_PER_DAY):
        assert as_alice.post(reverse("organization-create"), {"name": f"Shell {number}"}).status_code == 302

    assert as_alice.post(reverse("organization-create"), {"name": "One more"}).status_code == 400
    assert not Organization.objects.filter(name="One more").exists()


def test_an_admin_cannot_make_or_unmake_owners(
    as_dana: Client, organization: Organization, alice: User, dana: User, bob: User
) -> None:
    for person, role in ((bob, "owner"), (dana, "owner"), (alice, "member")):
        answer = as_dana.post(reverse("member-role", args=[organization.pk, person.pk]), {"role": role})
        assert answer.status_code == 409
    assert as_dana.post(reverse("member-remove", args=[organization.pk, alice.pk])).status_code == 409

    assert (role_of(alice), role_of(dana), role_of(bob)) == (Role.OWNER, Role.ADMIN, Role.MEMBER)


def test_an_admin_changes_the_roles_below(as_dana: Client, organization: Organization, bob: User) -> None:
    as_dana.post(reverse("member-role", args=[organization.pk, bob.pk]), {"role": "viewer"})

    assert role_of(bob) == Role.VIEWER
    event = AuditEvent.objects.get(action="member role changed")
    assert event.details == {"was": "member", "role": "viewer"}


@pytest.mark.parametrize("route", ["organization-leave", "member-role"])
def test_the_last_owner_stays(as_alice: Client, organization: Organization, alice: User, route: str) -> None:
    args = [organization.pk] if route == "organization-leave" else [organization.pk, alice.pk]

    answer = as_alice.post(reverse(route, args=args), {"role": "member"})

    assert answer.status_code == 409
    assert "needs an owner" in answer.content.decode()
    assert role_of(alice) == Role.OWNER
    assert not AuditEvent.objects.filter(action="member left").exists()


def test_after_a_transfer_the_former_owner_may_leave(
    as_alice: Client, organization: Organization, alice: User, bob: User
) -> None:
    membership = organization.memberships.get(user=bob)
    as_alice.post(reverse("organization-transfer", args=[organization.pk]), {"member": membership.pk})
    assert (role_of(bob), role_of(alice)) == (Role.OWNER, Role.ADMIN)

    as_alice.post(reverse("organization-leave", args=[organization.pk]))

    assert not organization.memberships.filter(user=alice).exists()


def test_a_removed_member_is_a_stranger_at_once(as_alice: Client, organization: Organization, bob: User) -> None:
    theirs = Client()
    theirs.force_login(bob)
    assert theirs.get(reverse("organization", args=[organization.pk])).status_code == 200

    as_alice.post(reverse("member-remove", args=[organization.pk, bob.pk]))

    assert theirs.get(reverse("organization", args=[organization.pk])).status_code == 404


def test_who_leaves_and_joins_at_the_same_moment_cannot_leave_no_owner(organization: Organization, alice: User) -> None:
    second = User.objects.create_user("second@example.com")
    organization.memberships.create(user=second, role=Role.OWNER)
    people.remove(organization, alice, by=alice)

    with pytest.raises(people.LastOwner):
        people.remove(organization, second, by=second)


def test_members_see_each_other_and_change_nothing(client: Client, organization: Organization, bob: User) -> None:
    client.force_login(bob)

    html = client.get(reverse("organization-members", args=[organization.pk])).content.decode()

    assert bob.email in html
    assert "Send an invitation" not in html
    assert client.post(reverse("member-invite", args=[organization.pk])).status_code == 403
