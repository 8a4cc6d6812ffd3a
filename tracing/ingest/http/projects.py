"""Which project a key belongs to, which SDKs ask before anything else; and whether the server is well."""

from django.conf import settings
from django.db import connection
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response

from projects.models import Project
from tracing.ingest.rest.views import SdkFace, SdkView
from tracing.ingest.rest.wires import WireResponse


class KeyProjects(SdkView):
    """Langfuse's face: its `auth_check` wants at least one project."""

    def get(self, request: Request) -> Response:
        """Answer with the project of the key."""
        organization = {"id": str(self.project.organization_id), "name": self.project.organization.name}
        return WireResponse({"data": [_project(self.project) | {"organization": organization}]})


class PlatformProjects(SdkView):
    """InteractiveAI's platform: exactly one project, whose ids its other calls have in their paths."""

    def get(self, request: Request) -> Response:
        """Answer with the project of the key."""
        found = _project(self.project) | {"orgId": str(self.project.organization_id), "retentionDays": None}
        return WireResponse({"success": True, "data": [found]})


class ServerHealth(SdkFace):
    """Says to everybody, without a key, that the server is well."""

    authentication_classes = []
    permission_classes = [AllowAny]
    throttle_classes = []
    http_method_names = ["get", "head"]

    def get(self, request: Request) -> Response:
        """Answer when the database can be reached."""
        connection.ensure_connection()
        return WireResponse({"status": "OK", "version": settings.VERSION})


def _project(project: Project) -> dict[str, object]:
    return {"id": str(project.pk), "name": project.name, "metadata": {}}
