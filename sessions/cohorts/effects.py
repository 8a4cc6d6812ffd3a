"""The table of what differs: a row for each number and group, on one axis of differences relative to the first group.

A verdict, its interval and its place on the axis are all of the same statistic."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from sessions.cohorts.results import (
    LESS_IS_BETTER,
    PARTS_OF_WHOLES,
    CohortComparison,
    Difference,
    Measure,
    Mix,
    MixKind,
    Statistic,
)
from sessions.models.properties import PropertyKind

AXIS_ENDS = (0.1, 0.2, 0.5, 1.0, 2.0, 4.0)  # differences relative to the first group; what is further is cut off
FAILED_ROW_LABEL = "Sessions with errors"
MAX_TOLD = 2  # differences in the headline


@dataclass(frozen=True)
class EffectMark:
    """Where a difference and the ends of its interval lie on the axis, in percent of its width."""

    at: float
    low: float
    high: float
    is_cut: bool  # whether the axis ends before the interval does


@dataclass(frozen=True, kw_only=True)
class Effect:
    """A row: one number of a group against the first one's."""

    label: str
    anchor: str
    name: str
    kind: PropertyKind | None  # None of a share
    statistic: Statistic
    before: float | None
    after: float | None
    unknown_counts: tuple[int, int]  # calls that lack what was summed up; `before` and `after` are then lower bounds
    difference: Difference

    @property
    def is_notable(self) -> bool:
        return self.difference.is_notable

    @property
    def is_bounded(self) -> bool:
        """Return whether a value is only a lower bound."""
        return any(self.unknown_counts)

    @property
    def relative(self) -> float | None:
        """Return the difference as a share of the first group's value."""
        estimate = self.difference.estimate
        return estimate / self.before if self.before and self.before > 0 and estimate is not None else None

    @property
    def judgement(self) -> str:
        """Return whether the group is better or worse, where fewer is better, or nothing."""
        if not self.is_notable or self.name not in LESS_IS_BETTER:
            return ""
        return "worse" if (self.difference.estimate or 0) > 0 else "better"

    @property
    def verdict(self) -> str:
        """Return the size of a difference in words, and whether it is one for the better."""
        size = self.difference.size or self.difference.direction
        return ", ".join(part for part in (size.capitalize(), self.judgement) if part)

    @property
    def told(self) -> str:
        """Return the difference as a part of a sentence: `cost is 31 % higher`."""
        if self.relative is None:
            amount = self.difference.direction
        else:
            amount = f"{abs(self.relative):.0%} {self.difference.direction}"
        is_of_score = self.anchor.startswith("score")
        noun = self.label if is_of_score else self.label[0].lower() + self.label[1:]
        verb = "are" if self.kind in (None, PropertyKind.NUMBER) and not is_of_score else "is"  # it counts something
        return f"{noun} {verb} {amount}"


@dataclass(frozen=True)
class Effects:
    """The rows of a comparison: those that differ, wholes before parts and the largest first, then the others by p."""

    comparison: CohortComparison
    sure: list[Effect] = field(default_factory=list)
    unsure: list[Effect] = field(default_factory=list)

    @classmethod
    def of(cls, comparison: CohortComparison) -> "Effects":
        """Make the rows of all numbers and of the outcome."""
        rows = list(_rows(comparison))
        sure = [row for row in rows if row.is_notable]
        unsure = [row for row in rows if not row.is_notable]
        sure.sort(key=lambda row: (row.name in PARTS_OF_WHOLES, -abs(row.relative or 0)))
        unsure.sort(key=lambda row: (row.difference.p is None, row.difference.p or 0))
        return cls(comparison, sure, unsure)

    @property
    def is_pair(self) -> bool:
        return len(self.comparison.groups) == 2

    @property
    def measured(self) -> int:
        """Return how many numbers are compared, each counted once."""
        return len({row.anchor for row in (*self.sure, *self.unsure)})

    @property
    def differing(self) -> int:
        """Return how many of them differ between any two groups."""
        return len({row.anchor for row in self.sure})

    @cached_property
    def end(self) -> float:
        """Return where the axis ends on both sides: beyond all intervals of rows that differ, or beyond most others."""
        bounds = sorted(abs(bound) for row in self.sure or self.unsure for bound in _relative_bounds(row))
        furthest = bounds[-1 if self.sure else len(bounds) * 3 // 4] if bounds else 0.5
        return next((end for end in AXIS_ENDS if end >= furthest), AXIS_ENDS[-1])

    @property
    def ticks(self) -> list[tuple[float, float]]:
        """Return the places of five ticks, in percent of the axis, and their values."""
        return [(round(50 + 42 * part, 1), part * self.end) for part in (-1, -0.5, 0, 0.5, 1)]

    def mark(self, row: Effect) -> EffectMark | None:
        """Return where the row lies on the axis, or None if it has no place there."""
        bounds = _relative_bounds(row)
        if row.relative is None or not bounds:
            return None
        at, low, high = (self._place(value) for value in (row.relative, *bounds))
        return EffectMark(at, low, high, is_cut=max(map(abs, bounds)) > self.end * 1.15)

    def _place(self, value: float) -> float:
        return round(50 + 42 * min(max(value / self.end, -1.15), 1.15), 1)

    @property
    def told(self) -> list[tuple[str, str]]:
        """Return the largest differences of each group, in words: its letter, and what is different in it."""
        found: dict[str, list[Effect]] = {}
        for row in self.sure:
            found.setdefault(row.difference.group.letter, []).append(row)
        return [(letter, " and ".join(row.told for row in _told_rows(rows))) for letter, rows in sorted(found.items())]


def _told_rows(rows: Sequence[Effect]) -> list[Effect]:
    """Choose what a headline mentions: parts only without their wholes, and first what is better or worse."""
    wholes = [row for row in rows if row.name not in PARTS_OF_WHOLES] or rows
    return sorted(wholes, key=lambda row: not row.judgement)[:MAX_TOLD]


def _rows(comparison: CohortComparison) -> Iterator[Effect]:
    for measure in comparison.measures:
        for place, difference in enumerate(measure.differences, start=1):
            yield _row_of_measure(measure, place, difference)
    for mix in comparison.mixes:
        if mix.kind == MixKind.OUTCOME:
            yield from _rows_of_outcome(mix)


def _row_of_measure(measure: Measure, place: int, difference: Difference) -> Effect:
    first, other = measure.summaries[0], measure.summaries[place]
    return Effect(
        label=measure.label,
        anchor=measure.anchor,
        name=measure.name,
        kind=measure.kind,
        statistic=measure.statistic,
        before=first.of(measure.statistic),
        after=other.of(measure.statistic),
        unknown_counts=(first.unknown_count, other.unknown_count),
        difference=difference,
    )


def _rows_of_outcome(mix: Mix) -> Iterator[Effect]:
    for value in mix.values:
        for cell, difference in zip(value.cells[1:], value.differences, strict=True):
            yield Effect(
                label=FAILED_ROW_LABEL,
                anchor=mix.anchor,
                name=mix.name,
                kind=None,
                statistic=Statistic.SHARE,
                before=value.cells[0].share.value,
                after=cell.share.value,
                unknown_counts=(0, 0),
                difference=difference,
            )


def _relative_bounds(row: Effect) -> list[float]:
    found = row.difference.interval
    if row.relative is None or found is None or found.low is None or found.high is None or not row.before:
        return []
    return [found.low / row.before, found.high / row.before]
