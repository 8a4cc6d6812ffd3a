"""How numbers of a comparison read: by the kind of what they measure, differences with their sign."""

import re
from decimal import Decimal
from typing import Any

from django import template
from django.utils.html import escape, format_html
from django.utils.safestring import SafeString

from sessions.cohorts.comparison import bar_queries
from sessions.cohorts.results import Measure
from sessions.cohorts.statistics import Interval
from sessions.properties import PropertyKind
from sessions.templatetags.cells import EMPTY_CELL_HTML, duration, money

register = template.Library()

Number = Decimal | float | None
TINY_P = 0.001
MAX_WRITTEN_OUT_FLOAT = 1e15
EMPTY_PART = re.compile(r" 0+[smh]$|\.0(?= s$)")  # `1m 00s`, `2h 00m`, `1d 0h`, `2.0 s`


@register.filter
def measured(value: Number, kind: PropertyKind) -> SafeString | str:
    """`2m 10s`, `$0.021`, `3.4`."""
    return EMPTY_CELL_HTML if value is None else _said(float(value), kind)


@register.filter
def axis(value: Decimal, kind: PropertyKind) -> str:
    """The same, short enough for an axis: `5k`, `$0.02`, `1h`."""
    if kind == PropertyKind.MONEY:
        return f"${value.normalize():f}" if abs(value) < 10_000 else f"${_short(value)}"
    if kind == PropertyKind.DURATION and 0 <= value < MAX_WRITTEN_OUT_FLOAT:
        return EMPTY_PART.sub("", duration(int(value)))
    return _short(value)


@register.filter
def signed(value: Number, kind: PropertyKind) -> SafeString | str:
    if value is None:
        return EMPTY_CELL_HTML
    sign = "+" if value > 0 else "−" if value < 0 else "±"
    return sign + _said(abs(float(value)), kind)


@register.simple_tag
def interval(found: Interval | None, kind: PropertyKind) -> SafeString:
    """A difference with its 95 % interval below it."""
    if found is None:
        return EMPTY_CELL_HTML
    if found.low is None or found.high is None:
        return format_html("{}", signed(found.estimate, kind))
    words = format_html("{} to {}", signed(found.low, kind), signed(found.high, kind))
    return format_html('{}<br><span class="muted small">{}</span>', signed(found.estimate, kind), words)


@register.filter
def percent(share: float | Decimal | None) -> SafeString | str:
    if share is None:
        return EMPTY_CELL_HTML
    value = float(share) * 100
    return f"{value:.0f} %" if value in (0, 100) or value >= 10 else f"{value:.1f} %"


@register.simple_tag
def points(found: Interval | None) -> SafeString:
    """A difference of shares in percentage points with its interval."""
    if found is None or found.low is None or found.high is None:
        return EMPTY_CELL_HTML
    low, high, estimate = (_points(part) for part in (found.low, found.high, found.estimate))
    return format_html('{}<br><span class="muted small">{} to {}</span>', estimate, low, high)


@register.filter
def p_value(p: float | None) -> SafeString | str:
    if p is None:
        return EMPTY_CELL_HTML
    return "< 0.001" if p < TINY_P else f"{p:.3f}"


@register.simple_tag
def bars(measure: Measure) -> SafeString:
    """The bars, or curves, of a chart: numbers and names of our own only, so that nothing needs to be escaped."""
    if measure.chart is None:
        return SafeString("")
    groups = [summary.group for summary in measure.summaries]
    drawn = [
        f'<rect class="bar {groups[bar.place].colour}" data-bar="{bar.place}-{bar.bin}" x="{bar.x}" y="{bar.y}"'
        f' width="{bar.width}" height="{bar.height}"><title>{groups[bar.place].letter}: {bar.count:,}'
        f" ({percent(bar.share)})</title></rect>"
        for bar in measure.chart.bars
    ]
    drawn += [
        f'<polyline class="line {group.colour} line-{group.letter}" points="{points}"/>'
        for group, points in zip(groups, measure.chart.lines, strict=False)
    ]
    return SafeString("".join(drawn))


@register.simple_tag
def bins(measure: Measure, address: str) -> SafeString:
    """The rows of the chart's table, with links into the list at `address`."""
    if measure.chart is None:
        return SafeString("")
    queries = [bar_queries(summary.group, measure) for summary in measure.summaries]
    rows = []
    for number, one in enumerate(measure.chart.bins):
        cells = [
            f'<td class="number"><a data-bar="{place}-{number}" href="{escape(address + queries[place][number])}">'
            f"{times:,}</a></td>"
            if times and queries[place]
            else f'<td class="number">{times:,}</td>'
            for place, times in enumerate(one.counts)
        ]
        low, high = measured(one.low, measure.kind), measured(one.high, measure.kind)
        rows.append(f'<tr><th scope="row">{low} – {high}</th>{"".join(cells)}</tr>')
    return SafeString("".join(rows))


def _said(value: float, kind: PropertyKind) -> str:
    if kind == PropertyKind.MONEY:
        return money(Decimal(repr(value)))
    if kind == PropertyKind.DURATION and abs(value) < MAX_WRITTEN_OUT_FLOAT:
        return duration(round(value))
    if value == round(value) and abs(value) < MAX_WRITTEN_OUT_FLOAT:
        return f"{value:,.0f}"
    if abs(value) >= MAX_WRITTEN_OUT_FLOAT:
        return f"{value:.3g}"
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}" if abs(value) < 100 else f"{value:.1f}"


def _points(share: float) -> str:
    value = share * 100
    return f"{'+' if value > 0 else '−' if value < 0 else '±'}{abs(value):.1f} pp"


def _short(value: Any) -> str:
    number = float(value)
    for size, sign in ((1e12, "T"), (1e9, "G"), (1e6, "M"), (1e3, "k")):
        if abs(number) >= size:
            return f"{number / size:g}{sign}"
    return f"{number:g}"
