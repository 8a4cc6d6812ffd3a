"""Explains a session's numbers: what was counted, what was left out, and why.

They are read from the sums of the traces, so that explanation and numbers cannot disagree."""

from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal

from django.db.models import BigIntegerField, Count, DecimalField, F, Q, Sum
from django.db.models.fields.json import KT
from django.db.models.functions import Cast

from sessions.models import Session
from tracing.models import Trace

LATE_AFTER = timedelta(minutes=1)  # exporters batch for seconds; a minute is a report that came late


@dataclass(frozen=True)
class SessionTotals:
    """The explanation of one session's numbers. Costs are in USD."""

    trace_count: int
    call_count: int
    unpriced_count: int
    unpriced_models: list[str]
    total_tokens: int
    total_cost: Decimal
    wrapper_count: int  # spans whose report repeats their descendants'
    wrapper_tokens: int
    wrapper_cost: Decimal
    wrapper_errors: int
    not_itemised_tokens: int  # counted, though no call below the wrapper says them
    not_itemised_cost: Decimal
    guessed_count: int  # reports whose price is that of another seller
    guessed_cost: Decimal
    doubtful_tokens: int  # counted, and too many if reports that grow are running totals
    doubtful_cost: Decimal
    unmeasured_count: int
    repeat_count: int
    late_count: int

    @property
    def lowest_tokens(self) -> int:
        return self.total_tokens - self.not_itemised_tokens

    @property
    def highest_tokens(self) -> int:
        return self.total_tokens + self.wrapper_tokens

    @property
    def tokens_without_doubt(self) -> int:
        return self.total_tokens - self.doubtful_tokens

    @property
    def cost_without_doubt(self) -> Decimal:
        return self.total_cost - self.doubtful_cost

    @property
    def lowest_cost(self) -> Decimal:
        return self.total_cost - self.not_itemised_cost

    @property
    def highest_cost(self) -> Decimal:
        return self.total_cost + self.wrapper_cost


def compute_account(session: Session) -> SessionTotals:
    """Compute the explanation of a whole session in one query, whatever its size."""
    left_out = {
        name: Sum(Cast(KT(f"left_out__{key}"), output_field=kind), default=0)
        for name, key, kind in (
            ("wrapper_count", "span_count", BigIntegerField()),
            ("wrapper_tokens", "total_tokens", BigIntegerField()),
            ("wrapper_cost", "total_cost", DecimalField(max_digits=20, decimal_places=12)),
            ("wrapper_errors", "error_count", BigIntegerField()),
            ("not_itemised_tokens", "not_itemised_tokens", BigIntegerField()),
            ("not_itemised_cost", "not_itemised_cost", DecimalField(max_digits=20, decimal_places=12)),
            ("guessed_count", "guessed_count", BigIntegerField()),
            ("doubtful_tokens", "doubtful_tokens", BigIntegerField()),
            ("doubtful_cost", "doubtful_cost", DecimalField(max_digits=20, decimal_places=12)),
            ("guessed_cost", "guessed_cost", DecimalField(max_digits=20, decimal_places=12)),
        )
    }
    sums = (
        Trace.objects.for_project(session.project_id)
        .filter(session_id=session.session_id)
        .aggregate(
            trace_count=Count("trace_id"),
            call_count=Sum("call_count", default=0),
            unmeasured_count=Sum("unmeasured_count", default=0),
            unpriced_count=Sum("unpriced_count", default=0),
            total_tokens=Sum("total_tokens", default=0),
            total_cost=Sum("total_cost", default=0),
            repeat_count=Sum("repeat_count", default=0),
            late_count=Count("trace_id", filter=Q(updated_at__gt=F("ended_at") + LATE_AFTER)),
            **left_out,
        )
    )
    unpriced = sorted(model for model, usage in session.usage_by_model.items() if usage["unpriced_count"])
    return SessionTotals(**sums, unpriced_models=unpriced)
