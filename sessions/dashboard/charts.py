"""Bars as plain geometry; each leads to the sessions that it stands for."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.utils import timezone
from django.utils.formats import date_format

from sessions.dashboard.numbers import Step
from sessions.listing import Listing
from sessions.query.grammar import Comparison, Operator
from sessions.query.rewrite import with_part
from sessions.templatetags.cells import count, duration, money

WIDTH, HEIGHT = 600, 90


@dataclass(frozen=True)
class Bar:
    x: float
    y: float
    width: float
    height: float
    label: str
    value: str
    query: str


@dataclass(frozen=True)
class Chart:
    title: str
    help: str
    bars: list[Bar]
    highest: str


# Title, explanation, what of a step, and how it is written.
MEASURES: tuple[tuple[str, str, Callable[[Step], Any], Callable[[Any], str]], ...] = (
    ("Sessions", "Sessions that began.", lambda step: step.session_count, count),
    ("Sessions with errors", "Of these, how many had an error.", lambda step: step.failed, count),
    ("Active users", "Different users of the sessions that began.", lambda step: step.user_count, count),
    ("Cost", "USD of the sessions that began.", lambda step: step.total_cost, money),
    ("Tokens", "Tokens of the sessions that began.", lambda step: step.total_tokens, count),
    ("Median duration", "Half of the sessions are no longer.", lambda step: step.median, duration),
    ("p95 duration", "95 of 100 sessions are no longer.", lambda step: step.high, duration),
)


def charts_of(listing: Listing, steps: Sequence[Step]) -> list[Chart]:
    return [_chart(listing, steps, *measure) for measure in MEASURES]


def _chart(
    listing: Listing,
    steps: Sequence[Step],
    title: str,
    help: str,
    of: Callable[[Step], Any],
    written: Callable[[Any], str],
) -> Chart:
    values = [of(step) or 0 for step in steps]
    most = max(values, default=0)
    width = WIDTH / max(len(steps), 1)
    is_hourly = len(steps) > 1 and steps[1].start - steps[0].start < timedelta(hours=12)
    bars = []
    for place, (step, value) in enumerate(zip(steps, values, strict=True)):
        height = max(float(value / most) * HEIGHT, 1.5) if value else 0.0
        bars.append(
            Bar(
                round(place * width, 2), round(HEIGHT - height, 2), round(max(width - 1.5, 0.5), 2), round(height, 2),
                date_format(timezone.localtime(step.start), "j M H:i" if is_hourly else "D j M"), written(value),
                sessions_of(listing, step, is_hourly=is_hourly),
            )
        )  # fmt: skip
    return Chart(title, help, bars, written(most))


def sessions_of(listing: Listing, step: Step, *, is_hourly: bool) -> str:
    """The query string of the list with exactly the sessions that began in the step."""
    local = timezone.localtime(step.start)
    if is_hourly:
        end = local + timedelta(hours=1) - timedelta(microseconds=1)
        when = f"{local.isoformat()}..{end.isoformat()}"
    else:
        when = f"{local.date()}..{local.date()}"
    part = Comparison("created", Operator.HAS, (when,))
    return listing.query_string(q=with_part(listing.query_text, part))
