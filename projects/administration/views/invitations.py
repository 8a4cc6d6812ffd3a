"""The receiver's view of an invitation: the mail, and the page that its link opens."""

from datetime import timedelta

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from projects.access import person
from projects.accounts import people
from projects.accounts.joining import join
from projects.accounts.letters import Letter, message_of
from projects.accounts.mail import name_for_mail
from projects.accounts.sign_in import note_opened_invitation
from projects.audit import Action
from projects.faults import NextStep, fault_page
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
    message_of(letter_of(invitation, link_with(token)), invitation.email).send()


def letter_of(invitation: Invitation, link: str) -> Letter:
    """Return what the mail with the link of an invitation says."""
    maker = invitation.invited_by
    name = name_for_mail(maker.name, instead="") if maker and maker.name else ""
    who = f"{name} ({maker.email})" if maker and name else maker.email if maker else "Somebody"
    organization = name_for_mail(invitation.organization.name, instead="an organization")
    return Letter(
        subject="You are invited to join an organization",
        title="You are invited to read along.",
        words=[
            f"In Confab, teams read what their assistants really said. {who} invites you to {organization}, as"
            f" {invitation.get_role_display().lower()}."
        ],
        button=("Join", link),
        notes=[f"The link works once, until {invitation.expires_at:%-d %B %Y}, for {invitation.email} only."],
        why="You get this because somebody typed your address. If you do not know them, ignore this mail.",
    )


@never_cache
@require_safe
def invitation(request: HttpRequest, token: str) -> HttpResponse:
    """Show who invites whom. Opening a link from a mail proves the address, so signing up needs no code."""
    found = people.invitation_with(token)
    if found is None:
        return _ended(request)
    if request.method == "GET" and not request.user.is_authenticated:
        note_opened_invitation(request, found)
    has_account = User.objects.filter(email=found.email).exists()
    return render(request, "account/invitation.html", {"invitation": found, "token": token, "has_account": has_account})


@never_cache
@require_POST
@login_required
@transaction.atomic
def accept(request: HttpRequest, token: str) -> HttpResponse:
    found = people.invitation_with(token)
    if found is None:
        return _ended(request)
    try:
        return redirect(join(request, found, person(request)))
    except people.MembershipRefusal as refusal:
        context = {"invitation": found, "token": token, "refusal": str(refusal)}
        return render(request, "account/invitation.html", context, status=409)


def _ended(request: HttpRequest) -> HttpResponse:
    """Return the page for the link of an invitation that is no longer usable."""
    known = "It was used, was withdrawn, or has expired. Ask the person who invited you for a new one."
    return fault_page(
        request,
        404,
        known,
        title="This invitation has ended.",
        steps=[NextStep("Go to your projects", reverse("home"))],
    )
