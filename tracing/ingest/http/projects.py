"""Which project a key belongs to, which SDKs ask before anything else; and whether the server is well."""

from django.conf import settings
from django.db import connection
from django.http import HttpRequest, HttpResponse

from projects.models import Project
from tracing.ingest.http.endpoints import answering, machine
from tracing.wire.responses import json_response


@machine("GET")
def projects(request: HttpRequest, project: Project) -> HttpResponse:
    """Langfuse's face: its `auth_check` wants at least one project."""
    organization = {"id": str(project.organization_id), "name": project.organization.name}
    return json_response({"data": [_project(project) | {"organization": organization}]})


@machine("GET")
def platform_projects(request: HttpRequest, project: Project) -> HttpResponse:
    """InteractiveAI's platform: exactly one project, whose ids its other calls have in their paths."""
    found = _project(project) | {"orgId": str(project.organization_id), "retentionDays": None}
    return json_response({"success": True, "data": [found]})


@answering("GET", "HEAD")
def health(request: HttpRequest) -> HttpResponse:
    """For everybody, without a key."""
    connection.ensure_connection()
    return json_response({"status": "OK", "version": settings.VERSION})


def _project(project: Project) -> dict[str, object]:
    return {"id": str(project.pk), "name": project.name, "metadata": {}}
