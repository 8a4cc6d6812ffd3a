"""How the dashboard writes its numbers."""

from collections.abc import Sequence
from decimal import Decimal
from html import escape

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

from sessions.dashboard.charts import DASHBOARD_CHART_HEIGHT, DashboardBar, DashboardChart
from sessions.dashboard.heat import HeatCell
from tracing.formatting import counted, decimal

register = template.Library()
SHADES = 5

register.filter("decimal", decimal)


@register.simple_tag
def change(now: float | Decimal | None, before: float | Decimal | str | None) -> SafeString:
    """`+12 %` in small, or nothing where there is nothing to compare with."""
    if now is None or not before or isinstance(before, str):
        return SafeString("")
    percent = round(100 * (float(now) - float(before)) / abs(float(before)))
    written = f"{percent:+,} %".replace("-", "−") if percent else "±0 %"
    return format_html('<span class="muted small">{}</span>', written)


@register.simple_tag
def heat_cells(cells: Sequence[HeatCell], most: int, list: str) -> SafeString:
    """Draw a row of hours of the week; `list` is the address to which their queries belong."""
    return mark_safe("".join(_cell(cell, most, list) for cell in cells))


@register.simple_tag
def bars(chart: DashboardChart, list: str) -> SafeString:
    """Draw the bars of a chart, each on a ground as high as the chart."""
    return mark_safe("".join(_bar(bar, list) for bar in chart.bars))


@register.simple_tag
def rows(chart: DashboardChart, list: str) -> SafeString:
    """Write the bars of a chart as rows of a table."""
    return mark_safe(
        "".join(
            f'<tr><th scope="row">{_linked(bar.label, bar.query, list)}</th>'
            f'<td class="number">{escape(bar.value)}</td></tr>'
            for bar in chart.bars
        )
    )


def plain(number: float) -> str:
    """Write a number for an attribute of a drawing, whatever the language of the page."""
    return f"{number:g}"


# A page has a thousand of these, and Django's format_html takes as long as all else together, its escape half of that.
def _bar(bar: DashboardBar, address: str) -> str:
    words = escape(f"{bar.label}: {bar.value or 'none'}")
    x, width = plain(bar.x), plain(bar.width)
    drawn = (
        f"<title>{words}</title>"
        f'<rect class="series-ground" x="{x}" y="0" width="{width}" height="{DASHBOARD_CHART_HEIGHT}"/>'
        f'<rect class="series-bar" x="{x}" y="{plain(bar.y)}" width="{width}" height="{plain(bar.height)}"/>'
    )
    if not bar.query:
        return f"<g>{drawn}</g>"
    return f'<a href="{address}{escape(bar.query)}" aria-label="{words}">{drawn}</a>'


def _cell(cell: HeatCell, most: int, address: str) -> str:
    words = f"{cell.day} {cell.hour}:00: {counted(cell.count, 'session')}"
    shown = str(cell.count) if cell.count else '<span class="visually-hidden">0</span>'
    if cell.query:
        shown = f'<a href="{address}{escape(cell.query)}" aria-label="{words}">{shown}</a>'
    return f'<td data-heat="{_shade(cell.count, most)}" title="{words}">{shown}</td>'


def _shade(number: int, most: int) -> int:
    """0 for nothing, else 1 to SHADES."""
    return min(SHADES, 1 + (number - 1) * SHADES // most) if number and most else 0


def _linked(label: str, query: str, address: str) -> str:
    return f'<a href="{address}{escape(query)}">{escape(label)}</a>' if query else escape(label)
