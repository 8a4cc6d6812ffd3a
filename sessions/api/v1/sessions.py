"""Sessions and traces."""

from collections.abc import Mapping
from typing import Any

from django.db.models import DateTimeField
from rest_framework.exceptions import NotFound, ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from sessions.api.v1.erasures import ErasingEndpoint
from sessions.api.v1.parameters import FIELDS_PARAMETER, TOO_WIDE, chosen_fields, part_of
from sessions.api.v1.shapes.conversations import SessionPageShape, SessionShape, WholeSessionShape
from sessions.api.v1.shapes.lists import ListedSessionParameters, SessionTraceParameters
from sessions.api.v1.shapes.operations import Operation
from sessions.api.v1.shapes.work import ErasureShape
from sessions.api.v1.states import STATE_READERS, StateSerializer, matching, read_edit
from sessions.api.v1.versions import tagged
from sessions.api.v1.views import Endpoint, found_or_404
from sessions.conversations.representation import sessions_json, trace_json
from sessions.listing.listing import Listing
from sessions.models import Erasure, Session
from sessions.replay.state import change
from sessions.rollup.breakdown import count_values
from tracing.lists.keyset import Order
from tracing.models import Trace

DEFAULT_TRACES_PER_PAGE, MAX_TRACES_PER_PAGE = 100, 500
CHRONOLOGICAL = Order("started_at", "started_at", "trace_id", DateTimeField())


class SessionsEndpoint(Endpoint):
    """The sessions of the list, with its filters and orders."""

    operations = {
        "GET": Operation(says="List sessions", parameters=ListedSessionParameters, answers={200: SessionPageShape})
    }

    def get(self, request: Request) -> Response:
        """Answer with a page of sessions."""
        listing = Listing(self.project, request.query_params, foreign=(FIELDS_PARAMETER,))
        if listing.errors:
            raise ValidationError(listing.errors)
        data = chosen_fields(request, sessions_json(listing.rows))
        if listing.is_too_wide:
            raise ValidationError({"q": [TOO_WIDE]})
        part = {"searched_back_to": listing.since} if listing.since else {}
        return Response({"data": data, "next": listing.next, "previous": listing.previous, **part})


class SessionEndpoint(ErasingEndpoint):
    """One session."""

    operations = {
        "GET": Operation(says="Read a session", parameters=SessionTraceParameters, answers={200: WholeSessionShape}),
        "PATCH": Operation(says="Change a session", takes=StateSerializer, answers={200: SessionShape}, matches=True),
        "DELETE": Operation(says="Delete a session", answers={200: ErasureShape, 202: ErasureShape}),
    }

    def get(self, request: Request, session_id: str) -> Response:
        """Answer with every property, what stands behind its sets and scores, and the traces from the first on."""
        part = part_of(request, "traces", CHRONOLOGICAL, limit=DEFAULT_TRACES_PER_PAGE, highest=MAX_TRACES_PER_PAGE)
        found = found_or_404(Session.objects.for_project(self.project), session_id=session_id)
        traces = Trace.objects.for_project(self.project).filter(session_id=session_id).defer("claims", "left_out")
        page = CHRONOLOGICAL.page(traces, cursor=part.cursor, limit=part.limit)
        rows = [trace_json(trace) for trace in page.rows]
        said = self._json(found)
        whole = {**said, "value_counts": count_values(found), "traces": rows, "traces_next": page.next}
        return tagged(whole, _state(said))

    def patch(self, request: Request, session_id: str) -> Response:
        """Change what people set of the session, and answer with every property."""
        found = found_or_404(Session.objects.for_project(self.project), session_id=session_id)
        change(found, matching(request, read_edit(self.project.pk, self.body)), by=self.key)
        said = self._json(found)
        return tagged(said, _state(said))

    def delete(self, request: Request, session_id: str) -> Response:
        """Delete the session with its traces."""
        return self.erased(Erasure.Subject.SESSION, session_id)

    def _json(self, session: Session) -> dict[str, Any]:
        [row] = sessions_json([session])
        return row


def _state(said: Mapping[str, Any]) -> dict[str, Any]:
    """Return what people set of a session: its traces may go on while somebody decides."""
    return {name: said[name] for name in STATE_READERS}


class UnknownEndpoint(Endpoint):
    """Answers whatever else is asked for below /api/v1."""

    def get(self, request: Request) -> Response:
        """Raise NotFound."""
        raise NotFound("There is no such endpoint. docs/api.md lists them all.")

    post = put = patch = delete = get
