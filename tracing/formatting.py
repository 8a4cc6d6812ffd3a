"""How numbers, money and durations read: the same on pages, in charts and in exports."""

from collections.abc import Sequence
from decimal import Decimal

from tracing.records import Kind

POWERS_OF_THOUSAND = ((1e12, "T"), (1e9, "G"), (1e6, "M"), (1e3, "k"))
# Six hues for twelve kinds: what is alike looks alike.
HUES = {
    Kind.GENERATION: "generation",
    Kind.TOOL: "tool",
    Kind.AGENT: "agent",
    Kind.RETRIEVER: "retriever",
    Kind.EMBEDDING: "retriever",
    Kind.GUARDRAIL: "guardrail",
    Kind.EVALUATOR: "guardrail",
    Kind.TRANSCRIPTION: "tool",
    Kind.SPEECH: "tool",
}
HUE_LABELS = {
    "agent": "Agent",
    "generation": "Model call",
    "tool": "Tool call",
    "retriever": "Retrieval",
    "guardrail": "Guardrail",
    "span": "Other",
}


def duration(milliseconds: float | None) -> str:
    """Return `380 ms`, `1.9 s`, `38 s`, `2m 10s`, `3h 05m` or `2d 4h`; "" for None."""
    if milliseconds is None:
        return ""
    milliseconds = round(milliseconds)
    if milliseconds < 1000:
        return f"{milliseconds} ms"
    seconds = milliseconds / 1000
    if seconds < 59.5:
        return f"{seconds:.1f} s" if seconds < 9.95 else f"{seconds:.0f} s"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    days, hours = divmod(hours, 24)
    if days:
        return f"{days}d {hours}h"
    return f"{hours}h {minutes:02}m" if hours else f"{minutes}m {rest:02}s"


def elapsed(milliseconds: float | None) -> str:
    """Return a measured time like `duration`, and `< 1 ms` for what is less than its clock can tell."""
    return "< 1 ms" if milliseconds is not None and round(milliseconds) == 0 else duration(milliseconds)


MANY_DOLLARS = 100_000  # from where on cents say nothing, and would be cut in a list


def money(amount: Decimal | str | None) -> str:
    """Return US dollars with the digits that matter: `$1,204,311`, `$38.20`, `$0.021`, `$0.00042`; "" for None."""
    if amount is None:
        return ""
    value = Decimal(amount)
    if value == 0:
        return "$0"
    if value >= 1:
        return f"${value:,.{0 if value >= MANY_DOLLARS else 2}f}"
    digits = max(3, 1 - value.adjusted())
    return f"${value:.{digits}f}"


def count(number: int | None) -> str:
    """Return the number with thousands separators; "" for None."""
    return "" if number is None else f"{number:,}"


def bounded(shown: str, unknown_count: int, *, is_known: bool) -> str:
    """Return a sum as `$2`; while `unknown_count` of its parts are unknown, as `≥ $2`, or `unknown` if all are."""
    if not unknown_count:
        return shown
    return f"≥ {shown}" if is_known else "unknown"


def counted(number: int | None, noun: str, nouns: str = "") -> str:
    """Return `1 trace` or `2,300 traces`."""
    return f"{number or 0:,} {noun if number == 1 else nouns or noun + 's'}"


def unit_word(label: str, number: int | None) -> str:
    """Return the word that follows a number of a column: `turns` of the column Turns, `turn` after 1."""
    return label.lower().removesuffix("s") if number == 1 else label.lower()


def decimal(number: Decimal | None) -> str:
    """Return the number with four significant digits, at most six of them after the point; "" for None."""
    if number is None:
        return ""
    places = min(6, max(0, 3 - number.adjusted())) if number else 0
    return f"{round(number, places):,f}".rstrip("0").rstrip(".") if places else f"{round(number):,}"


def short_number(value: Decimal | float) -> str:
    """Return `5k`, `1.5M`, `240`."""
    number = float(value)
    for size, letter in POWERS_OF_THOUSAND:
        if abs(number) >= size:
            return f"{number / size:g}{letter}"
    return f"{number:g}"


def percent(share: float | Decimal) -> str:
    """Return a share of 1 as `12%` or `3.4%`."""
    value = float(share) * 100
    return f"{value:.0f}%" if value in (0, 100) or value >= 10 else f"{value:.1f}%"


def percentage_points(share: float) -> str:
    """Return a difference of two shares of 1 in percentage points: `+3.4`."""
    return f"{sign(share)}{abs(share * 100):.1f}"


def sign(value: Decimal | float) -> str:
    """Return +, − or, for zero, ±."""
    return "+" if value > 0 else "−" if value < 0 else "±"


def whole_percents(counts: Sequence[int]) -> list[str]:
    """Return the shares of counts in whole percent, which add up to 100: the largest remainders are rounded up."""
    whole = sum(counts)
    if not whole:
        return ["0%"] * len(counts)
    percents = [100 * count // whole for count in counts]
    by_remainder = sorted(range(len(counts)), key=lambda place: -(100 * counts[place] % whole))
    for place in by_remainder[: 100 - sum(percents)]:
        percents[place] += 1
    return [f"{percent}%" if percent or not count else "<1%" for percent, count in zip(percents, counts, strict=True)]
