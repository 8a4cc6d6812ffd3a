"""Reads tokens and costs from Langfuse's bodies.

`usageDetails` and `costDetails` mean the same as the attributes with these names. The older `usage` also has OpenAI's
names in camel case, and the costs."""

from decimal import Decimal
from typing import Any, NamedTuple

from tracing.token_usage import Usage
from tracing.vocabularies.readers import decimal
from tracing.vocabularies.usage import buckets, costs, settled
from tracing.wire.fields import snake_case


class Costs(NamedTuple):
    """Costs of a call in USD."""

    input: Decimal | None = None
    output: Decimal | None = None
    total: Decimal | None = None


def usage_of(details: Any, legacy: Any) -> Usage | None:
    """Return the usage from `usageDetails`, or from the older `usage`, whose `unit` may not be tokens."""
    for stated in (details, legacy):
        if isinstance(stated, dict) and str(stated.get("unit") or "TOKENS").upper() == "TOKENS":
            tokens = {key: value for key, value in snake_case(stated).items() if not key.endswith("_cost")}
            if (usage := settled(buckets(tokens) or {})) is not None:
                return usage
    return None


def costs_of(details: Any, legacy: Any) -> Costs:
    """Return the costs from `costDetails`, or from the older `usage`."""
    if stated := costs(details):
        return Costs(**stated)
    if isinstance(legacy, dict):
        return Costs(*(decimal(legacy.get(f"{side}Cost")) for side in ("input", "output", "total")))
    return Costs()
