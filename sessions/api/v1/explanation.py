"""What a session's numbers consist of: each correction and each doubt with its meaning in words."""

from decimal import Decimal
from typing import Any

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from sessions.api.v1.parameters import refuse_others
from sessions.api.v1.shapes.operations import Operation
from sessions.api.v1.shapes.work import ExplanationShape
from sessions.api.v1.views import Endpoint, found_or_404
from sessions.conversations.representation import known_alone, plain, usage
from sessions.models import Session
from sessions.replay.account import compute_account
from tracing.lists.bounded import within

EXPLANATION_TIMEOUT_MS = 2_000  # ms for a statement
EXPLAINED_TOTALS = (
    "trace_count", "call_count", "total_tokens", "total_cost", "unmeasured_count", "unpriced_count",
)  # fmt: skip
# What may explain a number, and what it means. A value of 0 explains nothing.
EXPLAINED = {
    "wrapper_count": "Spans whose report repeats that of the spans inside or beside them; not counted again.",
    "wrapper_tokens": "Tokens that such spans repeat. Counting every report would add them.",
    "wrapper_cost": "USD that such spans repeat. Counting every report would add them.",
    "wrapper_errors": "Failures that such spans repeat.",
    "not_itemised_tokens": "Tokens that wrappers report beyond the calls inside them; counted, under their model.",
    "not_itemised_cost": "USD that wrappers report beyond the calls inside them; counted, under their model.",
    "doubtful_tokens": "Tokens of reports that only grow; counted, and too many if the reports are running totals.",
    "doubtful_cost": "USD of reports that only grow; counted, and too many if the reports are running totals.",
    "unmeasured_count": "Model calls that reported no usage: the true number of tokens is higher.",
    "unpriced_count": "Model calls without a known cost: the true cost is higher.",
    "guessed_count": "Model calls for which the price list has only another seller's price.",
    "guessed_cost": "USD of such calls: a guess.",
    "repeat_count": "Reports that came more than once and changed nothing.",
    "late_count": "Traces that were updated more than a minute after they ended; totals include that.",
}


class ExplanationSerializer(serializers.Serializer[None]):
    """Whose numbers to explain."""

    session_id = serializers.CharField(trim_whitespace=False, help_text="The session whose numbers to explain.")


class ExplanationEndpoint(Endpoint):
    """The account of one session's numbers."""

    operations = {
        "GET": Operation(
            says="Explain the numbers of a session",
            parameters=ExplanationSerializer,
            answers={200: ExplanationShape},
        )
    }

    def get(self, request: Request) -> Response:
        """Answer with the totals, their parts by model, and all that was corrected or is in doubt."""
        refuse_others(request, ExplanationSerializer().fields)
        asked = ExplanationSerializer(data=request.query_params)
        asked.is_valid(raise_exception=True)
        session = found_or_404(Session.objects.for_project(self.project), session_id=asked.validated_data["session_id"])
        with within(EXPLANATION_TIMEOUT_MS):
            account = compute_account(session)
        found = {name: getattr(account, name) for name in EXPLAINED}
        totals: dict[str, Any] = {name: plain(getattr(account, name)) for name in EXPLAINED_TOTALS}
        return Response(
            {
                "session_id": session.session_id,
                "totals": known_alone(totals),
                "usage_by_model": usage(session.usage_by_model),
                "unpriced_models": account.unpriced_models,
                "data": [
                    {"name": name, "value": plain(Decimal(value)), "meaning": EXPLAINED[name]}
                    for name, value in found.items()
                    if value
                ],
            }
        )
