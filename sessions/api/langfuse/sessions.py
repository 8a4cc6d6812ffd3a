"""Sessions for the generated clients of Langfuse and InteractiveAI."""

from typing import Any

from django.db.models import QuerySet
from django_filters import FilterSet
from rest_framework.request import Request
from rest_framework.response import Response

from sessions.api.filtering import MomentFilter, RepeatedFilter
from sessions.api.langfuse.faces import LangfuseList, LangfuseView, One
from sessions.api.langfuse.shapes import session_shape, trace_shape
from sessions.api.langfuse.traces import texts_of_traces
from sessions.models import Session
from tracing.ingest.rest.wires import WireResponse
from tracing.models import Trace
from tracing.wire.refusals import NotFound

MAX_LANGFUSE_TRACES = 1_000  # of a session


class LangfuseSessionFilters(FilterSet):  # type: ignore[misc]
    """By time and environment."""

    fromTimestamp = MomentFilter(field_name="created_at", lookup_expr="gte")
    toTimestamp = MomentFilter(field_name="created_at", lookup_expr="lt")
    environment = RepeatedFilter(field_name="environments", lookup_expr="overlap")


class LangfuseSessions(LangfuseList):
    """The sessions of the project."""

    filterset_class = LangfuseSessionFilters
    words = "sessions"

    def get_queryset(self) -> QuerySet[Any]:
        """Return the newest first."""
        return Session.objects.for_project(self.project).order_by("-created_at", "-session_id")

    def shaped(self, rows: list[Session]) -> list[dict[str, Any]]:
        """Return the sessions of a page."""
        return [session_shape(row) for row in rows]


class LangfuseSession(LangfuseView):
    """One session."""

    def get(self, request: Request, session_id: str) -> Response:
        """Answer with the session and its traces."""
        found = Session.objects.for_project(self.project).filter(session_id=session_id).first()
        if found is None:
            raise NotFound(f"There is no session {session_id}.")
        traces = Trace.objects.for_project(self.project).filter(session_id=session_id)
        listed = list(traces.order_by("started_at", "trace_id")[:MAX_LANGFUSE_TRACES])
        texts = texts_of_traces(self.project, listed)
        told = [trace_shape(one, texts.get(one.trace_id, {})) for one in listed]
        return WireResponse(One(session_shape(found) | {"traces": told}, "session"))
