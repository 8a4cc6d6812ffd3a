"""What can be measured of sessions, each declared once: for the tiles and charts of the dashboard, and for boards."""

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Literal

from sessions.charts.units import ChartUnit, written
from sessions.dashboard.numbers import Facts
from sessions.query.grammar import FieldComparison, Node, Operator
from tracing.formatting import bounded

WITH_ERRORS = FieldComparison("has", Operator.HAS, ("error",))


class Better(StrEnum):
    """Whether less or more of something is good; of most things neither is."""

    LESS = "less"
    MORE = "more"
    NEITHER = ""


@dataclass(frozen=True, kw_only=True)
class SessionMeasure:
    """A measure of sessions.

    `sql` computes it from rows `c` of the table `session`, and `of` takes it from facts. `unknown`
    is the property that counts unknown parts, with which the value is a lower bound. `condition` is that of the
    sessions which are counted, and `sort` puts those first that weigh most."""

    name: str
    label: str
    help: str
    unit: ChartUnit
    sql: str
    of: Callable[[Facts], float | Decimal | None]
    better: Better = Better.NEITHER
    unknown: Literal["", "unpriced_count", "unmeasured_count"] = ""
    is_additive: bool = False  # whether its parts can be stacked, and a sample's are multiplied
    condition: Node | None = None
    sort: str = ""
    over_users: bool = False  # whether rows `c` have one user each, as `c.one_user`
    model_field: str = ""  # of the usage of a model: sums of it are what is split by model

    @property
    def unknown_sql(self) -> str:
        return f"sum(c.{self.unknown})" if self.unknown else "0"

    def unknown_of(self, facts: Facts) -> int:
        """Return how many parts of the value are unknown."""
        return getattr(facts, self.unknown) if self.unknown else 0

    def text(self, facts: Facts) -> str:
        """Return the value for people: exact, a lower bound, or unknown."""
        return stated(self.of(facts), self.unit, self.unknown_of(facts))

    def value(self, facts: Facts) -> float | None:
        """Return the value to draw: None if nothing of it is known."""
        found = self.of(facts)
        return None if found is None or (not found and self.unknown_of(facts)) else float(found)


def stated(value: float | Decimal | None, unit: ChartUnit, unknown_count: int) -> str:
    """Return a value of which parts are unknown as `≥ $2`, or as `unknown` if nothing of it is known."""
    return bounded(written(value, unit), unknown_count, is_known=bool(value))


def _share(number: float | Decimal, whole: int) -> float | Decimal | None:
    return number / whole if whole else None


MEASURES: dict[str, SessionMeasure] = {
    measure.name: measure
    for measure in (
        SessionMeasure(
            name="sessions", label="Sessions", help="Sessions that began.", unit=ChartUnit.COUNT, is_additive=True,
            sql="count(*)", of=lambda facts: facts.session_count,
        ),
        SessionMeasure(
            name="users", label="Active users", help="Distinct user ids of these sessions.", unit=ChartUnit.COUNT,
            sql="count(DISTINCT c.one_user)", of=lambda facts: facts.user_count, over_users=True,
        ),
        SessionMeasure(
            name="cost", model_field="total_cost", label="Cost",
            help="What their model calls cost, in USD.", unit=ChartUnit.MONEY,
            is_additive=True, sql="sum(c.total_cost)", of=lambda facts: facts.total_cost, better=Better.LESS,
            sort="-total_cost", unknown="unpriced_count",
        ),
        SessionMeasure(
            name="cost-each", model_field="total_cost", label="Cost per session",
            help="Cost divided by the number of sessions.",
            unit=ChartUnit.MONEY, sql="sum(c.total_cost) / nullif(count(*), 0)", better=Better.LESS, sort="-total_cost",
            of=lambda facts: _share(facts.total_cost, facts.session_count), unknown="unpriced_count",
        ),
        SessionMeasure(
            name="tokens", model_field="total_tokens", label="Tokens",
            help="Tokens that models read and wrote.", unit=ChartUnit.COUNT,
            is_additive=True, sql="sum(c.total_tokens)", of=lambda facts: facts.total_tokens, sort="-total_tokens",
            unknown="unmeasured_count",
        ),
        SessionMeasure(
            name="input-tokens", model_field="input_tokens", label="Input tokens",
            help="Tokens that models read.", unit=ChartUnit.COUNT,
            is_additive=True, sql="sum(c.input_tokens)", of=lambda facts: facts.input_tokens, sort="-input_tokens",
            unknown="unmeasured_count",
        ),
        SessionMeasure(
            name="output-tokens", model_field="output_tokens", label="Output tokens",
            help="Tokens that models wrote.", unit=ChartUnit.COUNT,
            is_additive=True, sql="sum(c.output_tokens)", of=lambda facts: facts.output_tokens, sort="-output_tokens",
            unknown="unmeasured_count",
        ),
        SessionMeasure(
            name="median", label="Median duration", help="Half of the sessions took at most this long.",
            unit=ChartUnit.DURATION, sql="percentile_cont(0.5) WITHIN GROUP (ORDER BY c.duration_ms)",
            of=lambda facts: facts.median, better=Better.LESS, sort="-duration_ms",
        ),
        SessionMeasure(
            name="p95", label="p95 duration", help="95 of 100 sessions took at most this long.",
            unit=ChartUnit.DURATION, sql="percentile_cont(0.95) WITHIN GROUP (ORDER BY c.duration_ms)",
            of=lambda facts: facts.high, better=Better.LESS, sort="-duration_ms",
        ),
        SessionMeasure(
            name="errors", label="Sessions with errors", help="Sessions in which a span failed.", unit=ChartUnit.COUNT,
            is_additive=True, sql="count(*) FILTER (WHERE c.error_count > 0)", of=lambda facts: facts.failed,
            better=Better.LESS, condition=WITH_ERRORS, sort="-error_count",
        ),
        SessionMeasure(
            name="error-rate", label="Error rate", help="The share of sessions in which a span failed.",
            unit=ChartUnit.SHARE, sql="count(*) FILTER (WHERE c.error_count > 0) / nullif(count(*), 0)::numeric",
            better=Better.LESS, of=lambda facts: _share(facts.failed, facts.session_count),
            condition=WITH_ERRORS, sort="-error_count",
        ),
        SessionMeasure(
            name="turns", label="Turns", help="Turns of these sessions.", unit=ChartUnit.COUNT, is_additive=True,
            sql="sum(c.turn_count)", of=lambda facts: facts.turn_count, sort="-turn_count",
        ),
        SessionMeasure(
            name="turns-each", label="Turns per session", help="Turns divided by the number of sessions.",
            unit=ChartUnit.NUMBER, sql="sum(c.turn_count) / nullif(count(*), 0)::numeric", sort="-turn_count",
            of=lambda facts: _share(Decimal(facts.turn_count), facts.session_count),
        ),
    )
}  # fmt: skip
