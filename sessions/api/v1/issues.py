"""What was rejected, cut or dropped of what the project was sent."""

from typing import Any

from rest_framework.request import Request
from rest_framework.response import Response

from sessions.api.v1.shapes.operations import Operation, list_of
from sessions.api.v1.shapes.work import IssueShape
from sessions.api.v1.views import Endpoint, json_of
from tracing.models import IngestionIssue
from tracing.reading.explained import explained

MAX_LISTED_ISSUES = 500
ISSUE_FIELDS = (
    "reason", "sdk_name", "sdk_version", "count", "sample", "trace_ids", "first_seen", "last_seen",
)  # fmt: skip


class IssuesEndpoint(Endpoint):
    """The ingestion issues of the project."""

    operations = {"GET": Operation(says="List ingestion issues", answers={200: list_of(IssueShape)})}

    def get(self, request: Request) -> Response:
        """Answer with the issues by reason and SDK, the latest first, each with what to do."""
        found = IngestionIssue.objects.for_project(self.project).order_by("-last_seen", "reason")[:MAX_LISTED_ISSUES]
        return Response({"data": [_issue_json(issue) for issue in found]})


def _issue_json(issue: IngestionIssue) -> dict[str, Any]:
    told = explained(issue.reason)
    return {
        **json_of(issue, ISSUE_FIELDS),
        "title": told.title,
        "effect": told.effect.name.lower(),
        "lost": told.lost,
        "advice": told.advice,
    }
