"""How numbers of a comparison read and are drawn: by the kind of what they measure, differences with their sign."""

from collections.abc import Callable
from decimal import Decimal

from django import template
from django.utils.safestring import SafeString

from sessions.charts.distributions import DistributionPlot, distribution_markup
from sessions.charts.tables import distribution_table_rows
from sessions.cohorts.effects import Effect, Effects
from sessions.cohorts.plots import plot_of
from sessions.cohorts.results import Difference
from sessions.formatting import quantity
from sessions.models.properties import PropertyKind
from sessions.templatetags.cells import EMPTY_CELL_HTML
from tracing import formatting
from tracing.formatting import bounded, percentage_points, sign
from tracing.markup import format_html

register = template.Library()
register.filter("drawn_as", plot_of)

Number = Decimal | float | None
TINY_P = 0.001
ROUNDS_TO_NOTHING = 0.005  # a share below it is 0%
DIFFERENCE_HTML = '<b>{}</b><span class="muted">{}</span>'
CI_HTML = (
    '<svg class="ci {}" role="img" aria-label="{}"><line class="ci-zero" x1="50%" x2="50%" y1="0" y2="100%"/>'
    '<line class="ci-line" x1="{}%" x2="{}%" y1="50%" y2="50%"/>{}'
    '<circle class="ci-dot" cx="{}%" cy="17" r="4.5"/></svg>'
)
CI_END_HTML = '<line class="ci-end" x1="{0}%" x2="{0}%" y1="12" y2="22"/>'


@register.filter
def measured(value: Number, kind: PropertyKind | None) -> SafeString | str:
    """`2m 10s`, `$0.021`, `3.4`, and `12%` of a share, which has no kind."""
    return percent(value) if kind is None or value is None else quantity(float(value), kind)


@register.simple_tag
def summed(value: Number, kind: PropertyKind | None, unknown_count: int) -> SafeString | str:
    """Write a number of a group: `$0.021`, or `≥ $0.021` or `unknown` while some calls lack it."""
    return EMPTY_CELL_HTML if value is None else bounded(measured(value, kind), unknown_count, is_known=value > 0)


@register.filter
def signed(value: Number, kind: PropertyKind) -> SafeString | str:
    if value is None:
        return EMPTY_CELL_HTML
    return sign(value) + quantity(abs(float(value)), kind)


@register.filter
def percent(share: float | Decimal | None) -> SafeString | str:
    return EMPTY_CELL_HTML if share is None else formatting.percent(share)


@register.filter
def axis_tick(value: float) -> str:
    """`−50%`, `0`, `+25%`."""
    return f"{sign(value)}{abs(value):.0%}" if value else "0"


@register.filter
def p_value(p: float | None) -> SafeString | str:
    if p is None:
        return EMPTY_CELL_HTML
    return "< 0.001" if p < TINY_P else f"{p:.3f}"


@register.simple_tag
def compared(row: Effect, side: int) -> SafeString | str:
    """Write what a row compares: the first group's value, or with `side` 1 the other's."""
    value = row.after if side else row.before
    return summed(value, row.kind, row.unknown_counts[side])


@register.simple_tag
def differing(row: Effect) -> SafeString:
    """Write the difference with its interval below it, both in the same unit."""
    found = row.difference.interval
    if found is None:
        return EMPTY_CELL_HTML
    write, unit = _unit_of(row)
    if found.low is None or found.high is None:
        return format_html(DIFFERENCE_HTML, write(found.estimate) + unit, "")
    return format_html(
        DIFFERENCE_HTML, write(found.estimate) + unit, f"{write(found.low)} to {write(found.high)}{unit}"
    )


@register.simple_tag
def drawn(effects: Effects, row: Effect) -> SafeString:
    """Draw the difference as a dot in its interval, on the axis of the table."""
    mark = effects.mark(row)
    if mark is None:
        return SafeString("")
    found = row.difference.interval
    assert found is not None
    write, unit = _unit_of(row)
    words = f"{row.label}: difference {write(found.estimate)}{unit}, interval from {write(found.low)} to"
    ends = [format_html(CI_END_HTML, at) for at in (mark.low, mark.high) if not mark.is_cut or 2 < at < 98]
    return format_html(
        CI_HTML,
        row.judgement or "plain",
        f"{words} {write(found.high)}{unit}",
        mark.low,
        mark.high,
        SafeString("".join(ends)),
        mark.at,
    )


def _unit_of(row: Effect) -> tuple[Callable[[Number], str], str]:
    """Return how a row's difference is written, and the unit behind it.

    Percentage points of a share, the score's own unit, and otherwise per cent of the first group's value."""
    if row.kind is None:
        return _points, " points"
    if row.kind == PropertyKind.SCORES or not row.before or row.before <= 0:
        kind = row.kind
        return lambda value: str(signed(value, kind)), ""
    before = row.before
    return lambda value: _percents(float(value or 0) / before), "%"


def _percents(share: float) -> str:
    """Write a share as per cent, with its sign unless it rounds to nothing."""
    return f"{sign(share)}{abs(share):.0%}".rstrip("%") if abs(share) >= ROUNDS_TO_NOTHING else "0"


def _points(share: Number) -> str:
    return percentage_points(float(share or 0))


@register.simple_tag
def share_difference(difference: Difference) -> SafeString | str:
    """Write a difference of shares in percentage points with its interval as a title."""
    found = difference.interval
    if found is None or found.low is None or found.high is None:
        return EMPTY_CELL_HTML
    estimate, low, high = map(_points, found)
    title = f"{low} to {high} points, p {p_value(difference.p)}"
    return format_html('<span title="{}">{}</span>', title, estimate)


@register.simple_tag
def distribution(plot: DistributionPlot, address: str) -> SafeString:
    """Draw a chart; `address` is that of the list."""
    return distribution_markup(plot, address)


@register.simple_tag
def distribution_rows(plot: DistributionPlot, address: str) -> SafeString:
    """Draw the rows of a chart's table."""
    return distribution_table_rows(plot, address)
