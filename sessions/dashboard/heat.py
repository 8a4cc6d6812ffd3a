"""The hours of the week in which sessions begin.

A cell links to its sessions if a query can name each time at which its hour occurred."""

from collections.abc import Sequence
from datetime import datetime

from django.utils import timezone

from sessions.charts.mixes import DAY_NAMES, HourCell
from sessions.dashboard.links import Links
from sessions.dashboard.steps import TimeStep, hours_of_the_week, said
from sessions.query.grammar import Either, FieldComparison, Node, Operator


def cells_of(links: Links, steps: Sequence[TimeStep], counts: Sequence[Sequence[int]]) -> list[HourCell]:
    """Return the hours of the week, from Monday on."""
    first, last = steps[0].start, steps[-1].end
    return [
        HourCell(day, hour, counts[day][hour], _query(links, first, last, day, hour) if counts[day][hour] else "")
        for day in range(len(DAY_NAMES))
        for hour in range(24)
    ]


def zone_words() -> str:
    """Return the zone in which hours are counted, such as `Lisbon time`."""
    name = timezone.get_current_timezone_name()
    return "UTC" if name == "UTC" else f"{name.rpartition('/')[2].replace('_', ' ')} time"


def _query(links: Links, first: datetime, last: datetime, day: int, hour: int) -> str:
    times: list[Node] = [
        FieldComparison("created", Operator.HAS, (said(start, end),))
        for start, end in hours_of_the_week(first, last, day, hour)
    ]
    if not times or not links.can_take(len(times)):
        return ""
    return links.to(Either(tuple(times)) if len(times) > 1 else times[0])
