"""Provisioning: brings organizations, members, projects and keys to what a document says (docs/provisioning.md)."""

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.http import Http404, HttpRequest
from rest_framework import serializers
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import AuthenticationFailed, ValidationError
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from projects.provisioning.applying import apply_document
from projects.provisioning.faults import Fault, ProvisioningRefused, written
from projects.provisioning.shapes import InstallationShape
from projects.provisioning.token import PROVISIONING_PATH, is_token
from sessions.api.v1.failures import answer
from sessions.api.v1.parameters import refuse_others
from sessions.api.v1.shapes.operations import Operation, texts
from tracing.ingest.rest.wires import JsonObjectParser

TOKEN_CHALLENGE = 'Bearer realm="Confab provisioning"'


class TokenAuthentication(BaseAuthentication):
    """Lets those in who have the token of the installation. Without one in the settings, the address does not exist."""

    def authenticate(self, request: HttpRequest | Request) -> tuple[None, str]:
        """Return no user and who asks. Raise AuthenticationFailed for any other token."""
        if not settings.PROVISIONING_TOKEN:
            raise Http404("CONFAB_PROVISIONING_TOKEN is not set, so nothing can be provisioned by API.")
        if not is_token(request.headers.get("Authorization", "")):
            raise AuthenticationFailed("The header must be: Authorization: Bearer CONFAB_PROVISIONING_TOKEN")
        return None, PROVISIONING_PATH

    def authenticate_header(self, request: HttpRequest | Request) -> str:
        """Return what a client without the token is told to send."""
        return TOKEN_CHALLENGE


class HoldsToken(BasePermission):
    """Lets in whoever came with the token."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        """Return whether the token was sent."""
        return request.auth == PROVISIONING_PATH


class ProvisioningParameters(serializers.Serializer[None]):
    """What to do with the document."""

    dry_run = serializers.BooleanField(default=False, help_text="Show the changes, and make none.")


class ProvisionedShape(serializers.Serializer[None]):
    """What a document changed, or would change."""

    changes = texts("A sentence for each change; empty when everything is as the document says.")
    is_dry = serializers.BooleanField(help_text="Whether the changes were only shown.")


class InstallationEndpoint(APIView):
    """What the installation has, for infrastructure code."""

    http_method_names = ["put"]
    authentication_classes = [TokenAuthentication]
    permission_classes = [HoldsToken]
    throttle_classes = []
    parser_classes = [JsonObjectParser]
    operations = {
        "PUT": Operation(
            says="Provision an installation",
            takes=InstallationShape,
            parameters=ProvisioningParameters,
            answers={200: ProvisionedShape},
        )
    }

    def put(self, request: Request) -> Response:
        """Do what the document says, and answer with each change. Raise ValidationError with all faults."""
        refuse_others(request, ("dry_run",))
        asked = ProvisioningParameters(data=request.query_params)
        asked.is_valid(raise_exception=True)
        is_dry: bool = asked.validated_data["dry_run"]
        try:
            changes = apply_document(request.data, actor=PROVISIONING_PATH, is_dry=is_dry)
        except ProvisioningRefused as refused:
            raise ValidationError(_by_place(refused.faults)) from None
        return Response({"changes": changes, "is_dry": is_dry})

    def get_exception_handler(self) -> Callable[..., Any]:
        """Return what answers failures."""
        return answer


def _by_place(faults: list[Fault]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for fault in faults:
        found.setdefault(written(fault.place), []).append(fault.text)
    return found
