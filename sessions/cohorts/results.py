"""The results of a comparison, as pages and exports show them.

The first group is the one that the others are compared with."""

from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from urllib.parse import quote

from sessions.cohorts import ranks
from sessions.cohorts.charts import ComparisonChart
from sessions.cohorts.contrasts import Contrast
from sessions.cohorts.groups import Group
from sessions.cohorts.shares import Share, ShareContrast
from sessions.cohorts.statistics import CONFIDENCE, Interval, Z
from sessions.models.properties import PropertyKind

NOTABLE = 0.05  # the rate of false discoveries among what is called a difference
LESS_IS_BETTER = {"total_cost", "input_cost", "output_cost", "duration_ms", "active_ms", "error_count", "outcome"}

PARTS_OF_WHOLES = {
    "input_cost", "output_cost", "input_tokens", "output_tokens", "active_ms", "idle_ms", "trace_count", "span_count",
    "unmeasured_count", "unpriced_count",
}  # fmt: skip


class Statistic(StrEnum):
    """What of two groups is compared: difference, interval and p-value are all of the same."""

    MEAN = "mean"
    MEDIAN = "median"
    SHARE = "share"


@dataclass(frozen=True, kw_only=True)
class Summary:
    """The numbers of one group; `mean` and `total` are exact, the others as exact as a float.

    While `unknown_count` calls of the group lack what is summed up, all of them are lower bounds."""

    group: Group
    size: int
    mean: Decimal | None
    median: float | None
    p95: float | None
    total: Decimal
    unknown_count: int = 0

    def of(self, statistic: Statistic) -> float | None:
        """Return the mean or the median."""
        value = self.median if statistic == Statistic.MEDIAN else self.mean
        return None if value is None else float(value)


@dataclass(kw_only=True)
class Difference:
    """A group against the first one. `p` is adjusted for all tests of the page, and so is `interval`."""

    group: Group
    contrast: Contrast | ShareContrast | None
    delta: float | None = None  # Cliff's, of the whole distributions
    rank_p: float | None = None  # of Mann and Whitney's test, not adjusted
    p: float | None = None
    interval: Interval | None = None

    @property
    def estimate(self) -> float | None:
        return self.contrast.estimate if self.contrast else None

    @property
    def is_notable(self) -> bool:
        """Return whether the difference is significant."""
        return self.p is not None and self.p < NOTABLE

    @property
    def size(self) -> str:
        """Return the size of the effect in words, or nothing where the tails differ, but the rest does not."""
        if self.delta is None or self.estimate is None or self.delta * self.estimate < 0:
            return ""
        words = ranks.size_in_words(self.delta)
        return "small" if words == "negligible" else words

    @property
    def direction(self) -> str:
        """Return whether the group is higher or lower than the first."""
        return "higher" if (self.estimate or 0) > 0 else "lower"


@dataclass(frozen=True, kw_only=True)
class Measure:
    """A number of sessions, group by group."""

    name: str
    label: str
    help: str
    kind: PropertyKind | None  # None of a share
    statistic: Statistic
    summaries: list[Summary]
    differences: list[Difference]
    chart: ComparisonChart | None
    is_score: bool = False

    @property
    def anchor(self) -> str:
        """Return the id of its section on the page."""
        return _anchor("score", self.name) if self.is_score else self.name

    @property
    def is_notable(self) -> bool:
        return any(difference.is_notable for difference in self.differences)


@dataclass(frozen=True, kw_only=True)
class ShareCell:
    """A share with its interval, and the query string of its sessions if the list can express it."""

    group: Group
    share: Share
    interval: Interval | None
    query_string: str


@dataclass(frozen=True)
class ValueShares:
    """One value of a set with the share of each group."""

    text: str
    cells: list[ShareCell]
    differences: list[Difference]


class MixKind(StrEnum):
    """The kind of a mix: a set property, a categorical score, or the outcome of sessions."""

    SET = "set"
    ANSWER = "answer"
    OUTCOME = "outcome"


@dataclass(frozen=True, kw_only=True)
class Mix:
    """A set, value by value."""

    name: str
    label: str
    help: str
    values: list[ValueShares]
    hidden: int  # values beyond the most frequent ones
    kind: MixKind = MixKind.SET

    @property
    def is_score(self) -> bool:
        return self.kind == MixKind.ANSWER

    @property
    def anchor(self) -> str:
        """Return the id of its section on the page."""
        return _anchor(self.kind, self.name)

    @property
    def is_notable(self) -> bool:
        return any(difference.is_notable for value in self.values for difference in value.differences)


@dataclass(frozen=True)
class Stratified:
    """The property within whose values groups are compared, and how many sessions had a counterpart."""

    name: str
    label: str
    strata: list[tuple[str, list[int]]]


@dataclass
class CohortComparison:
    """Everything that the page shows. `confidence` is that of its intervals."""

    groups: list[Group]
    sizes: list[int]
    measures: list[Measure]
    mixes: list[Mix]
    overlaps: list[tuple[Group, Group, int]]  # how many sessions both have; of a sample an estimate
    untested: list[str]  # labels of what defines the groups
    one_in: int = 1  # how many sessions each that was read stands for
    tests: int = 0
    confidence: float = CONFIDENCE
    differently_mixed: list[Mix] = field(default_factory=list)
    stratified: Stratified | None = None

    @property
    def differing(self) -> tuple[list[Measure], list[Mix]]:
        """Return what differs between any two groups."""
        measures = [m for m in self.measures if m.is_notable]
        return sorted(measures, key=lambda m: m.name in PARTS_OF_WHOLES), [mix for mix in self.mixes if mix.is_notable]

    @property
    def alike(self) -> tuple[list[Measure], list[Mix]]:
        """Return what does not differ clearly, and has values."""
        measures = [m for m in self.measures if not m.is_notable]
        return measures, [mix for mix in self.mixes if mix.values and not mix.is_notable]

    @property
    def sized(self) -> list[tuple[Group, str]]:
        """Return each group with its number of sessions.

        Of a sample it is the estimate, with twice its standard error."""
        if self.one_in == 1:
            return [(g, f"{n:,} session{'' if n == 1 else 's'}") for g, n in zip(self.groups, self.sizes, strict=True)]
        return [
            (group, f"about {n * self.one_in:,} ± {round(Z * (n * self.one_in * (self.one_in - 1)) ** 0.5):,} sessions")
            for group, n in zip(self.groups, self.sizes, strict=True)
        ]


def _anchor(kind: str, name: str) -> str:
    """Return an id for the page; names of scores are arbitrary, and an id contains no blanks."""
    return f"{kind}-{quote(name, safe='')}"
