"""How the dashboard and boards draw what they show."""

from collections.abc import Sequence

from django import template
from django.utils.safestring import SafeString

from sessions.charts.drawing import PLOT_HEIGHT, page_markup
from sessions.charts.mixes import HourCell, ShareRow, heat_markup, mix_markup
from sessions.charts.plots import Plot
from sessions.dashboard.heat import zone_words
from sessions.listing.listing import Listing
from tracing.formatting import decimal
from tracing.lists.table import changed_query

register = template.Library()

register.filter("decimal", decimal)
register.simple_tag(zone_words)


@register.simple_tag
def plot(plot: Plot, address: str, height: int = PLOT_HEIGHT) -> SafeString:
    """Draw a chart; `address` is that of the list."""
    return page_markup(plot, address, height)


@register.simple_tag
def mix(row: ShareRow, address: str = "") -> SafeString:
    """Draw the shares of a whole."""
    return mix_markup(row, address)


@register.simple_tag
def heat(cells: Sequence[HourCell], address: str) -> SafeString:
    """Draw the hours of the week."""
    return heat_markup(cells, address, zone_words())


@register.filter
def bucket_rows(plot: Plot) -> list[tuple[str, str, list[str]]]:
    """Return the rows of a chart's table: the bucket, the query of its sessions, and the values."""
    rows = plot.rows()[1:]
    return [(row[0], bucket.query, row[1:]) for row, bucket in zip(rows, plot.buckets, strict=True)]


@register.simple_tag
def kept_of(listing: Listing, **changes: str) -> str:
    """Return the query string of the page for one of its files."""
    return changed_query(listing.params, {"cursor": None, **changes})


@register.filter
def heat_hours(cells: Sequence[HourCell]) -> list[tuple[HourCell, ...]]:
    """Return the hours of all days, hour by hour."""
    return list(zip(*heat_rows(cells), strict=True))


@register.filter
def heat_rows(cells: Sequence[HourCell]) -> list[list[HourCell]]:
    """Return the hours day by day."""
    return [list(cells[start : start + 24]) for start in range(0, len(cells), 24)]
