"""What a tile may show: which measures, splits, charts, widths and times go together."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property

from projects.date_range import RANGES
from sessions.charts.units import ChartUnit
from sessions.dashboard.heat import zone_words
from sessions.dashboard.measures import MEASURES, SessionMeasure
from sessions.models import BoardTile, DataType, Session, TileChart
from sessions.models.boards import MAX_BOARD_NAME_CHARACTERS, MAX_TILE_TEXT_CHARACTERS, query_string_of
from sessions.models.properties import Property, sets_of
from sessions.query.compiling import compiled
from sessions.query.grammar import FieldComparison, Operator, QueryError
from sessions.query.parsing import MAX_QUERY_CHARACTERS
from sessions.rollup.score_types import score_types

SCORE_PREFIX = "score:"
TILE_WIDTHS = {3: "¼", 4: "⅓", 6: "½", 8: "⅔", 12: "1"}
WIDTH_OF_CHART = {TileChart.NUMBER: 3, TileChart.RANKING: 4, TileChart.SESSIONS: 8, TileChart.TEXT: 4}
UNSPLIT_CHARTS = (TileChart.NUMBER, TileChart.HEAT, TileChart.SESSIONS, TileChart.TEXT)
PARTED_TYPES = (DataType.BOOLEAN, DataType.CATEGORICAL)
MEAN_SQL = "avg(c.score_mean)"
NO_MEASURE = MEASURES["sessions"]


@dataclass(frozen=True, kw_only=True)
class TileSpec:
    """The choices of a tile. `score_type` is the data type of its score, if it measures one."""

    chart: str = TileChart.LINE
    measure: str = "sessions"
    split: str = ""
    query: str = ""
    span: str = ""
    title: str = ""
    text: str = ""
    score_type: str = ""

    @property
    def score(self) -> str:
        """Return the name of the measured score, or nothing."""
        return self.measure.removeprefix(SCORE_PREFIX) if self.measure.startswith(SCORE_PREFIX) else ""

    @cached_property
    def measured(self) -> SessionMeasure:
        """Return the measure; that of a score is its mean, or the share of yes."""
        if not self.score:
            return MEASURES.get(self.measure, NO_MEASURE)
        is_share = self.score_type == DataType.BOOLEAN
        return SessionMeasure(
            name=self.measure,
            label=f"{self.score}, share of yes" if is_share else f"{self.score}, mean",
            help=f"Over the sessions with a score “{self.score}”.",
            unit=ChartUnit.SHARE if is_share else ChartUnit.NUMBER,
            sql=MEAN_SQL,
            of=lambda facts: None,
            condition=FieldComparison("scores", Operator.HAS, (self.score,)),
            sort=f"-score.{self.score}",
        )

    @property
    def split_property(self) -> Property | None:
        return split_properties().get(self.split)

    @property
    def name(self) -> str:
        """Return the title, made of the choices unless somebody gave one."""
        if self.title:
            return self.title
        if self.chart == TileChart.TEXT:
            return "Note"
        if self.chart == TileChart.HEAT:
            return "When sessions begin"
        if self.chart == TileChart.SESSIONS:
            return f"Sessions by {self.measured.label.lower()}" if self.measured.sort else "Latest sessions"
        return self.measured.label

    @property
    def file_title(self) -> str:
        """Return the title with the split, so that files of a board have names of their own."""
        return f"{self.name} {self._by}".strip()

    @property
    def _by(self) -> str:
        return f"by {self.split_property.label.lower().removesuffix('s')}" if self.split_property else ""

    @property
    def about(self) -> str:
        """Return what stands beside the title: the split, the zone of hours, and a time of its own."""
        parts = [self._by] if self._by else []
        if self.chart == TileChart.HEAT:
            parts.append(zone_words())
        if self.span:
            parts.append(RANGES[self.span][0].lower())
        return ", ".join(parts)

    def faults(self, project_id: int) -> dict[str, str]:
        """Return what is wrong with the choices, by field."""
        found = {name: fault for name, fault in self._wrong_values(project_id).items() if fault}
        return found or {name: fault for name, fault in self._wrong_together().items() if fault}

    def _wrong_values(self, project_id: int) -> dict[str, str]:
        return {
            "chart": "" if self.chart in TileChart.values else f"There is no chart “{self.chart}”.",
            "measure": "" if self.score or self.measure in MEASURES else f"There is no measure “{self.measure}”.",
            "split": "" if not self.split or self.split_property else f"Sessions cannot be split by “{self.split}”.",
            "span": "" if not self.span or self.span in RANGES else f"There is no time “{self.span}”.",
            "q": query_fault(self.query, project_id),
            "title": "" if len(self.title) <= MAX_BOARD_NAME_CHARACTERS else "Use at most 80 characters.",
            "text": "" if len(self.text) <= MAX_TILE_TEXT_CHARACTERS else "Use at most 2,000 characters.",
        }

    def _wrong_together(self) -> dict[str, str]:
        faults = dict.fromkeys(("chart", "split", "text"), "")
        if self.chart == TileChart.TEXT and not self.text.strip():
            faults["text"] = "Write what the tile says."
        if self.chart == TileChart.RANKING and not self.split:
            faults["split"] = "A ranking needs something to rank: choose what to split by."
        if self.chart == TileChart.BARS and self.split and not self.measured.is_additive:
            faults["chart"] = f"{self.measured.label} has no parts to stack. Choose a line or a ranking."
        if self.chart == TileChart.SHARES and not self._has_parts:
            faults["chart"] = "Shares need yes or no, categories, or errors: choose such a score, or the error rate."
        if self.chart == TileChart.HEAT and self.measure != "sessions":
            faults["chart"] = "A heat map counts sessions. Choose the measure Sessions."
        return faults

    @property
    def _has_parts(self) -> bool:
        return self.score_type in PARTED_TYPES if self.score else self.measure in ("errors", "error-rate")

    def columns(self) -> dict[str, str]:
        """Return the choices as a row of tiles keeps them."""
        return {
            "chart": self.chart, "measure": self.measure, "split": self.split, "span": self.span, "title": self.title,
            "text": self.text, "query_string": query_string_of(self.query),
        }  # fmt: skip


def split_properties() -> dict[str, Property]:
    """Return what sessions can be split by, by the name in the query language."""
    return {declared.aliases[0]: declared for declared in sets_of(Session)}


def spec_in(params: Mapping[str, str], project_id: int) -> TileSpec:
    """Return the choices in parameters, as the form sends them."""
    names = ("chart", "measure", "split", "span", "title", "text")
    found = {name: params.get(name, "").strip() for name in names if params.get(name)}
    spec = TileSpec(**found, query=params.get("q", "").strip())
    return typed(unsplit(spec), project_id)


def spec_of(tile: BoardTile) -> TileSpec:
    """Return the choices of a stored tile; the type of a score is not known yet."""
    return TileSpec(
        chart=tile.chart, measure=tile.measure, split=tile.split, query=tile.query_text, span=tile.span,
        title=tile.title, text=tile.text,
    )  # fmt: skip


def typed(spec: TileSpec, project_id: int) -> TileSpec:
    """Look up the type of the score that is measured, if any."""
    if not spec.score:
        return spec
    return replace(spec, score_type=score_types(project_id, [spec.score]).get(spec.score, ""))


def unsplit(spec: TileSpec) -> TileSpec:
    """Leave out the split where the chart has no use for it."""
    return replace(spec, split="") if spec.chart in UNSPLIT_CHARTS else spec


def query_fault(text: str, project_id: int) -> str:
    """Return why a query cannot be followed, or nothing."""
    if len(text) > MAX_QUERY_CHARACTERS:
        return f"Use at most {MAX_QUERY_CHARACTERS:,} characters."
    try:
        compiled(text, project_id)
    except QueryError as error:
        return str(error)
    return ""
