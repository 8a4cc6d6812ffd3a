"""Scores in version 1 of the shape, and where all clients report and delete them."""

from typing import Any

from django.db.models import QuerySet
from rest_framework.request import Request
from rest_framework.response import Response

from projects.models import Scope
from sessions.api.langfuse.faces import Done
from sessions.api.langfuse.scores import LangfuseScore, LangfuseScores
from tracing.ingest.http.scores import DeleteScore, ReportScores
from tracing.ingest.rest.views import READ_OR_WRITE
from tracing.ingest.rest.wires import JsonParser, WireResponse


class LangfuseScoresV1(LangfuseScores, ReportScores):
    """The scores of traces and observations, which is all that version 1 knows; and where scores are reported."""

    parser_classes = [JsonParser]
    scopes = {"GET": Scope.READ, "POST": Scope.INGEST}

    def get_queryset(self) -> QuerySet[Any]:
        """Return those of traces, the newest first."""
        return super().get_queryset().filter(trace_id__isnull=False)

    def post(self, request: Request) -> Response:
        """Answer as where scores are reported."""
        told = super().post(request)
        return WireResponse(Done(told.data), status=told.status_code)


class LangfuseScoreV1(LangfuseScore, DeleteScore):
    """One score, which may be deleted."""

    scopes = READ_OR_WRITE
    http_method_names = ["get", "delete"]

    def delete(self, request: Request, score_id: str) -> Response:
        """Answer that it is gone."""
        return WireResponse(Done(super().delete(request, score_id).data))
