"""The edge of a window of turns, as an address carries it."""

from dataclasses import dataclass
from datetime import datetime

from projects.values import moment_in, whole_number
from tracing.reading.exchanges import trace_ids_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Cursor:
    """The edge of a window, as a URL carries it: `<number>~<end so far>~<start of its trace>~<id of the turn>`."""

    number: int
    ended_at: datetime
    started_at: datetime
    turn_id: str

    def __str__(self) -> str:
        return f"{self.number}~{self.ended_at.isoformat()}~{self.started_at.isoformat()}~{self.turn_id}"

    @property
    def trace_ids(self) -> list[str]:
        """Return the ids that the turn's trace may have."""
        return trace_ids_of(self.turn_id)

    @classmethod
    def read(cls, text: str) -> "Cursor | None":
        """Return the cursor in a text, or None if it is none: the page then starts at the beginning."""
        try:
            number, ended, started, turn_id = text.split("~", 3)
        except ValueError:
            return None
        counted, ended_at, started_at = whole_number(number), moment_in(ended), moment_in(started)
        if counted is None or ended_at is None or started_at is None:
            return None
        return cls(number=counted, ended_at=ended_at, started_at=started_at, turn_id=turn_id)
