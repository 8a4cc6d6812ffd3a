"""The menus of a comparison's groups, and their entries."""

from dataclasses import dataclass
from datetime import date

from projects.range_picker import RangePicker
from sessions.cohorts.groups import LETTERS


@dataclass(frozen=True)
class Choice:
    """One entry of a menu: the comparison that it leads to."""

    label: str
    query: str
    note: str = ""
    is_current: bool = False


@dataclass(frozen=True, kw_only=True)
class Picker:
    """The menu of one group, or of one that could be added."""

    place: int
    label: str
    note: str
    sections: list[tuple[str, list[Choice]]]
    others: list[str]  # what stands for the groups before it
    following: list[str]  # and after it
    without: str  # the comparison without this group, or nothing
    days: RangePicker | None  # of a period
    days_before: list[tuple[date, date]]  # the periods of the groups before it
    days_after: list[tuple[date, date]]

    @property
    def letter(self) -> str:
        return LETTERS[self.place]

    @property
    def colour(self) -> int:
        return self.place + 1
