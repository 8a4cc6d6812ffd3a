"""Service tiers: by how much a seller's prices differ from the listed ones for calls that may wait, or may not."""

from decimal import Decimal

HALF = Decimal("0.5")
# By seller and tier, as sellers publish them. A tier that is missing has an unknown price.
TIER_FACTORS: dict[str, dict[str, Decimal]] = {
    "openai": {"flex": HALF, "batch": HALF},
    "azure": {"batch": HALF},
    "anthropic": {"batch": HALF},
    "google": {"batch": HALF, "flex": HALF},
    "aws": {"batch": HALF, "flex": HALF, "priority": Decimal("1.75")},
    "groq": {"batch": HALF, "flex": Decimal(1)},
    "mistral": {"batch": HALF},
    "together": {"batch": HALF},
    "fireworks": {"batch": HALF},
}
# OpenAI's priority processing, by the beginning of a model's name; the longest counts.
PRIORITY_FACTORS = {
    "gpt-5": Decimal(2),
    "gpt-5-mini": Decimal("1.8"),
    "gpt-5.5": Decimal("2.5"),
    "gpt-4.1": Decimal("1.75"),
    "gpt-4.1-nano": Decimal(2),
    "gpt-4o": Decimal("1.7"),
    "gpt-4o-mini": Decimal(5) / 3,
    "o3": Decimal("1.75"),
    "o4-mini": Decimal(20) / 11,
}


def tier_factor(seller: str, model: str, tier: str) -> Decimal | None:
    """Return what the listed price of a model is multiplied by, or None if nobody publishes it."""
    if seller == "openai" and tier == "priority":
        known = max((name for name in PRIORITY_FACTORS if model.startswith(name)), key=len, default=None)
        return PRIORITY_FACTORS[known] if known else None
    return TIER_FACTORS.get(seller, {}).get(tier)
