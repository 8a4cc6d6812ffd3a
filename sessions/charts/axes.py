"""Value axes: round ticks, and where a value lies between the lowest and the highest of them."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sessions.charts.units import ChartUnit, on_axis

INTERVALS = 4  # between the ticks of a linear axis, about
ROUND_TICK_STEPS = (1, 1.5, 2, 2.5, 3, 4, 5, 6, 8, 10)
WHOLE_STEPS = (1, 2, 3, 4, 5, 6, 8, 10)  # below ten of what is counted
_SECOND, _MINUTE, _HOUR, _DAY = 1_000.0, 60_000.0, 3_600_000.0, 86_400_000.0
TIME_STEPS = (
    *(unit * times for unit in (_SECOND, _MINUTE) for times in (1, 2, 3, 5, 10, 15, 20, 30)),
    *(_HOUR * times for times in (1, 2, 3, 6, 12)),
)
TIME_MARKS = (
    *(1.0, 10.0, 100.0, 500.0, _SECOND, 5 * _SECOND, 30 * _SECOND, 2 * _MINUTE, 10 * _MINUTE, _HOUR, 6 * _HOUR),
    *(_DAY, 7 * _DAY, 30 * _DAY, 365 * _DAY),
)
MOST_MARKS = 6  # of a logarithmic axis
SPREAD = 12.0  # from this ratio of the largest to the smallest value on, durations have a logarithmic axis


@dataclass(frozen=True)
class Axis:
    """An axis from `low` to `high`; `ticks` are values with their text, from the lowest up."""

    low: float
    high: float
    ticks: list[tuple[float, str]]
    is_logarithmic: bool = False

    def place(self, value: float) -> float:
        """Return where a value lies, from 0 at the lowest tick to 1 at the highest."""
        if self.is_logarithmic:
            low, high = math.log(self.low), math.log(self.high)
            return (math.log(max(value, self.low)) - low) / (high - low)
        return (value - self.low) / (self.high - self.low)


def axis_of(values: Iterable[float | None], unit: ChartUnit, *, may_be_logarithmic: bool = False) -> Axis:
    """Return the axis for values. It includes zero unless it is logarithmic, which only durations can have."""
    known = [float(value) for value in values if value is not None and math.isfinite(value)]
    positive = [value for value in known if value > 0]
    if may_be_logarithmic and unit == ChartUnit.DURATION and positive and max(positive) / min(positive) > SPREAD:
        return _logarithmic(min(positive), max(positive), unit)
    low, high = min([0.0, *known]), max([0.0, *known])
    step = _step((high - low) / INTERVALS, unit)
    first, last = math.floor(low / step), max(math.ceil(round(high / step, 9)), math.floor(low / step) + 1)
    ticks = [(number * step, on_axis(number * step, unit)) for number in range(first, last + 1)]
    return Axis(first * step, last * step, ticks)


def spaced(count: int, most: int) -> Sequence[int]:
    """Return the places of at most `most` labels among `count`, equally far apart."""
    return range(0, count, max(1, math.ceil(count / most)))


def _step(rough: float, unit: ChartUnit) -> float:
    if unit == ChartUnit.DURATION and _SECOND < rough <= TIME_STEPS[-1]:
        return next(step for step in TIME_STEPS if step >= rough)
    if unit == ChartUnit.DURATION and rough > TIME_STEPS[-1]:
        return _DAY * _round(rough / _DAY)
    if unit == ChartUnit.COUNT and rough <= WHOLE_STEPS[-1]:
        return next(float(step) for step in WHOLE_STEPS if step >= rough)
    if unit == ChartUnit.SHARE:
        return min(max(_round(rough), 0.0025), 0.25)
    return _round(rough or 1.0)


def _round(rough: float) -> float:
    """Return the smallest round number that is at least `rough`."""
    if not rough:
        return 0.0
    power = 10.0 ** math.floor(math.log10(rough))
    return power * next((step for step in ROUND_TICK_STEPS if step * power >= rough * (1 - 1e-9)), 10)


def _logarithmic(low: float, high: float, unit: ChartUnit) -> Axis:
    below = [mark for mark in TIME_MARKS if mark <= low] or [TIME_MARKS[0]]
    above = [mark for mark in TIME_MARKS if mark >= high] or [max(high, TIME_MARKS[-1])]
    marks = [mark for mark in TIME_MARKS if below[-1] <= mark <= above[0]]
    if marks[-1] < above[0]:
        marks.append(above[0])
    shown = [marks[place] for place in spaced(len(marks), MOST_MARKS)]
    lowest = min(below[-1], low)
    return Axis(lowest, marks[-1], [(mark, on_axis(mark, unit)) for mark in shown], is_logarithmic=True)
