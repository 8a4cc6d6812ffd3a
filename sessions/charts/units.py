"""How the values of a chart are written: exactly, and short enough for an axis."""

from collections.abc import Callable
from decimal import Decimal
from enum import StrEnum

from sessions.formatting import axis_label, quantity
from sessions.models.properties import PropertyKind
from tracing.formatting import count, decimal, duration, money, short_number


class ChartUnit(StrEnum):
    """What a value counts. Shares are of 1, durations in milliseconds, money in US dollars."""

    COUNT = "count"
    MONEY = "money"
    DURATION = "duration"
    SHARE = "share"
    NUMBER = "number"


def written(value: float | Decimal | None, unit: ChartUnit) -> str:
    """Return the value for people, or "" for None."""
    return "" if value is None else _WRITTEN[unit](value)


def on_axis(value: float, unit: ChartUnit) -> str:
    """Return the value as a tick of an axis has it."""
    return _ON_AXIS[unit](value)


def share(value: float | Decimal) -> str:
    """Return a share of 1 as `12%` or `3.4%`."""
    percent = float(value) * 100
    return f"{percent:.0f}%" if percent in (0, 100) or percent >= 99.95 else f"{percent:.1f}%"


def _money(value: float | Decimal) -> str:
    return money(value if isinstance(value, Decimal) else Decimal(repr(value)))


def _number(value: float | Decimal) -> str:
    return decimal(value) if isinstance(value, Decimal) else quantity(value, PropertyKind.NUMBER)


_WRITTEN: dict[ChartUnit, Callable[[float | Decimal], str]] = {
    ChartUnit.COUNT: lambda value: count(round(value)),
    ChartUnit.MONEY: _money,
    ChartUnit.DURATION: lambda value: duration(float(value)),
    ChartUnit.SHARE: share,
    ChartUnit.NUMBER: _number,
}
_ON_AXIS: dict[ChartUnit, Callable[[float], str]] = {
    ChartUnit.COUNT: lambda value: count(round(value)) if abs(value) < 10_000 else short_number(round(value, 6)),
    ChartUnit.MONEY: lambda value: axis_label(Decimal(f"{value:.10f}"), PropertyKind.MONEY) if value else "$0",
    ChartUnit.DURATION: lambda value: axis_label(Decimal(round(value)), PropertyKind.DURATION) if value else "0",
    ChartUnit.SHARE: lambda value: f"{round(value * 100, 4):g}%",
    ChartUnit.NUMBER: lambda value: short_number(round(value, 9)),
}
