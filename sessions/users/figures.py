"""The figures of a user as tiles and as a chart, as the dashboard has them."""

from collections.abc import Callable, Sequence
from decimal import Decimal

from sessions.charts.drawing import spark
from sessions.charts.plots import ERROR_HUE, ChartBucket, ChartSeries, Plot, Shape
from sessions.charts.units import ChartUnit
from sessions.dashboard.deltas import delta_of
from sessions.dashboard.measures import Better, stated
from sessions.dashboard.stats import StatTile
from sessions.users.sums import ProfileBar, ProfileSums

ProfileAmount = float | Decimal | None
PROFILE_TILES: tuple[tuple[str, str, ChartUnit, Better, Callable[[ProfileSums], ProfileAmount]], ...] = (
    ("sessions", "Sessions", ChartUnit.COUNT, Better.NEITHER, lambda sums: sums.count),
    ("cost", "Cost", ChartUnit.MONEY, Better.LESS, lambda sums: sums.cost),
    ("median", "Median duration", ChartUnit.DURATION, Better.LESS, lambda sums: sums.duration),
    ("error-rate", "With errors", ChartUnit.SHARE, Better.LESS, lambda sums: sums.failed_share),
)


def chart_of(bars: Sequence[ProfileBar]) -> Plot | None:
    """Return the chart of sessions by day, or None without any."""
    if not bars:
        return None
    days = (bars[0].last - bars[0].first).days + 1
    failed = [float(bar.failed) for bar in bars]
    spared = [float(bar.sessions - bar.failed) for bar in bars]
    return Plot(
        key="days",
        title="Sessions a day" if days == 1 else f"Sessions in {days} days",
        help="Sessions by the day on which they began.",
        unit=ChartUnit.COUNT,
        shape=Shape.STACK,
        buckets=[
            ChartBucket(f"{bar.first:%-d %b}", f"{bar.first:%-d %b %Y}", bar.query if bar.sessions else "")
            for bar in bars
        ],
        series=[
            ChartSeries(label="Without errors", hue="1", values=spared),
            ChartSeries(label="With errors", hue=ERROR_HUE, values=failed),
        ],
    )


def tiles_of(
    sums: ProfileSums, before: ProfileSums | None, bars: Sequence[ProfileBar], query: str, failed_query: str
) -> list[StatTile]:
    """Return the figures, each with its change against the time before and its course."""
    tiles = []
    for key, label, unit, better, of in PROFILE_TILES:
        unknown = sums.unpriced if key == "cost" else 0
        delta = None
        if before and before.count:
            unknown_before = before.unpriced if key == "cost" else 0
            delta = delta_of(of(sums), of(before), unit, better, unknown=(unknown, unknown_before))
        is_sum = unit in (ChartUnit.COUNT, ChartUnit.MONEY)  # zero where there was no session; else it is unknown
        amounts = [of(bar.sums) for bar in bars if bar.sessions or is_sum]
        line, area = spark([None if amount is None else float(amount) for amount in amounts])
        tiles.append(
            StatTile(
                key=key,
                label=label,
                value=stated(of(sums), unit, unknown) or "none",
                hint=f"At least: {unknown:,} model calls have no known price" if unknown else "",
                query=failed_query if unit == ChartUnit.SHARE else query,
                delta=delta,
                line=line,
                area=area,
                is_error=unit == ChartUnit.SHARE,
            )
        )
    return tiles
