"""The receiver's view of an invitation: the mail, and the page that its link opens."""

from datetime import timedelta

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.core.mail import send_mail
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from projects.access import person
from projects.accounts import people
from projects.accounts.mail import name_for_mail
from projects.accounts.sign_in import note_opened_invitation
from projects.audit import Action, record
from projects.models import AuditEvent, Invitation, User

INVITATIONS_PER_PERSON_AND_DAY = 50
INVITATIONS_PER_ADDRESS_AND_DAY = 5


class TooManyInvitations(people.MembershipRefusal):
    """The person has sent, or the address has received, too many invitations today."""


def check_limits(maker: User, email: str) -> None:
    """Raise TooManyInvitations if `maker` has sent, or `email` has received, the limit of a day.

    Counted in the audit log, so withdrawing an invitation does not lower the count."""
    today = AuditEvent.objects.filter(action=Action.MEMBER_INVITED, at__gt=timezone.now() - timedelta(days=1))
    if today.filter(actor_id=maker.pk).count() >= INVITATIONS_PER_PERSON_AND_DAY:
        raise TooManyInvitations(
            f"You have sent {INVITATIONS_PER_PERSON_AND_DAY} invitations within a day, which is the limit. Send more"
            " tomorrow."
        )
    if today.filter(target=email.lower()).count() >= INVITATIONS_PER_ADDRESS_AND_DAY:
        raise TooManyInvitations(
            f"{email} was invited {INVITATIONS_PER_ADDRESS_AND_DAY} times within a day, which is the limit. Try again"
            " tomorrow."
        )


def link_with(token: str) -> str:
    """Return the address of the page of an invitation."""
    return settings.BASE_URL + reverse("invitation", args=[token])


def send(invitation: Invitation, token: str) -> None:
    """Send the link by mail.

    This is not done in a task, because its arguments would carry the token through the broker. The receiver may not
    know the people who chose the organization's name: a name that a mail program could turn into a link is left out,
    and the subject has no name."""
    values = {
        "invitation": invitation,
        "link": link_with(token),
        "organization": name_for_mail(invitation.organization.name, instead="an organization"),
    }
    text = render_to_string("account/email/invitation.txt", values)
    send_mail("[Confab] You are invited to join an organization", text, None, [invitation.email])


@never_cache
@require_safe
def invitation(request: HttpRequest, token: str) -> HttpResponse:
    """Show who invites whom. Opening a link from a mail proves the address, so signing up needs no code."""
    found = _found(token)
    if request.method == "GET" and not request.user.is_authenticated:
        note_opened_invitation(request, found)
    has_account = User.objects.filter(email=found.email).exists()
    return render(request, "account/invitation.html", {"invitation": found, "token": token, "has_account": has_account})


@never_cache
@require_POST
@login_required
@transaction.atomic
def accept(request: HttpRequest, token: str) -> HttpResponse:
    found = _found(token)
    try:
        membership = people.accept(found, person(request))
    except people.MembershipRefusal as refusal:
        context = {"invitation": found, "token": token, "refusal": str(refusal)}
        return render(request, "account/invitation.html", context, status=409)
    record(
        Action.MEMBER_JOINED,
        found.organization,
        actor=person(request),
        target=found.email,
        request=request,
        role=membership.role,
    )
    return redirect("organization", found.organization_id)


def _found(token: str) -> Invitation:
    found = people.invitation_with(token)
    if found is None:
        raise Http404("This invitation was used, withdrawn or has expired. Ask for a new one.")
    return found
