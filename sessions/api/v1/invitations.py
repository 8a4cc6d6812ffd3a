"""The open invitations of an organization, for those who administer it."""

from typing import Any

from django.db import transaction
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response

from projects.audit import Action
from projects.models import Invitation
from sessions.api.v1.administration import AdministrationEndpoint, one_of
from sessions.api.v1.shapes.administration import OpenInvitationShape
from sessions.api.v1.shapes.operations import Operation, list_of
from sessions.conversations.representation import plain


class InvitationsEndpoint(AdministrationEndpoint):
    """The invitations of the organization that nobody has accepted."""

    operations = {"GET": Operation(says="List open invitations", answers={200: list_of(OpenInvitationShape)})}

    def get(self, request: Request) -> Response:
        """Answer with all of them by address, expired ones too."""
        rows = self.organization.invitations.select_related("invited_by").order_by("email")
        return Response({"data": [_invitation_json(row) for row in rows]})


class InvitationEndpoint(AdministrationEndpoint):
    """One open invitation."""

    operations = {"DELETE": Operation(says="Withdraw an invitation", answers={204: None})}

    @transaction.atomic
    def delete(self, request: Request, invitation_id: int) -> Response:
        """Withdraw the invitation: its link ends."""
        invitation: Invitation = one_of(self.organization.invitations.filter(pk=invitation_id))
        self.note(Action.INVITATION_WITHDRAWN, self.organization, invitation.email)
        invitation.delete()
        return Response(status=status.HTTP_204_NO_CONTENT)


def _invitation_json(invitation: Invitation) -> dict[str, Any]:
    maker = invitation.invited_by
    return {
        "id": invitation.pk,
        "email": invitation.email,
        "role": invitation.role,
        "invited_by": maker.email if maker else None,
        "created_at": plain(invitation.created_at),
        "expires_at": plain(invitation.expires_at),
    }
