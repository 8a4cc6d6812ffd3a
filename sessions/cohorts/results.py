"""What a comparison found, as pages and exports show it. The first group is what the others are compared with."""

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
    """One group's numbers; `mean` and `total` are exact, the rest as exact as a float."""

    group: Group
    size: int
    mean: Decimal | None
    median: float | None
    p95: float | None
    total: Decimal


@dataclass(kw_only=True)
class Difference:
    """A group against the first one. `p` is adjusted for all tests of the page before anybody sees it."""

    group: Group
    mean: Interval | None
    median: Interval | None
    test: RankTest | None
    p: float | None
    within: Interval | None = None  # the difference of means where the two are alike

    @property
    def is_notable(self) -> bool:
        return self.p is not None and self.p < NOTABLE

    @property
    def size(self) -> str:
        return ranks.size_in_words(self.test.delta) if self.test else ""

    @property
    def direction(self) -> str:
        return "higher" if self.test and self.test.delta > 0 else "lower"

    @property
    def words(self) -> str:
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
        return _anchor("score", self.name) if self.is_score else self.name


@dataclass
class ShareDifference:
    group: Group
    interval: Interval | None
    p: float | None

    @property
    def is_notable(self) -> bool:
        return self.p is not None and self.p < NOTABLE


@dataclass(frozen=True, kw_only=True)
class ShareCell:
    """A share with its interval, and the list of its sessions, where the list can ask for them."""

    group: Group
    share: Share
    interval: Interval | None
    query_string: str


@dataclass(frozen=True)
class ValueShares:
    text: str
    cells: list[ShareCell]
    differences: list[ShareDifference]


class MixKind(StrEnum):
    """What has the values: a set property, a categorical score, or what became of the sessions."""

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
        return _anchor(self.kind, self.name)


@dataclass(frozen=True)
class Stratified:
    """The property within whose values the groups are compared, and how many sessions had a counterpart."""

    name: str
    label: str
    strata: list[tuple[str, list[int]]]


@dataclass
class CohortComparison:
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
        """Each group with how many sessions it has; of a sample the estimate, with twice its standard error."""
        if self.one_in == 1:
            return [(g, f"{n:,} session{'' if n == 1 else 's'}") for g, n in zip(self.groups, self.sizes, strict=True)]
        return [
            (group, f"about {n * self.one_in:,} ± {round(Z * (n * self.one_in * (self.one_in - 1)) ** 0.5):,} sessions")
            for group, n in zip(self.groups, self.sizes, strict=True)
        ]


def _anchor(kind: str, name: str) -> str:
    """Names of scores are anybody's; an id holds no blanks."""
    return f"{kind}-{quote(name, safe='')}"
