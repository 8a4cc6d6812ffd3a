"""Inviting somebody: by mail, or by a link that is handed over where no mail is sent."""

from django.db import transaction
from django.http import HttpRequest

from projects.accounts import people
from projects.accounts.mail import has_mail_server
from projects.administration.views import invitations
from projects.audit import Action, Actor, person_of, record
from projects.models import Invitation, Organization, Role


class NotMailed(people.MembershipRefusal):
    """The mail server refused the letter of an invitation."""


def invite(
    organization: Organization, email: str, role: Role, *, by: Actor, request: HttpRequest
) -> tuple[Invitation, str]:
    """Invite somebody, and return the link to hand over, which is empty if it was mailed. Raise MembershipRefusal."""
    maker, is_mailed = person_of(by), has_mail_server()
    assert maker is not None
    try:
        with transaction.atomic():
            invitations.check_limits(maker, email)
            invitation, token = people.invite(organization, email, role, by=maker, is_mailed=is_mailed)
            record(Action.MEMBER_INVITED, organization, actor=by, target=invitation.email, request=request, role=role)
            if is_mailed:
                invitations.send(invitation, token)
    except OSError:
        raise NotMailed("The mail server refused the mail, so nobody was invited.") from None
    return invitation, "" if is_mailed else invitations.link_with(token)
