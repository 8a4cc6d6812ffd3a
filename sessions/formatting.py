"""How the values of a session's properties and scores read."""

import re
from decimal import Decimal
from typing import Any

from sessions.models.properties import PropertyKind
from tracing.formatting import duration, money, short_number

MAX_WRITTEN_OUT = 10**15  # from here on a number is read by its power of ten
ROUNDS_TO_1000 = 999.5  # from here on three digits would need a power of ten
ZERO_PART = re.compile(r" 0+[smh]$|\.0(?= s$)")  # `1m 00s`, `2h 00m`, `1d 0h`, `2.0 s`


def quantity(value: float, kind: PropertyKind) -> str:
    """Return money, a duration, or a number with three significant digits, by the kind of property."""
    if kind == PropertyKind.MONEY:
        return money(Decimal(repr(value)))
    if kind == PropertyKind.DURATION and abs(value) < MAX_WRITTEN_OUT:
        return duration(value)
    if value == round(value) and abs(value) < MAX_WRITTEN_OUT:
        return f"{value:,.0f}"
    if abs(value) >= MAX_WRITTEN_OUT:
        return f"{value:.3g}"
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}" if abs(value) < 100 else f"{value:.1f}"


def axis_label(value: Decimal, kind: PropertyKind) -> str:
    """Return a quantity short enough for an axis: `5k`, `$0.02`, `1h`."""
    if kind == PropertyKind.MONEY:
        return f"${value.normalize():f}" if abs(value) < 10_000 else f"${short_number(value)}"
    if kind == PropertyKind.DURATION and 0 <= value < MAX_WRITTEN_OUT:
        return ZERO_PART.sub("", duration(int(value)))
    return short_number(value)


def score_mean(mean: float) -> str:
    """Return `4.2`, `1,250`, `1e+16`."""
    return f"{mean:,.0f}" if ROUNDS_TO_1000 <= abs(mean) < MAX_WRITTEN_OUT else f"{mean:.3g}"


def yes_share(summary: dict[str, Any]) -> str:
    """Return `2 of 3 yes` for what the answers of a score of yes and no come to, a value of `Session.scores`."""
    return f"{round(summary['mean'] * summary['count']):,} of {summary['count']:,} yes"


def score_summary(name: str, summary: dict[str, Any]) -> str:
    """Return `quality 4.2 (3)`, `topic: refund 2, other 1` or `note (2)`. `summary` is a value of `Session.scores`."""
    if shares := summary["shares"]:
        given = sorted(shares.items(), key=lambda item: (-item[1], item[0]))
        return f"{name}: " + ", ".join(f"{category} {times:,}" for category, times in given)
    mean = "" if summary["mean"] is None else f" {score_mean(summary['mean'])}"
    return f"{name}{mean} ({summary['count']:,})" if summary["count"] != 1 or not mean else f"{name}{mean}"
