"""The members of an organization, for those who administer it."""

from typing import Any

from django.db import transaction
from rest_framework import status
from rest_framework.exceptions import PermissionDenied, ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from projects.accounts import people
from projects.administration.inviting import invite
from projects.audit import Action
from projects.models import Membership, Role
from sessions.api.v1.administration import AdministrationEndpoint, one_of
from sessions.api.v1.shapes.administration import GivenInvitationShape, InvitationShape, MemberChangeShape, MemberShape
from sessions.api.v1.shapes.operations import Operation, list_of
from sessions.api.v1.views import given_in
from sessions.conversations.representation import plain


class MembersEndpoint(AdministrationEndpoint):
    """The members of the organization."""

    keeps_answers = False  # an invitation may have a secret
    operations = {
        "GET": Operation(says="List members", answers={200: list_of(MemberShape)}),
        "POST": Operation(says="Invite a member", takes=GivenInvitationShape, answers={201: InvitationShape}),
    }

    def get(self, request: Request) -> Response:
        """Answer with all of them by address."""
        rows = self.organization.memberships.select_related("user").order_by("user__email")
        return Response({"data": [member_json(row) for row in rows]})

    def post(self, request: Request) -> Response:
        """Invite somebody by mail, or by a link to hand over."""
        given = given_in(GivenInvitationShape, request)
        try:
            made, link = invite(self.organization, given["email"], Role(given["role"]), by=self.key, request=self.page)
        except people.MembershipRefusal as refusal:
            raise ValidationError({"email": [str(refusal)]}) from None
        told = {"email": made.email, "role": made.role, "expires_at": plain(made.expires_at), "link": link or None}
        return Response(told, status.HTTP_201_CREATED)


class MemberEndpoint(AdministrationEndpoint):
    """One member of the organization."""

    operations = {
        "PATCH": Operation(says="Change the role of a member", takes=MemberChangeShape, answers={200: MemberShape}),
        "DELETE": Operation(says="Remove a member", answers={204: None}),
    }

    @transaction.atomic
    def patch(self, request: Request, member_id: int) -> Response:
        """Give the member another role, no higher than one's own."""
        member, role = self._found(member_id), Role(given_in(MemberChangeShape, request)["role"])
        was = member.role
        try:
            member = people.change_role(self.organization, member.user, role, by=self.person)
        except people.MembershipRefusal as refusal:
            raise ValidationError({"role": [str(refusal)]}) from None
        self.note(Action.MEMBER_ROLE_CHANGED, self.organization, member.user.email, was=was, role=role)
        return Response(member_json(member))

    @transaction.atomic
    def delete(self, request: Request, member_id: int) -> Response:
        """End the membership."""
        member = self._found(member_id)
        try:
            people.remove(self.organization, member.user, by=self.person)
        except people.MembershipRefusal as refusal:
            raise PermissionDenied(str(refusal)) from None
        action = Action.MEMBER_LEFT if member.user == self.person else Action.MEMBER_REMOVED
        self.note(action, self.organization, member.user.email, was=member.role)
        return Response(status=status.HTTP_204_NO_CONTENT)

    def _found(self, member_id: int) -> Membership:
        member: Membership = one_of(self.organization.memberships.select_related("user").filter(user=member_id))
        return member


def member_json(member: Membership) -> dict[str, Any]:
    """Return a member as programs read them."""
    person = member.user
    said = {"id": person.pk, "email": person.email, "name": person.name, "role": member.role}
    return said | {"created_at": plain(member.created_at)}
