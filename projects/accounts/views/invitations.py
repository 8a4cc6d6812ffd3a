"""Joining an organization by an invitation for one's own, proven address."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from projects.access import person
from projects.accounts.joining import invitations_of, join
from projects.accounts.people import MembershipRefusal


@require_POST
@login_required
def join_invited(request: HttpRequest, invitation_id: int) -> HttpResponse:
    user = person(request)
    found = next((one for one in invitations_of(user) if one.pk == invitation_id), None)
    if found is None:
        raise Http404("This invitation is for somebody else, or has ended.")
    try:
        with transaction.atomic():
            return redirect(join(request, found, user))
    except MembershipRefusal as refusal:
        messages.error(request, str(refusal))
        return redirect("home")
