"""The results of a comparison, as pages and exports show them.

The first group is the one that the others are compared with."""

from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from urllib.parse import quote

from sessions.cohorts import ranks
from sessions.cohorts.charts import ComparisonChart
from sessions.cohorts.groups import Group
from sessions.cohorts.ranks import RankTest
from sessions.cohorts.shares import Share
from sessions.cohorts.statistics import Interval, Z
from sessions.models.properties import PropertyKind

NOTABLE = 0.05  # the rate of false discoveries among what is called a difference


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


@dataclass(kw_only=True)
class Difference:
    """A group against the first one; `p` is adjusted for all tests of the page."""

    group: Group
    mean: Interval | None
    median: Interval | None
    test: RankTest | None
    p: float | None
    within: Interval | None = None  # the difference of means where the two are alike

    @property
    def is_notable(self) -> bool:
        """Return whether the difference is significant."""
        return self.p is not None and self.p < NOTABLE

    @property
    def size(self) -> str:
        """Return the size of the effect in words."""
        return ranks.size_in_words(self.test.delta) if self.test else ""

    @property
    def direction(self) -> str:
        """Return whether the group is higher or lower than the first."""
        return "higher" if self.test and self.test.delta > 0 else "lower"

    @property
    def words(self) -> str:
        """Return the difference in words."""
        return self.size if self.size in ("", "negligible") else f"{self.size}, {self.direction}"


@dataclass(frozen=True, kw_only=True)
class Measure:
    """A number of sessions, group by group."""

    name: str
    label: str
    help: str
    kind: PropertyKind
    summaries: list[Summary]
    differences: list[Difference]
    chart: ComparisonChart | None
    is_score: bool = False

    @property
    def rows(self) -> list[tuple[Summary, Difference | None]]:
        return list(zip(self.summaries, [None, *self.differences], strict=True))

    @property
    def anchor(self) -> str:
        """Return the id of its section on the page."""
        return _anchor("score", self.name) if self.is_score else self.name


@dataclass
class ShareDifference:
    """The difference of two shares with its test."""

    group: Group
    interval: Interval | None
    p: float | None

    @property
    def is_notable(self) -> bool:
        """Return whether the difference is significant."""
        return self.p is not None and self.p < NOTABLE


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
    differences: list[ShareDifference]


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


@dataclass(frozen=True)
class Stratified:
    """The property within whose values groups are compared, and how many sessions had a counterpart."""

    name: str
    label: str
    strata: list[tuple[str, list[int]]]


@dataclass
class CohortComparison:
    """Everything that the page shows."""

    groups: list[Group]
    sizes: list[int]
    measures: list[Measure]
    mixes: list[Mix]
    overlaps: list[tuple[Group, Group, int]]  # how many sessions both have; of a sample an estimate
    small: list[Group]
    differently_mixed: list[Mix]
    tests: int
    one_in: int = 1  # how many sessions each that was read stands for
    stratified: Stratified | None = None
    notable: list[tuple[Measure, Difference]] = field(default_factory=list)

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
