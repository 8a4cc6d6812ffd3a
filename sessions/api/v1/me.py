"""The key of a request, its project and its limits."""

from django.conf import settings
from rest_framework.request import Request
from rest_framework.response import Response

from sessions.api.v1.shapes.operations import Operation
from sessions.api.v1.shapes.work import MeShape
from sessions.api.v1.views import Endpoint
from sessions.conversations.representation import plain
from tracing.ingest.quota import use_of


class MeEndpoint(Endpoint):
    """The key of the request."""

    operations = {"GET": Operation(says="Show whose key it is", answers={200: MeShape})}

    def get(self, request: Request) -> Response:
        """Answer with the project, what the key may do, and how much of it."""
        key, project, use = self.key, self.project, use_of(self.project)
        return Response(
            {
                "project": {
                    "id": project.pk,
                    "name": project.name,
                    "organization": project.organization.name,
                    "archived_at": plain(project.archived_at),
                },
                "key": {
                    "name": key.name,
                    "public_key": key.public_key,
                    "owner": key.owner.email if key.owner else None,
                    "role": key.role,
                    "scopes": key.scopes,
                    "expires_at": plain(key.expires_at),
                },
                "limits": {
                    "requests_per_second": settings.REQUESTS_PER_SECOND or None,
                    "monthly_spans": use.quota if use else None,
                    "monthly_spans_used": use.used if use else None,
                },
            }
        )
