"""InteractiveAI's platform face: organization and project stand in the path, and must be those of the key."""

from typing import Any

from django.http import HttpRequest, HttpResponseBase
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.views import APIView

from tracing.ingest.rest.keys import KeyScope, key_of
from tracing.wire.refusals import NotFound


class KeysOwnProject(BasePermission):
    """Asks whether the path names the project of the key."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        """Return True. Raise NotFound for the path of another project, whether there is one or not."""
        project = key_of(request).project
        if getattr(view, "named", None) != (str(project.organization_id), str(project.pk)):
            raise NotFound("The path names another project than the API key's.")
        return True


class PlatformFace(APIView):
    """The part of a view below an organization and a project, whose handlers do not see them."""

    permission_classes = [KeyScope, KeysOwnProject]

    def dispatch(
        self, request: HttpRequest, *args: Any, organization_id: str = "", project_id: str = "", **kwargs: Any
    ) -> HttpResponseBase:
        """Take both ids out of the path."""
        self.named = (organization_id, project_id)
        return super().dispatch(request, *args, **kwargs)
