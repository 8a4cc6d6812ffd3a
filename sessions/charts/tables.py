"""The rows of the tables beside charts. A dashboard has thousands of their cells, so a function draws them."""

from collections.abc import Sequence
from html import escape

from django.utils.safestring import SafeString

from sessions.charts.distributions import DistributionPlot
from sessions.charts.mixes import HourCell
from sessions.charts.plots import Plot
from tracing.formatting import count
from tracing.markup import format_html, format_html_join

HOURS_OF_A_DAY = 24
VALUES_ROW_HTML = '<tr><th scope="row">{}</th>{}</tr>'
BUCKET_LINK_HTML = '<a href="{}{}">{}</a>'


def plot_table_rows(plot: Plot, address: str) -> SafeString:
    """Draw a row for each bucket: its name, which leads to its sessions in the list at `address`, and its values."""
    rows = zip(plot.rows()[1:], plot.buckets, strict=True)
    return format_html_join(
        "\n",
        VALUES_ROW_HTML,
        (
            (format_html(BUCKET_LINK_HTML, address, bucket.query, name) if bucket.query else name, _cells(values))
            for (name, *values), bucket in rows
        ),
    )


def distribution_table_rows(plot: DistributionPlot, address: str) -> SafeString:
    """Draw a row for each bin, with the sessions of each group, which lead to the list at `address`."""
    return format_html_join(
        "\n",
        VALUES_ROW_HTML,
        (
            (
                name,
                format_html_join(
                    "",
                    '<td class="n">{}</td>',
                    (
                        (
                            format_html(BUCKET_LINK_HTML, address, group.queries[place], count(group.counts[place]))
                            if group.counts[place]
                            else "0",
                        )
                        for group in plot.groups
                    ),
                ),
            )
            for place, name in enumerate(plot.bins)
        ),
    )


def heat_table_rows(cells: Sequence[HourCell]) -> SafeString:
    """Draw a row for each hour, with the sessions of each day of the week."""
    days = [cells[start : start + HOURS_OF_A_DAY] for start in range(0, len(cells), HOURS_OF_A_DAY)]
    hours = zip(*days, strict=True)
    return format_html_join(
        "\n", VALUES_ROW_HTML, ((f"{hour[0].hour}:00", _cells([str(cell.count) for cell in hour])) for hour in hours)
    )


def _cells(values: Sequence[str]) -> SafeString:
    return SafeString("".join([f'<td class="n">{escape(value)}</td>' for value in values]))
