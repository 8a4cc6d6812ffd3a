"""Invitations as their receivers meet them: the mail, and the page that its link opens."""

from allauth.account.adapter import get_adapter
from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.core.mail import send_mail
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from projects import people
from projects.access import person
from projects.audit import Action, record
from projects.models import Invitation, User


def send(invitation: Invitation, token: str) -> str:
    """Mails the link and returns it. Not by a task, whose arguments would carry the token through the broker."""
    link = settings.BASE_URL + reverse("invitation", args=[token])
    text = render_to_string("account/email/invitation.txt", {"invitation": invitation, "link": link})
    subject = f"[Confab] You are invited to {' '.join(invitation.organization.name.split())}"
    send_mail(subject, text, None, [invitation.email])
    return link


@never_cache
@require_safe
def invitation(request: HttpRequest, token: str) -> HttpResponse:
    """Whoever opens the link has proven that mail to the address reaches them: they may sign up without a code."""
    found = _found(token)
    if not request.user.is_authenticated:
        get_adapter(request).stash_verified_email(request, found.email)
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
    except people.Refusal as refusal:
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
