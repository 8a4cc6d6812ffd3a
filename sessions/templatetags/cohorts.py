"""How numbers of a comparison read and are drawn: by the kind of what they measure, differences with their sign."""

import json
from collections.abc import Callable
from decimal import Decimal

from django import template
from django.utils.html import escape
from django.utils.safestring import SafeString

from sessions.cohorts.charts import STRIP_HEIGHT, GroupStrip
from sessions.cohorts.comparison import bar_queries
from sessions.cohorts.effects import Effect, Effects
from sessions.cohorts.results import Difference, Measure
from sessions.formatting import axis_label, quantity
from sessions.models.properties import PropertyKind
from sessions.templatetags.cells import EMPTY_CELL_HTML
from tracing import formatting
from tracing.formatting import bounded, percentage_points, sign
from tracing.markup import format_html

register = template.Library()

Number = Decimal | float | None
TINY_P = 0.001
DIFFERENCE_HTML = '<b>{}</b><span class="muted">{}</span>'
CI_HTML = (
    '<svg class="ci {}" role="img" aria-label="{}"><line class="ci-zero" x1="50%" x2="50%" y1="0" y2="100%"/>'
    '<line class="ci-line" x1="{}%" x2="{}%" y1="50%" y2="50%"/>{}'
    '<circle class="ci-dot" cx="{}%" cy="17" r="4.5"/></svg>'
)
STRIP_BAR_HTML = (
    '<a href="{href}" tabindex="-1" aria-hidden="true" data-tip-title="{title}" data-tip-rows="{rows}">'
    '<rect class="bar" data-d="{colour}" data-bar="{key}" x="{bar.x}%" y="{bar.y}" width="{bar.width}%"'
    ' height="{bar.height}"><title>{words}</title></rect>'
    '<rect class="hit" x="{bar.x}%" y="{top}" width="{bar.width}%" height="{height}"/></a>'
)
CI_END_HTML = '<line class="ci-end" x1="{0}%" x2="{0}%" y1="12" y2="22"/>'

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
    if row.kind is None:
        return percent(value)
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
    return lambda value: f"{sign(value or 0)}{abs(float(value or 0)) / before * 100:.0f}", "%"


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
def strips(measure: Measure, address: str) -> SafeString:
    """Draw the bars of a chart, each a link into the list at `address`; the chart's table has the same links."""
    if measure.chart is None:
        return SafeString("")
    drawn = []
    for strip in measure.chart.strips:
        group = measure.summaries[strip.place].group
        queries = bar_queries(group, measure)
        for bar in strip.bars:
            one = measure.chart.bins[bar.bin]
            span = f"{measured(one.low, measure.kind)} to {measured(one.high, measure.kind)}"
            rows = [("Share", percent(bar.share), str(group.colour)), ("Sessions", f"{bar.count:,}", str(group.colour))]
            drawn.append(
                STRIP_BAR_HTML.format(
                    href=escape(address + queries[bar.bin]),
                    title=escape(f"{group.letter}, {span}"),
                    rows=escape(json.dumps(rows)),
                    colour=group.colour,
                    key=f"{strip.place}-{bar.bin}",
                    bar=bar,
                    words=f"{group.letter}: {bar.count:,} ({percent(bar.share)})",
                    top=strip.top,
                    height=STRIP_HEIGHT,
                )
            )
    return SafeString("".join(drawn))


@register.simple_tag
def median(measure: Measure, strip: GroupStrip) -> SafeString:
    """Draw a group's median above its bars, with the text on the side that has room."""
    text = f"{measure.summaries[strip.place].group.letter} median {measured(strip.median, measure.kind)}"
    is_left = strip.median_at > 60
    return format_html(
        '<line class="median" x1="{0}%" x2="{0}%" y1="{1}" y2="{2}"/>'
        '<text class="median-label" x="{0}%" dx="{3}" y="{4}" text-anchor="{5}">{6}</text>',
        strip.median_at,
        strip.top + 4,
        strip.base,
        -4 if is_left else 4,
        strip.top + 13,
        "end" if is_left else "start",
        text,
    )


@register.simple_tag
def line(measure: Measure, place: int) -> SafeString:
    """Draw the cumulative shares of one group."""
    if measure.chart is None:
        return SafeString("")
    group, points = measure.summaries[place].group, measure.chart.lines[place]
    return format_html('<polyline class="line line-{}" data-d="{}" points="{}"/>', group.letter, group.colour, points)


@register.simple_tag
def bins(measure: Measure, address: str) -> SafeString:
    """Write the rows of the chart's table, with links into the list at `address`."""
    if measure.chart is None:
        return SafeString("")
    queries = [bar_queries(summary.group, measure) for summary in measure.summaries]
    rows = []
    for number, one in enumerate(measure.chart.bins):
        cells = [
            f'<td class="n"><a data-bar="{place}-{number}" href="{escape(address + queries[place][number])}">'
            f"{times:,}</a></td>"
            if times and queries[place]
            else f'<td class="n">{times:,}</td>'
            for place, times in enumerate(one.counts)
        ]
        low, high = measured(one.low, measure.kind), measured(one.high, measure.kind)
        rows.append(f'<tr><th scope="row">{low} – {high}</th>{"".join(cells)}</tr>')
    return SafeString("".join(rows))
