"""The members of an organization: shown to all of them, invited, changed and removed by its admins."""

from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.html import format_html
from django.views.decorators.http import require_POST, require_safe

from projects.access import organization_view, person, requires
from projects.accounts import people
from projects.accounts.mail import has_mail_server
from projects.administration import inviting
from projects.administration.forms import InviteForm, RoleForm, TransferForm, roles_below
from projects.audit import Action, record
from projects.models import Membership, Organization, Role

LINK_HTML = (
    '<span class="grow">Confab sends no mail here, so send this link to <b>{}</b> yourself. It works once, for seven'
    " days.<br><code>{}</code></span>"
    '<button class="btn small end js-only" type="button" data-copy="{}">Copy link</button>'
)


@require_safe
@organization_view
def members(request: HttpRequest, organization: Organization) -> HttpResponse:
    return _page(request, organization)


@require_POST
@organization_view
@requires(Role.ADMIN)
def invite(request: HttpRequest, organization: Organization) -> HttpResponse:
    form = InviteForm(request.POST, by=organization.role)
    if not form.is_valid():
        return _page(request, organization, invite_form=form, status=400)
    refusal = _invite(request, organization, form.cleaned_data["email"], Role(form.cleaned_data["role"]))
    if refusal is None:
        return _back(organization)
    form.add_error(None, str(refusal))
    return _page(
        request, organization, invite_form=form, status=502 if isinstance(refusal, inviting.NotMailed) else 400
    )


@require_POST
@organization_view
@requires(Role.ADMIN)
def renew(request: HttpRequest, organization: Organization, invitation_id: int) -> HttpResponse:
    """Give an open invitation a new link and another seven days; the former link ends."""
    invitation = get_object_or_404(organization.invitations, pk=invitation_id)
    refusal = _invite(request, organization, invitation.email, Role(invitation.role))
    return _back(organization) if refusal is None else _refuse(request, organization, str(refusal))


def _invite(request: HttpRequest, organization: Organization, email: str, role: Role) -> Exception | None:
    """Send an invitation, or show its link where no mail is sent. Return why it could not be made."""
    try:
        invitation, link = inviting.invite(organization, email, role, by=person(request), request=request)
    except people.MembershipRefusal as refusal:
        return refusal
    if link:
        messages.success(request, format_html(LINK_HTML, invitation.email, link, link))
    else:
        messages.success(request, f"The invitation was sent to {invitation.email}.")
    return None


@require_POST
@organization_view
@requires(Role.ADMIN)
@transaction.atomic
def withdraw(request: HttpRequest, organization: Organization, invitation_id: int) -> HttpResponse:
    invitation = get_object_or_404(organization.invitations, pk=invitation_id)
    _record(request, Action.INVITATION_WITHDRAWN, organization, invitation.email)
    invitation.delete()
    return _back(organization)


@require_POST
@organization_view
@requires(Role.ADMIN)
def change_role(request: HttpRequest, organization: Organization, user_id: int) -> HttpResponse:
    member = _member(organization, user_id)
    form = RoleForm(request.POST)
    if not form.is_valid():
        return _refuse(request, organization, "There is no such role.")
    role = Role(form.cleaned_data["role"])
    try:
        with transaction.atomic():
            people.change_role(organization, member.user, role, by=person(request))
            _record(request, Action.MEMBER_ROLE_CHANGED, organization, member.user.email, was=member.role, role=role)
    except people.MembershipRefusal as refusal:
        return _refuse(request, organization, str(refusal))
    return _back(organization)


@require_POST
@organization_view
@requires(Role.ADMIN)
def remove(request: HttpRequest, organization: Organization, user_id: int) -> HttpResponse:
    return _end(request, organization, _member(organization, user_id), Action.MEMBER_REMOVED)


@require_POST
@organization_view
def leave(request: HttpRequest, organization: Organization) -> HttpResponse:
    return _end(request, organization, _member(organization, person(request).pk), Action.MEMBER_LEFT)


@require_POST
@organization_view
@requires(Role.OWNER)
@transaction.atomic
def transfer(request: HttpRequest, organization: Organization) -> HttpResponse:
    form = TransferForm(request.POST, organization=organization, by=person(request).pk)
    if not form.is_valid():
        return _page(request, organization, transfer_form=form, status=400)
    successor = form.cleaned_data["member"].user
    people.transfer(organization, successor, by=person(request))
    _record(request, Action.OWNERSHIP_TRANSFERRED, organization, successor.email)
    return _back(organization)


def _end(request: HttpRequest, organization: Organization, member: Membership, action: Action) -> HttpResponse:
    try:
        with transaction.atomic():
            _record(request, action, organization, member.user.email, was=member.role)
            people.remove(organization, member.user, by=person(request))
    except people.MembershipRefusal as refusal:
        return _refuse(request, organization, str(refusal))
    return redirect("organizations") if member.user == request.user else _back(organization)


def _member(organization: Organization, user_id: int) -> Membership:
    return get_object_or_404(organization.memberships.select_related("user"), user=user_id)


def _record(request: HttpRequest, action: Action, organization: Organization, email: str, **details: str) -> None:
    record(action, organization, actor=person(request), target=email, request=request, **details)


def _back(organization: Organization) -> HttpResponse:
    return redirect("organization-members", organization.pk)


def _refuse(request: HttpRequest, organization: Organization, reason: str) -> HttpResponse:
    messages.error(request, reason)
    return _page(request, organization, status=409)


def _page(
    request: HttpRequest,
    organization: Organization,
    *,
    invite_form: InviteForm | None = None,
    transfer_form: TransferForm | None = None,
    status: int = 200,
) -> HttpResponse:
    context = {
        "organization": organization,
        "members": organization.memberships.select_related("user").order_by("user__email"),
        "invitations": organization.invitations.select_related("invited_by").order_by("email"),
        "invite_label": "Send invitation" if has_mail_server() else "Create invitation",
        "renew_label": "Send again" if has_mail_server() else "New link",
        "roles": roles_below(organization.role),
        "invite_form": invite_form or InviteForm(by=organization.role),
        "transfer_form": transfer_form or TransferForm(organization=organization, by=person(request).pk),
        "section": "organizations",
        "tab": "members",
    }
    return render(request, "settings/members.html", context, status=status)
