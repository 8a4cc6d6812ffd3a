"""What a tile shows: a number, a chart, a ranking, shares, a map of hours, sessions, or words."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from sessions.boards.specs import TileSpec
from sessions.charts.mixes import HourCell, SharePart, ShareRow
from sessions.charts.plots import ChartBucket, ChartSeries, Plot, Shape
from sessions.charts.units import ChartUnit
from sessions.dashboard.deltas import Change
from sessions.models import Session


@dataclass(frozen=True)
class Ranked:
    """A value of a ranking; `share` is a percentage of the highest."""

    label: str
    text: str
    value: float
    share: int
    query: str


@dataclass(frozen=True)
class ListedSession:
    """A session of a tile, with the value by which it is there."""

    session: Session
    text: str


@dataclass(frozen=True, kw_only=True)
class TileContent:
    """What is drawn. `fault` says why there is nothing, `query` is that of the tile's sessions."""

    spec: TileSpec
    query: str = ""
    fault: str = ""
    notes: list[str] = field(default_factory=list)
    value: str = ""
    change: Change | None = None
    line: str = ""
    area: str = ""
    plot: Plot | None = None
    ranking: list[Ranked] = field(default_factory=list)
    shares: list[ShareRow] = field(default_factory=list)
    heat: list[HourCell] = field(default_factory=list)
    sessions: list[ListedSession] = field(default_factory=list)
    is_waiting: bool = False  # not computed on this page, which has taken long enough

    @property
    def file_plot(self) -> Plot | None:
        """Return the chart that is saved as a file: rankings and shares become bars."""
        if self.plot:
            return self.plot
        if self.ranking:
            values = [one.value for one in self.ranking]
            return self._bars(
                [one.label for one in self.ranking],
                [ChartSeries(label=self.spec.measured.label, hue="1", values=values, texts=_texts(self.ranking))],
                self.spec.measured.unit,
            )
        if self.shares:
            series = [
                ChartSeries(
                    label=part.label,
                    hue=part.hue,
                    values=[_share_of(row, place) for row in self.shares],
                    total=f"{part.count:,}",
                )
                for place, part in enumerate(self.legend)
            ]
            return self._bars([row.label for row in self.shares], series, ChartUnit.SHARE)
        return None

    def _bars(self, labels: Sequence[str], series: Sequence[ChartSeries], unit: ChartUnit) -> Plot:
        split = self.spec.split_property
        return Plot(
            key="tile", title=self.spec.name, about=self.spec.about, unit=unit, shape=Shape.STACK, series=series,
            buckets=[ChartBucket(label) for label in labels], noun=split.label if split else "Sessions",
            notes=self.notes,
        )  # fmt: skip

    @property
    def legend(self) -> list[SharePart]:
        """Return the parts of shares with their numbers over all rows."""
        return [
            SharePart(part.label, part.hue, sum(row.parts[place].count for row in self.shares))
            for place, part in enumerate(self.shares[0].parts if self.shares else ())
        ]


def _texts(ranking: Sequence[Ranked]) -> list[str]:
    return [one.text for one in ranking]


def _share_of(row: ShareRow, place: int) -> float:
    return row.parts[place].count / row.whole if row.whole else 0.0
