"""How numbers of a comparison read: by the kind of what they measure, differences with their sign."""

from decimal import Decimal

from django import template
from django.utils.html import escape, format_html
from django.utils.safestring import SafeString

from sessions.cohorts.comparison import bar_queries
from sessions.cohorts.results import Measure
from sessions.cohorts.statistics import Interval
from sessions.formatting import axis_label, quantity
from sessions.models.properties import PropertyKind
from sessions.templatetags.cells import EMPTY_CELL_HTML
from tracing import formatting
from tracing.formatting import bounded, percentage_points, sign

register = template.Library()

Number = Decimal | float | None
TINY_P = 0.001

register.filter("axis", axis_label)


@register.filter
def measured(value: Number, kind: PropertyKind) -> SafeString | str:
    """`2m 10s`, `$0.021`, `3.4`."""
    return EMPTY_CELL_HTML if value is None else quantity(float(value), kind)


@register.simple_tag
def summed(value: Number, kind: PropertyKind, unknown_count: int) -> SafeString | str:
    """Write a number of a group: `$0.021`, or `≥ $0.021` or `unknown` while some calls lack it."""
    return EMPTY_CELL_HTML if value is None else bounded(measured(value, kind), unknown_count, is_known=value > 0)


@register.filter
def signed(value: Number, kind: PropertyKind) -> SafeString | str:
    if value is None:
        return EMPTY_CELL_HTML
    return sign(value) + quantity(abs(float(value)), kind)


@register.simple_tag
def interval(found: Interval | None, kind: PropertyKind) -> SafeString:
    """Write a difference with its 95 % interval below it."""
    if found is None:
        return EMPTY_CELL_HTML
    if found.low is None or found.high is None:
        return format_html("{}", signed(found.estimate, kind))
    words = format_html("{} to {}", signed(found.low, kind), signed(found.high, kind))
    return format_html('{}<br><span class="muted small">{}</span>', signed(found.estimate, kind), words)


@register.filter
def percent(share: float | Decimal | None) -> SafeString | str:
    return EMPTY_CELL_HTML if share is None else formatting.percent(share)


@register.simple_tag
def points(found: Interval | None) -> SafeString:
    """Write a difference of shares in percentage points with its interval."""
    if found is None or found.low is None or found.high is None:
        return EMPTY_CELL_HTML
    low, high, estimate = (percentage_points(part) for part in (found.low, found.high, found.estimate))
    return format_html('{}<br><span class="muted small">{} to {}</span>', estimate, low, high)


@register.filter
def p_value(p: float | None) -> SafeString | str:
    if p is None:
        return EMPTY_CELL_HTML
    return "< 0.001" if p < TINY_P else f"{p:.3f}"


@register.simple_tag
def bars(measure: Measure) -> SafeString:
    """Draw the bars or curves of a chart. Numbers and names are our own, so nothing needs to be escaped."""
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
    """Write the rows of the chart's table, with links into the list at `address`."""
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
