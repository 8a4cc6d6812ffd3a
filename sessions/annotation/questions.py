"""What people are asked: a score config as a question, with the answers to choose from."""

from dataclasses import dataclass

from sessions.models import DataType, ScoreConfig
from tracing.models import Score

CANNOT_TELL = "Can’t tell"
SCALE_ENDS = range(2, 10)  # of a scale from 1, whose steps are digits


@dataclass(frozen=True)
class ConfigQuestion:
    """A config to answer, with the person's answer so far."""

    config: ScoreConfig
    own: Score | None

    @property
    def choices(self) -> list[tuple[str, str, bool]]:
        """Return value, label, and whether it is chosen, for each choice; the last one is "cannot tell"."""
        if self.config.data_type == DataType.BOOLEAN:
            offered = [("1", "Yes", "True"), ("0", "No", "False")]
        elif self.config.data_type == DataType.CATEGORICAL:
            offered = [(label, label, label) for label in (c["label"] for c in self.config.categories)]
        elif self.is_scale:
            steps = [str(step) for step in range(1, round(self.config.max_value or 0) + 1)]
            return [*((step, step, self.text == step) for step in steps), ("?", CANNOT_TELL, self.is_unsure)]
        else:
            return []
        own = self.own.string_value if self.own else None
        chosen = [(f"={value}", label, own == stored) for value, label, stored in offered]
        return [*chosen, ("?", CANNOT_TELL, self.is_unsure)]

    @property
    def is_scale(self) -> bool:
        """Whether it is answered by a digit from 1 to at most 9. An answer between two steps is kept as it is typed."""
        least, most = self.config.min_value, self.config.max_value
        is_between = self.text not in ("", *map(str, range(10)))
        return self.config.data_type == DataType.NUMERIC and least == 1 and most in SCALE_ENDS and not is_between

    @property
    def is_unsure(self) -> bool:
        return self.own is not None and self.own.is_unsure

    @property
    def text(self) -> str:
        if self.own is None or self.own.is_unsure:
            return ""
        return f"{self.own.value:.15g}" if self.own.value is not None else self.own.string_value or ""
