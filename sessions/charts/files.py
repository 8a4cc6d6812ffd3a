"""Plots as SVG files that need nothing else: title, legend, axes and colours are in the file."""

from collections.abc import Sequence
from html import escape

from sessions.charts.distributions import DistributionPlot
from sessions.charts.drawing import axis_labels, axis_width, bucket_labels, fitting, marks
from sessions.charts.mixes import HEAT_HEIGHT, HourCell, heat_markup
from sessions.charts.plots import Plot

CHART_FILE_TYPES = {"svg": "image/svg+xml", "csv": "text/csv; charset=utf-8"}
FILE_WIDTH, FILE_HEIGHT = 960, 420
FILE_MARGIN, HEAD_HEIGHT, FOOT_HEIGHT = 24, 76, 28
INNER_WIDTH = FILE_WIDTH - 2 * FILE_MARGIN
FILE_CHARACTER_WIDTH = 7.0  # pixels of a letter of the legend
SWATCH_WIDTH = 34  # pixels of a swatch with the space around it
# The light theme of static/css/tokens.css, in colours that every program knows.
PAPER_COLOUR, INK_COLOUR, QUIET_COLOUR, GRID_COLOUR, AXIS_COLOUR = "#fefdfc", "#231d19", "#6d6660", "#e6e4e1", "#8d8883"
FILE_COLOURS = {
    "1": "#3159a4",
    "2": "#c08224",
    "3": "#087970",
    "4": "#752257",
    "5": "#4994c5",
    "6": "#918b84",
    "error": "#be241f",
    "before": "#d4d0cb",
}
SHADE_COLOURS = ("#f2f0ec", "#cbd8ef", "#9fb8e5", "#7698d6", "#5279c1", "#3159a4")
FONTS = "'Hanken Grotesk', system-ui, 'Segoe UI', 'Noto Sans', Arial, sans-serif"


def file_markup(plot: Plot, when: str) -> str:
    """Return the chart as a file; `when` says which time it shows."""
    axis, width = plot.axis, axis_width(plot.axis)
    height, inner = FILE_HEIGHT - HEAD_HEIGHT - FOOT_HEIGHT, INNER_WIDTH + 8 - width
    place = f'y="{HEAD_HEIGHT}" height="{height}"'
    scale = "logarithmic scale" if axis.is_logarithmic else ""
    about = ", ".join(part for part in (plot.about, scale, when) if part)
    legend = [(one.label, one.total, one.hue) for one in plot.all_series] if plot.has_legend else []
    return _file(
        FILE_HEIGHT,
        (plot.title, about, plot.said),
        f"{_legend(legend)}"
        f'<svg class="plot" x="{FILE_MARGIN - 8}" width="{width}" {place}>{axis_labels(axis, width, height)}</svg>'
        f'<svg class="plot" x="{FILE_MARGIN - 8 + width}" width="{inner}" {place}>'
        f"{marks(plot, axis, height)}{bucket_labels(plot, height, inner)}</svg>{_notes(plot)}",
    )


def distribution_file(plot: DistributionPlot, when: str) -> str:
    """Return how values of groups are spread as a file; `when` says which sessions it shows."""
    about = ", ".join(part for part in (plot.about, when) if part)
    legend = [(f"{group.letter} {group.label}", "", group.hue) for group in plot.groups]
    return _file(
        plot.height + HEAD_HEIGHT + FOOT_HEIGHT,
        (plot.title, about, f"{plot.title}: {about}"),
        f'{_legend(legend)}<svg class="plot" x="{FILE_MARGIN}" y="{HEAD_HEIGHT}" width="{INNER_WIDTH}"'
        f' height="{plot.height}">{plot.marks()}</svg>',
    )


def heat_file(cells: Sequence[HourCell], title: str, about: str) -> str:
    """Return the hours of the week as a file."""
    return _file(
        HEAT_HEIGHT + HEAD_HEIGHT + FOOT_HEIGHT,
        (title, about, title),
        f'<svg x="{FILE_MARGIN}" y="{HEAD_HEIGHT}" width="{INNER_WIDTH}" height="{HEAT_HEIGHT}">'
        f"{heat_markup(cells, '', about)}</svg>",
    )


def _file(height: int, heads: tuple[str, str, str], drawn: str) -> str:
    """Return the file of a title, what stands beside it, what is said of the chart, and its drawing."""
    title, about, said = map(escape, heads)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{FILE_WIDTH}" height="{height}"'
        f' viewBox="0 0 {FILE_WIDTH} {height}"><title>{said}</title><style>{_style()}</style>'
        f'<rect width="100%" height="100%" fill="{PAPER_COLOUR}"/><text class="title" x="{FILE_MARGIN}" y="36">{title}'
        f'<tspan class="about" dx="8">{about}</tspan></text>{drawn}</svg>\n'
    )


def _legend(series: Sequence[tuple[str, str, str]]) -> str:
    """Draw a swatch for each label with its total and hue."""
    drawn, left = [], float(FILE_MARGIN)
    room = INNER_WIDTH / max(len(series), 1) - SWATCH_WIDTH  # of each, when they are many
    lengths = [len(f"{label} {total}") * FILE_CHARACTER_WIDTH + SWATCH_WIDTH for label, total, _ in series]
    is_tight = sum(lengths) > INNER_WIDTH
    for label, total, hue in series:
        shown = fitting(label, room - len(total) * FILE_CHARACTER_WIDTH) if is_tight else label
        text = f"{shown} {total}".strip()
        drawn.append(
            f'<rect class="swatch" data-d="{hue}" x="{left:g}" y="49" width="10" height="10" rx="2"/>'
            f'<text x="{left + 16:g}" y="58">{escape(text)}</text>'
        )
        left += SWATCH_WIDTH + len(text) * FILE_CHARACTER_WIDTH
    return "".join(drawn)


def _notes(plot: Plot) -> str:
    text = escape(" ".join(plot.notes))
    return f'<text x="{FILE_MARGIN}" y="{FILE_HEIGHT - 10}">{text}</text>' if text else ""


def _style() -> str:
    hues = "".join(
        f'[data-d="{hue}"]{{fill:{colour}}}path.line[data-d="{hue}"]{{fill:none;stroke:{colour}}}'
        for hue, colour in FILE_COLOURS.items()
    )
    hues += "".join(f'[data-h="{shade}"]{{fill:{colour}}}' for shade, colour in enumerate(SHADE_COLOURS))
    return (
        f"text{{font:12px {FONTS};fill:{QUIET_COLOUR}}}.title{{font-size:17px;font-weight:600;fill:{INK_COLOUR}}}"
        f".about{{font-size:13px;font-weight:400;fill:{QUIET_COLOUR}}}.grid{{stroke:{GRID_COLOUR}}}.axis{{stroke:{AXIS_COLOUR}}}{hues}"
        f".median{{stroke:{INK_COLOUR};stroke-width:1.5}}.median-label{{fill:{INK_COLOUR};font-weight:600;"
        f"paint-order:stroke;stroke:{PAPER_COLOUR};stroke-width:3px}}"
        f".before-mark{{fill:{FILE_COLOURS['before']}}}.area{{opacity:.1}}svg.plot{{overflow:visible}}"
        ".line{stroke-width:2;stroke-linejoin:round;stroke-linecap:round}"
    )
