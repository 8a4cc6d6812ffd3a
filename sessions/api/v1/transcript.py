"""A session's turns by their numbers, within a budget of tokens: what does not fit is outlined, never cut."""

from collections.abc import Iterator
from typing import Any

from django.db.models import Sum, Window
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from sessions.api.v1.parameters import refuse_others
from sessions.api.v1.shapes.conversations import TranscriptShape
from sessions.api.v1.shapes.operations import Operation
from sessions.api.v1.views import Endpoint, found_or_404
from sessions.conversations.conversation import read_turns
from sessions.conversations.outlines import estimate_tokens, outline_of
from sessions.conversations.representation import plain
from sessions.models import Session
from tracing.lists.bounded import within
from tracing.models import Trace
from tracing.reading.exchanges import turns_in
from tracing.reading.sides import SIDE_COLUMNS

MAX_TRANSCRIPT_TURNS = 500
TOKENS_OF_SHORT_TURN = 50  # about as many as a turn takes that says next to nothing
DEFAULT_TRANSCRIPT_TOKENS, MAX_TRANSCRIPT_TOKENS = 8_000, 200_000
TRANSCRIPT_TIMEOUT_MS = 2_000  # ms for a statement
TRANSCRIPT_COLUMNS = (*SIDE_COLUMNS, "ended_at", "turn_count", "error_count", "usage_by_model")

Numbered = tuple[int, Trace]


class TranscriptSerializer(serializers.Serializer[None]):
    """Which turns to read, and how much of them."""

    session_id = serializers.CharField(trim_whitespace=False, help_text="The session to read.")
    first = serializers.IntegerField(min_value=1, max_value=10_000_000, default=1, help_text="The first turn, from 1.")
    last = serializers.IntegerField(
        min_value=1,
        max_value=10_000_000,
        required=False,
        help_text=f"The last turn. An answer has at most {MAX_TRANSCRIPT_TURNS} turns; `next` says what follows.",
    )
    max_tokens = serializers.IntegerField(
        min_value=1,
        max_value=MAX_TRANSCRIPT_TOKENS,
        default=DEFAULT_TRANSCRIPT_TOKENS,
        help_text="About how many tokens the turns may take. Messages that do not fit are outlined.",
    )


class TranscriptEndpoint(Endpoint):
    """The conversation of one session for a reader with little room."""

    operations = {
        "GET": Operation(says="Read a transcript", parameters=TranscriptSerializer, answers={200: TranscriptShape})
    }

    def get(self, request: Request) -> Response:
        """Answer with turns, those that do not fit by the roles and lengths of their messages."""
        refuse_others(request, TranscriptSerializer().fields)
        asked = TranscriptSerializer(data=request.query_params)
        asked.is_valid(raise_exception=True)
        given = asked.validated_data
        session = found_or_404(Session.objects.for_project(self.project), session_id=given["session_id"])
        first = given["first"]
        room = min(given["max_tokens"] // TOKENS_OF_SHORT_TURN + 1, MAX_TRANSCRIPT_TURNS)
        last = min(given.get("last", first + room), first + room - 1)
        numbered = _numbered(session, first, last)
        data, tokens = _fitted(numbered, first, given["max_tokens"])
        done = data[-1]["number"] if data else last
        following = done + 1 if session.turn_count > done else None
        return Response(
            {
                "session_id": session.session_id,
                "turn_count": session.turn_count,
                "tokens": tokens,
                "outlined": [turn["number"] for turn in data if turn["messages"] is None],
                "data": data,
                "next": following,
            }
        )


def _numbered(session: Session, first: int, last: int) -> list[Numbered]:
    """Return the turns from the one before `first` to `last`, with their numbers."""
    through = Window(Sum("turn_count"), order_by=["started_at", "trace_id"])
    traces = Trace.objects.for_project(session.project_id).filter(session_id=session.session_id)
    found = traces.only(*TRANSCRIPT_COLUMNS).annotate(through=through).filter(through__gte=first - 1)
    with within(TRANSCRIPT_TIMEOUT_MS):
        rows = list(found.order_by("started_at", "trace_id")[: last - first + 3])
    start = rows[0].through - rows[0].turn_count + 1 if rows else 1
    numbered = enumerate(turns_in(rows), start=start)
    return [(number, turn) for number, turn in numbered if first - 1 <= number <= last]


def _fitted(numbered: list[Numbered], first: int, budget: int) -> tuple[list[dict[str, Any]], int]:
    """Return the turns from `first` on that fit into the budget, and about how many tokens they take.

    A turn whose messages do not fit is outlined. There is always one turn."""
    data: list[dict[str, Any]] = []
    spent = 0
    for number, turn, messages in _read(numbered, first):
        row = _turn_json(turn, number, estimate_tokens(messages)) | {"messages": messages, "outline": None}
        if spent + estimate_tokens(row) > budget:
            row |= {"messages": None, "outline": outline_of(messages)}
        tokens = estimate_tokens(row)
        if data and spent + tokens > budget:
            break
        spent += tokens
        data.append(row)
    return data, spent


def _turn_json(turn: Trace, number: int, tokens: int) -> dict[str, Any]:
    return {
        "number": number,
        "id": turn.turn_id,
        "trace_id": turn.trace_id,
        "started_at": plain(turn.started_at),
        "ended_at": plain(turn.ended_at),
        "error_count": turn.error_count,
        "models": sorted(turn.usage_by_model),
        "tokens": tokens,
    }


def _read(numbered: list[Numbered], first: int) -> Iterator[tuple[int, Trace, list[Any]]]:
    """Yield the turns from `first` on with the messages that each adds."""
    before = next((turn for number, turn in numbered if number < first), None)
    wanted = [(number, turn) for number, turn in numbered if number >= first]
    read = read_turns((turn for _, turn in wanted), before)
    for (number, turn), (_, messages) in zip(wanted, read, strict=True):
        yield number, turn, messages
