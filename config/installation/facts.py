"""What the status page and the doctor say: facts, each with a state, and what to do if it is not fine."""

from dataclasses import dataclass, field
from enum import StrEnum


class FactState(StrEnum):
    """How a part of the installation is."""

    FINE = "fine"
    WARNING = "warning"
    BROKEN = "broken"


@dataclass(frozen=True)
class Fact:
    """One thing that was found. `advice` says what to do; only what is fine needs none."""

    name: str
    shown: str
    state: FactState = FactState.FINE
    advice: str = ""


@dataclass(frozen=True)
class FactGroup:
    """Facts under one title."""

    title: str
    facts: list[Fact] = field(default_factory=list)

    @property
    def slug(self) -> str:
        """The title as an anchor."""
        return self.title.lower().replace(" ", "-")


def worst(facts: list[Fact]) -> FactState:
    """Return the worst state of some facts."""
    states = {fact.state for fact in facts}
    return next((state for state in (FactState.BROKEN, FactState.WARNING) if state in states), FactState.FINE)
