"""How the dashboard and boards draw what they show."""

from collections.abc import Sequence

from django import template
from django.utils.safestring import SafeString

from sessions.charts.drawing import PLOT_HEIGHT, page_markup
from sessions.charts.mixes import HourCell, ShareRow, heat_markup, mix_markup
from sessions.charts.plots import Plot
from sessions.charts.tables import HOURS_OF_A_DAY, heat_table_rows, plot_table_rows
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


@register.simple_tag
def plot_rows(plot: Plot, address: str) -> SafeString:
    """Draw the rows of a chart's table."""
    return plot_table_rows(plot, address)


@register.simple_tag
def heat_rows(cells: Sequence[HourCell]) -> SafeString:
    """Draw the rows of the table of hours."""
    return heat_table_rows(cells)


@register.simple_tag
def kept_of(listing: Listing, **changes: str) -> str:
    """Return the query string of the page for one of its files."""
    return changed_query(listing.params, {"cursor": None, **changes})


@register.filter
def heat_days(cells: Sequence[HourCell]) -> Sequence[HourCell]:
    """Return the first hour of each day."""
    return cells[::HOURS_OF_A_DAY]
