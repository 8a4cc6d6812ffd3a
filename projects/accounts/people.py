"""Membership of organizations: create an organization, invite, join, change roles, leave.

Two rules always hold: nobody gives or takes a role above their own, and an organization always has an owner."""

import hashlib
import secrets
from datetime import timedelta

from django.db import transaction
from django.db.models import F, Q, QuerySet
from django.utils import timezone

from projects.models import Invitation, Membership, Organization, Role, User

INVITATION_LIFETIME = timedelta(days=7)


class MembershipRefusal(Exception):
    """A change of members that is not possible. The text tells the person why."""


class RoleTooLow(MembershipRefusal):
    pass


class LastOwner(MembershipRefusal):
    pass


class AlreadyMember(MembershipRefusal):
    pass


class InvitationUnusable(MembershipRefusal):
    pass


class AddressInUse(MembershipRefusal):
    pass


@transaction.atomic
def found_organization(name: str, founder: User) -> Organization:
    """Create an organization whose owner is `founder`."""
    organization = Organization.objects.create(name=name)
    organization.memberships.create(user=founder, role=Role.OWNER)
    return organization


@transaction.atomic
def invite(
    organization: Organization, email: str, role: Role, *, by: User, is_mailed: bool = True
) -> tuple[Invitation, str]:
    """Return a new invitation and the token of its link. It replaces an earlier one for the same address.

    A link that is handed over instead of mailed proves nothing, so without mail the address must not be in use. Raises
    MembershipRefusal."""
    email = email.lower()
    _check_reach(organization, by, role)
    if organization.memberships.filter(user__email=email).exists():
        raise AlreadyMember(f"{email} is already a member.")
    if not is_mailed:
        _check_address_is_free(organization, email)
    token = secrets.token_urlsafe(32)
    invitation, _ = Invitation.objects.update_or_create(
        organization=organization,
        email=email,
        defaults={
            "role": role,
            "invited_by": by,
            "is_mailed": is_mailed,
            "token_hash": _hashed(token),
            "expires_at": timezone.now() + INVITATION_LIFETIME,
        },
    )
    return invitation, token


def usable_invitations() -> QuerySet[Invitation]:
    """Return the invitations that have not expired and whose makers could still make them.

    An invitation ends with the role of its maker."""
    maker_may = Q(invited_by__memberships__role=Role.OWNER) | Q(
        invited_by__memberships__role=Role.ADMIN, role__in=[role for role in Role if Role.ADMIN.covers(role)]
    )
    return Invitation.objects.filter(
        maker_may,
        invited_by__memberships__organization=F("organization"),
        invited_by__is_active=True,
        organization__deleted_at=None,
        expires_at__gt=timezone.now(),
    )


def invitation_with(token: str) -> Invitation | None:
    """Return the invitation of a link, or None if it is no longer usable."""
    return usable_invitations().select_related("organization", "invited_by").filter(token_hash=_hashed(token)).first()


@transaction.atomic
def accept(invitation: Invitation, user: User) -> Membership:
    """Make `user` a member and use up the invitation. Raises InvitationUnusable.

    Only the owner of the invited address can use it."""
    if user.email != invitation.email:
        raise InvitationUnusable(f"This invitation is for {invitation.email}; you are signed in as {user.email}.")
    if not invitation.is_mailed and not user.has_proven_address:
        _check_address_is_free(invitation.organization, user.email)
    Organization.objects.select_for_update().get(pk=invitation.organization_id)  # no role changes meanwhile
    if not usable_invitations().select_for_update(of=("self",)).filter(pk=invitation.pk).exists():
        raise InvitationUnusable("This invitation was withdrawn or has already been used.")
    membership, _ = Membership.objects.get_or_create(
        user=user, organization=invitation.organization, defaults={"role": invitation.role}
    )
    invitation.delete()
    return membership


@transaction.atomic
def enrol(organization: Organization, email: str, role: Role, *, name: str = "") -> Membership:
    """Make somebody a member for the operator of the installation, who vouches for the address.

    Creates an account without a password if there is none."""
    email = email.lower()
    user = User.objects.filter(email=email).first() or User.objects.create_user(email, name=name)
    Invitation.objects.filter(organization=organization, email=email).delete()
    return organization.memberships.create(user=user, role=role)


@transaction.atomic
def change_role(organization: Organization, user: User, role: Role, *, by: User | None) -> Membership:
    """Give a member another role. Raises MembershipRefusal. `by` is None for the operator of the installation."""
    membership = _locked(organization, user)
    _check_reach(organization, by, role)
    _check_reach(organization, by, Role(membership.role))
    if role != Role.OWNER:
        _check_owner_stays(membership)
    membership.role = role
    membership.save(update_fields=["role"])
    return membership


@transaction.atomic
def remove(organization: Organization, user: User, *, by: User | None) -> None:
    """Remove a member. People leave by removing themselves: everybody's own role is within reach.

    `by` is None for the operator of the installation."""
    membership = _locked(organization, user)
    if by != user:
        _check_reach(organization, by, Role.ADMIN)
    _check_reach(organization, by, Role(membership.role))
    _check_owner_stays(membership)
    Invitation.objects.filter(organization=organization, invited_by=user).delete()
    membership.delete()


@transaction.atomic
def transfer(organization: Organization, to: User, *, by: User) -> None:
    """Make `to` the owner and `by` an admin."""
    _check_reach(organization, by, Role.OWNER)
    successor = _locked(organization, to)
    successor.role = Role.OWNER
    successor.save(update_fields=["role"])
    if by != to:
        organization.memberships.filter(user=by).update(role=Role.ADMIN)


def _locked(organization: Organization, user: User) -> Membership:
    """Return the membership, and lock all memberships of the organization until the transaction ends."""
    Organization.objects.select_for_update().get(pk=organization.pk)
    return organization.memberships.select_related("user").get(user=user)


def _check_reach(organization: Organization, by: User | None, role: Role) -> None:
    if by is None:
        return
    own = Role(organization.memberships.get(user=by).role)
    if not own.covers(role):
        raise RoleTooLow(f"Your role is {own}; you cannot give or take the role {role}.")


def _check_address_is_free(organization: Organization, email: str) -> None:
    """Raise AddressInUse if another organization knows the address, which may be somebody else's.

    Without mail, nobody proves that the address is theirs."""
    elsewhere = usable_invitations().filter(email=email).exclude(organization=organization).exists()
    user = User.objects.filter(email=email).first()
    if elsewhere or (user is not None and not user.has_proven_address and user.memberships.exists()):
        raise AddressInUse(
            f"Another organization uses {email}, and without a mail server no address can be verified. Ask"
            " the operator of this installation to set CONFAB_EMAIL_URL."
        )


def _check_owner_stays(leaving: Membership) -> None:
    others = Membership.objects.filter(organization=leaving.organization_id, role=Role.OWNER).exclude(pk=leaving.pk)
    if leaving.role == Role.OWNER and not others.exists():
        raise LastOwner("An organization needs an owner: make somebody else owner first.")


def _hashed(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
