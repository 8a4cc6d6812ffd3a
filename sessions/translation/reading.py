"""A turn of a conversation as the session page shows it, with translated words."""

from collections.abc import Mapping
from dataclasses import replace

from sessions.translation.planning import PLAN_BUDGET_CHARACTERS
from tracing.reading.bodies import body
from tracing.reading.messages import messages_of
from tracing.reading.sayings import is_conversation, saying
from tracing.reading.texts import Shown
from tracing.reading.turns import Spoken, TurnReading

MAX_WHOLE_TEXT_CHARACTERS = (
    20 * PLAN_BUDGET_CHARACTERS
)  # characters of one text: reading on would read on in the original


def in_other_words(reading: TurnReading, texts: Mapping[str, str]) -> TurnReading:
    """Return a reading with other `texts`, by side.

    A side that has none, or is too long to be shown at once, stays unchanged."""
    return replace(reading, input=_spoken(reading.input, texts), output=_spoken(reading.output, texts))


def _spoken(spoken: Spoken | None, texts: Mapping[str, str]) -> Spoken | None:
    if spoken is None or spoken.shown is None or spoken.side not in texts:
        return spoken
    return replace(spoken, shown=_shown(spoken.shown, texts[spoken.side]))


def _shown(original: Shown, text: str) -> Shown:
    said = saying(text)
    value = said.value
    if not is_conversation(value):
        return replace(original, body=body(said.words, value, MAX_WHOLE_TEXT_CHARACTERS))
    return replace(original, messages=messages_of(value, original.earlier, len(value), MAX_WHOLE_TEXT_CHARACTERS))
