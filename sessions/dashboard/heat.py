"""The hours of the week in which sessions begin.

A cell links to its sessions if a query can name each time at which its hour occurred."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sessions.dashboard.links import Links
from sessions.dashboard.steps import TimeStep, hours_of_the_week, said
from sessions.query.grammar import Either, FieldComparison, Node, Operator

WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


@dataclass(frozen=True, kw_only=True)
class HeatCell:
    """An hour of the week.

    `query` is empty if nothing began in it, or if its times are too many to name."""

    day: str
    hour: int
    count: int
    query: str


def cells_of(links: Links, steps: Sequence[TimeStep], counts: Sequence[Sequence[int]]) -> list[list[HeatCell]]:
    """Return the cells of each day, Monday first."""
    first, last = steps[0].start, steps[-1].end
    return [
        [
            HeatCell(day=name, hour=hour, count=number, query=_query(links, first, last, day, hour) if number else "")
            for hour, number in enumerate(counts[day])
        ]
        for day, name in enumerate(WEEKDAYS)
    ]


def _query(links: Links, first: datetime, last: datetime, day: int, hour: int) -> str:
    times: list[Node] = [
        FieldComparison("created", Operator.HAS, (said(start, end),))
        for start, end in hours_of_the_week(first, last, day, hour)
    ]
    if not times or not links.can_take(len(times)):
        return ""
    return links.to(Either(tuple(times)) if len(times) > 1 else times[0])
