"""A session's usage by model as rows of a table, the most expensive first."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any


@dataclass(frozen=True, slots=True)
class ModelUsage:
    """The usage of one model."""

    model: str
    call_count: int
    input_tokens: int
    cached_tokens: int
    output_tokens: int
    reasoning_tokens: int
    total_tokens: int
    total_cost: Decimal
    unmeasured_count: int
    unpriced_count: int
    not_itemised_tokens: int


def usage_rows(usage_by_model: dict[str, dict[str, Any]]) -> list[ModelUsage]:
    """Return the rows of the table."""
    rows = [
        ModelUsage(
            model=model,
            total_cost=Decimal(usage["total_cost"]),
            **{name: usage.get(name, 0) for name in ModelUsage.__slots__ if name not in {"model", "total_cost"}},
        )
        for model, usage in usage_by_model.items()
    ]
    return sorted(rows, key=lambda row: (-row.total_cost, -row.total_tokens, row.model))
