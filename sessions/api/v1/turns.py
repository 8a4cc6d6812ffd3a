"""The conversation of a session, turn by turn: the messages that each turn adds, in one shape for every SDK."""

from collections.abc import Sequence
from typing import Any

from django.db.models import QuerySet, Sum
from django.db.models.fields.tuple_lookups import Tuple, TupleLessThan
from rest_framework import serializers
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from sessions.api.v1.parameters import refuse_others
from sessions.api.v1.sessions import CHRONOLOGICAL
from sessions.api.v1.shapes.conversations import TurnPageShape
from sessions.api.v1.shapes.operations import Operation
from sessions.api.v1.views import Endpoint, found_or_404
from sessions.conversations.conversation import read_turns
from sessions.conversations.representation import known_alone, plain
from sessions.models import Session
from tracing.json_text import dump
from tracing.lists.keyset import BadCursor, KeysetPage
from tracing.models import Trace
from tracing.reading.exchanges import turns_in

DEFAULT_TURNS_LIMIT, MAX_TURNS_LIMIT = 20, 500
MESSAGE_CHARACTERS_PER_PAGE = 4_000_000  # characters of messages after which a page of turns ends early
TURN_FIELDS = (
    "trace_id", "name", "user_id", "started_at", "ended_at", "duration_ms", "span_count", "error_count",
    "unmeasured_count", "unpriced_count", "total_tokens", "total_cost",
)  # fmt: skip


class TurnsSerializer(serializers.Serializer[None]):
    """Which turns to answer."""

    session_id = serializers.CharField(trim_whitespace=False, help_text="The session whose turns to read.")
    limit = serializers.IntegerField(
        min_value=1, max_value=MAX_TURNS_LIMIT, default=DEFAULT_TURNS_LIMIT, help_text="The number of traces of a page."
    )
    cursor = serializers.CharField(default="", help_text="Where to continue, as an answer says in `next`.")


class TurnsEndpoint(Endpoint):
    """The turns of one session."""

    operations = {
        "GET": Operation(says="Read the turns of a session", parameters=TurnsSerializer, answers={200: TurnPageShape})
    }

    def get(self, request: Request) -> Response:
        """Answer with a page of turns. A turn is a trace, or one exchange of a trace that holds several."""
        refuse_others(request, TurnsSerializer().fields)
        asked = TurnsSerializer(data=request.query_params)
        asked.is_valid(raise_exception=True)
        given = asked.validated_data
        session = found_or_404(Session.objects.for_project(self.project), session_id=given["session_id"])
        traces = Trace.objects.for_project(self.project).filter(session_id=session.session_id)
        try:
            page = CHRONOLOGICAL.page(traces.defer("claims", "left_out"), cursor=given["cursor"], limit=given["limit"])
        except BadCursor as error:
            raise ValidationError({"cursor": [str(error)]}) from None
        data, following = _read(traces, page)
        return Response({"session_id": session.session_id, "data": data, "next": following, "previous": page.previous})


def _read(traces: QuerySet[Trace], page: KeysetPage[Trace]) -> tuple[list[dict[str, Any]], str | None]:
    """Return the turns of the page with their messages, and the cursor behind the last trace that had room."""
    if not page.rows:
        return [], None
    first = page.rows[0]
    earlier = traces.filter(TupleLessThan(Tuple("started_at", "trace_id"), (first.started_at, first.trace_id)))
    number = earlier.aggregate(turns=Sum("turn_count"))["turns"] or 0
    last = earlier.order_by("-started_at", "-trace_id").defer("claims", "left_out").first()
    before = list(turns_in([last]))[-1] if last else None
    rows: list[dict[str, Any]] = []
    size = 0
    for turn, messages in read_turns(turns_in(page.rows), before):
        if size > MESSAGE_CHARACTERS_PER_PAGE and turn.place == 0:
            done = next(trace for trace in page.rows if trace.trace_id == rows[-1]["trace_id"])
            return rows, CHRONOLOGICAL.cursor(done, is_forward=True)
        number += 1
        size += len(dump(messages))
        rows.append(_turn_json(turn, number, messages))
    return rows, page.next


def _turn_json(turn: Trace, number: int, messages: Sequence[Any]) -> dict[str, Any]:
    fields = known_alone({name: plain(getattr(turn, name)) for name in TURN_FIELDS})
    return {"id": turn.turn_id, "number": number, **fields, "models": sorted(turn.usage_by_model), "messages": messages}
