"""How the dashboard writes its numbers."""

from collections.abc import Sequence
from decimal import Decimal

from django import template
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from sessions.dashboard.charts import HEIGHT, Bar, Chart, amount
from sessions.dashboard.heat import Cell
from sessions.templatetags.cells import counted, duration

register = template.Library()
SHADES = 5


@register.simple_tag
def change(now: float | Decimal | None, before: float | Decimal | str | None) -> SafeString:
    """`+12 %` in small, or nothing where there is nothing to compare with."""
    if now is None or not before or isinstance(before, str):
        return SafeString("")
    percent = round(100 * (float(now) - float(before)) / abs(float(before)))
    written = f"{percent:+,} %".replace("-", "−") if percent else "±0 %"
    return format_html('<span class="muted small">{}</span>', written)


register.filter("amount", amount)


@register.filter
def rounded(milliseconds: float | None) -> str:
    """A length of time that was not measured to the millisecond."""
    return duration(None if milliseconds is None else round(milliseconds))


@register.simple_tag
def heat_cells(cells: Sequence[Cell], most: int, list: str) -> SafeString:
    """A row of the hours of the week."""
    return format_html_join(
        "",
        '<td data-heat="{}" title="{} {}:00: {}">{}</td>',
        ((_shade(c.count, most), c.day, c.hour, counted(c.count, "session"), _count(c, list)) for c in cells),
    )


@register.simple_tag
def bars(chart: Chart, list: str) -> SafeString:
    """The bars of a drawing, on grounds as high as it is; `list` is the address that their queries belong to."""
    return format_html_join("", BAR, (_bar(bar, list) for bar in chart.bars))


@register.simple_tag
def rows(chart: Chart, list: str) -> SafeString:
    """The same as rows of a table."""
    return format_html_join("", ROW, ((_linked(bar.label, bar.query, list), bar.value) for bar in chart.bars))


BAR = (
    "<{}><title>{}: {}</title>"
    f'<rect class="series-ground" x="{{}}" y="0" width="{{}}" height="{HEIGHT}"/>'
    '<rect class="series-bar" x="{}" y="{}" width="{}" height="{}"/></{}>'
)
ROW = '<tr><th scope="row">{}</th><td class="number">{}</td></tr>'


def _bar(bar: Bar, address: str) -> tuple[object, ...]:
    value = bar.value or "none"
    link = format_html('a href="{}{}" aria-label="{}: {}"', address, bar.query, bar.label, value)
    sizes = (plain(bar.x), plain(bar.width), plain(bar.x), plain(bar.y), plain(bar.width), plain(bar.height))
    return (link if bar.query else "g", bar.label, value, *sizes, "a" if bar.query else "g")


def _shade(number: int, most: int) -> int:
    """0 for nothing, else 1 to SHADES."""
    return min(SHADES, 1 + (number - 1) * SHADES // most) if number and most else 0


def _count(cell: Cell, address: str) -> SafeString:
    if not cell.count:
        return SafeString('<span class="visually-hidden">0</span>')
    if not cell.query:
        return format_html("{}", cell.count)
    return format_html(
        '<a href="{}{}" aria-label="{} {}:00: {}">{}</a>',
        address, cell.query, cell.day, cell.hour, counted(cell.count, "session"), cell.count,
    )  # fmt: skip


def _linked(label: str, query: str, address: str) -> SafeString | str:
    return format_html('<a href="{}{}">{}</a>', address, query, label) if query else label


@register.filter
def plain(number: float) -> str:
    """As an attribute of a drawing wants it, whatever the language of the page."""
    return f"{number:g}"
