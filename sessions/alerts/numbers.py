"""Bounds as people write and read them, in the unit of what is measured."""

from decimal import Decimal

from sessions.alerts.measuring import measure_of
from sessions.alerts.refusals import AlertRefused
from sessions.charts.units import ChartUnit
from sessions.models import Alert
from sessions.query import values
from sessions.query.values import NoValue

UNIT_HINTS = {
    ChartUnit.SHARE: "percent",
    ChartUnit.MONEY: "US dollars",
    ChartUnit.DURATION: "a time such as 30s or 2m",
}
PERCENT = Decimal(100)


def unit_of(alert: Alert) -> ChartUnit:
    """Return the unit of the alert's bound. A change is a share."""
    measure = measure_of(alert)
    return ChartUnit.SHARE if measure is None or alert.is_relative else measure.unit


def read_bound(alert: Alert, text: str, field: str = "bound") -> Decimal | None:
    """Parse a bound, None for "". Raise AlertRefused."""
    text = text.strip()
    if not text:
        return None
    try:
        match unit_of(alert):
            case ChartUnit.SHARE:
                return values.number(text.removesuffix("%").strip()) / PERCENT
            case ChartUnit.DURATION:
                return Decimal(values.milliseconds(text.replace(" ", "")))
        return values.number(text)
    except NoValue as error:
        raise AlertRefused(f"“{text}” is not {error}.", field) from error


def write_bound(alert: Alert, value: Decimal | None) -> str:
    """Return a bound as `read_bound` takes it."""
    if value is None:
        return ""
    match unit_of(alert):
        case ChartUnit.SHARE:
            return _plain(value * PERCENT)
        case ChartUnit.DURATION:
            return f"{_plain(value / 1000)}s"
    return _plain(value)


def _plain(value: Decimal) -> str:
    return f"{value.normalize():f}"
