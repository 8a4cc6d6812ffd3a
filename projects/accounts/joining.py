"""Using an invitation: by its link, by signing up from it, or by a proven address."""

from django.http import HttpRequest
from django.urls import reverse

from projects.accounts import people
from projects.audit import Action, record
from projects.models import Invitation, User

OPENED_INVITATION_KEY = "opened_invitation"  # in a browser session: whose link it opened last


def opened_invitation(request: HttpRequest) -> Invitation | None:
    """Return the invitation whose link this browser opened, if it is still usable."""
    key = request.session.get(OPENED_INVITATION_KEY)
    return people.usable_invitations().select_related("organization").filter(pk=key).first() if key else None


def invitations_of(user: User) -> list[Invitation]:
    """Return the invitations that a person may use without their links: those for an address that is proven."""
    if not user.has_proven_address:
        return []
    found = people.usable_invitations().select_related("organization", "invited_by").filter(email=user.email)
    return list(found.order_by("organization__name"))


def join(request: HttpRequest, invitation: Invitation, user: User) -> str:
    """Make `user` a member, and return the address where they start. Raises MembershipRefusal.

    Call it in a transaction."""
    organization = invitation.organization
    membership = people.accept(invitation, user)
    record(Action.MEMBER_JOINED, organization, actor=user, target=user.email, request=request, role=membership.role)
    request.session.pop(OPENED_INVITATION_KEY, None)
    project = organization.projects.filter(deleted_at=None, archived_at=None).order_by("name").first()
    return reverse("project", args=[project.pk]) if project else reverse("organization", args=[organization.pk])
