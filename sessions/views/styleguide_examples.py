"""Made-up values for the style guide, of the types that pages give to the same components."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

from django import forms

from sessions.charts.mixes import SharePart, ShareRow
from sessions.charts.plots import BEFORE_HUE, ERROR_HUE, ChartBucket, ChartSeries, Plot, Shape
from sessions.charts.units import ChartUnit
from sessions.cohorts.statistics import Interval
from sessions.dashboard.deltas import Change
from sessions.dashboard.stats import StatTile
from sessions.listing.facets import FacetValue
from sessions.replay.strip_steps import StripStep
from sessions.replay.timeline import Gap, Timeline, TimelineBar
from tracing.lists.table import ListCondition, SortableHead
from tracing.lists.trace_listing import TRACE_COLUMNS, TraceColumn
from tracing.reading.day_bars import DayPlot, day_plot

FIRST_DAY = date(2026, 11, 16)
EXAMPLE_BUCKETS = [ChartBucket(f"{(FIRST_DAY + timedelta(days=n)).day} Nov") for n in range(7)]
SPARK = "M0 24 L17 20 L33 22 L50 12 L67 15 L83 8 L100 10"
EXAMPLE_FIELD = {"class": "field"}


class ExampleForm(forms.Form):
    """Every kind of field, one of them with an error."""

    name = forms.CharField(initial="Shop assistant", widget=forms.TextInput(EXAMPLE_FIELD))
    days = forms.IntegerField(
        label="Retention",
        initial=90,
        help_text="Leave empty to keep everything.",
        widget=forms.NumberInput(EXAMPLE_FIELD),
    )
    address = forms.URLField(widget=forms.URLInput(EXAMPLE_FIELD), assume_scheme="https")
    agrees = forms.BooleanField(required=False, label="Share with project", help_text="Everybody sees it then.")
    color = forms.ChoiceField(
        label="Colour", choices=[("1", "Blue"), ("2", "Ochre")], widget=forms.Select(EXAMPLE_FIELD)
    )


def example_form() -> ExampleForm:
    """Return a form that was sent with an address that is none."""
    form = ExampleForm({"name": "Shop assistant", "days": "90", "address": "no address", "color": "1"})
    form.add_error(None, "The changes were not saved.")
    return form


def example_tiles() -> list[StatTile]:
    """Return numbers that have become better, worse and neither."""
    changes = [
        ("Sessions", "1,284", Change(direction="up", words="12%", before="1,146"), False),
        ("Cost", "≥ $41.20", None, False),
        ("Error rate", "3.1%", Change(direction="up", words="0.8 points", before="2.3%", tone="bad"), True),
        ("Median duration", "1m 12s", Change(direction="down", words="9%", before="1m 19s", tone="good"), False),
    ]
    return [
        StatTile(
            key=label, label=label, value=value, hint="", query="", delta=delta, line=SPARK,
            area=f"{SPARK} L100 32 L0 32z", is_error=is_error,
        )
        for label, value, delta, is_error in changes
    ]  # fmt: skip


def example_charts() -> list[Plot]:
    """Return one chart of each shape."""
    fine = ChartSeries(label="Without errors", hue="1", values=[31, 44, 38, 52, 47, 20, 18], total="250")
    failed = ChartSeries(label="With errors", hue=ERROR_HUE, values=[2, 1, 4, 3, 2, 0, 1], total="13")
    before = ChartSeries(label="Period before", hue=BEFORE_HUE, values=[28, 40, 41, 45, 39, 22, 16])
    other = ChartSeries(label="Another project", hue="5", values=[28, 40, 41, 45, 39, 22, 16])
    slow = ChartSeries(label="p95", hue="2", values=[4100, 3900, None, 8800, 4300, 4000, 3700])
    usual = ChartSeries(label="Median", hue="1", values=[1200, 1150, None, 1900, 1210, 1300, 1180])
    shapes = [
        ("stack", "Sessions", Shape.STACK, ChartUnit.COUNT, [fine, failed], before),
        ("line", "Latency", Shape.LINE, ChartUnit.DURATION, [usual, slow], None),
        ("group", "Outcomes", Shape.GROUP, ChartUnit.COUNT, [fine, other], None),
    ]
    return [
        Plot(
            key=f"sg-{key}", title=title, unit=unit, shape=shape, buckets=EXAMPLE_BUCKETS, series=series, behind=behind,
            help="Made-up numbers.",
        )
        for key, title, shape, unit, series, behind in shapes
    ]  # fmt: skip


def example_days() -> DayPlot:
    """Return bars of days in two colours."""
    days = {FIRST_DAY + timedelta(days=n): (12 * n % 37, 5 * n % 9) for n in range(14)}
    return day_plot("Issues a day", [("rejected", "2"), ("cut", "3")], days)


def example_shares() -> list[ShareRow]:
    """Return verdicts as shares of a whole."""
    counts = [("This week", (61, 24, 9, 6)), ("Week before", (48, 30, 12, 10))]
    answers = (("solved", "3"), ("partly", "5"), ("not solved", "2"), ("can't tell", "6"))
    return [
        ShareRow(label, [SharePart(answer, hue, n) for (answer, hue), n in zip(answers, numbers, strict=True)])
        for label, numbers in counts
    ]


def example_agreements() -> list[tuple[str, Interval]]:
    """Return how well two versions of a judge agree with people."""
    return [("v3, kappa", Interval(0.73, 0.62, 0.83)), ("v2, kappa", Interval(0.54, 0.41, 0.66))]


def example_timeline() -> Timeline:
    """Return three turns with their steps, a failure and a wait."""
    began = datetime(2026, 11, 27, 10, 4, tzinfo=UTC)
    kinds = (("generation", "tool"), ("retriever", "error"), ("generation", "span"))
    bars = [
        TimelineBar(
            number=n + 1, last=n + 1, turn_id=f"t{n}", left=left, width=18, error_count=n % 2, failed=n % 2,
            duration_ms=9000, started_at=began + timedelta(minutes=n),
            steps=[StripStep(left + 1, 7, first), StripStep(left + 9, 8, second)],
        )
        for n, (left, (first, second)) in enumerate(zip((1, 21, 78), kinds, strict=True))
    ]  # fmt: skip
    wait = Gap(left=42, width=34, idle_ms=252_000, is_labelled=True, is_tight=False)
    return Timeline(bars=bars, gaps=[wait], first=1, last=3, total=3)


def example_facet() -> list[FacetValue]:
    """Return values of a facet: asked for, refused, and neither."""
    states = [("refund", 118, True, False, 100), ("vip", 41, False, False, 35), ("spam", None, False, True, 0)]
    return [
        FacetValue(
            text=text, count=count, is_asked=asked, is_refused=refused, query="?", query_without="?", share=share
        )
        for text, count, asked, refused, share in states
    ]  # fmt: skip


def example_heads() -> list[SortableHead[TraceColumn]]:
    """Return the heads of a list: sorted, to be sorted, and fixed."""
    orders = [("total_cost", "?", "descending"), ("span_count", "?", "none"), ("session_id", None, "none")]
    columns = {column.name: column for column in TRACE_COLUMNS}
    return [
        SortableHead(column=columns[name], width=120, sort_query=query, aria_sort=order)
        for name, query, order in orders
    ]  # fmt: skip


def example_query_line() -> dict[str, Any]:
    """Return a query line with two conditions, as the tag `query_line` gives it to templates."""
    conditions = (("Tags", "vip"), ("Cost", "over $0.50"))
    tokens = [ListCondition(label=name, value=value, query_without="?") for name, value in conditions]
    return {"label": "Find", "placeholder": "Add a condition", "clear": "?", "tokens": tokens}
