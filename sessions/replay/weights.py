"""How much HTML the texts of a turn take, so that no window is larger than a reader's browser likes."""

from tracing.reading.messages import Call, Message
from tracing.reading.texts import Shown
from tracing.reading.turns import Spoken, TurnReading

TURN, MESSAGE, CALL = 5_500, 900, 300  # characters of HTML around the texts


def weight(reading: TurnReading) -> int:
    """Return about how many characters of HTML a turn takes."""
    return sum(map(_weight, (reading.input, reading.output))) + sum(map(_call, reading.tools))


def _weight(spoken: Spoken | None) -> int:
    shown: Shown | None = spoken.shown if spoken else None
    if shown is None:
        return 0
    return _length(shown.body) + sum(map(_message, shown.messages))


def _message(message: Message) -> int:
    return MESSAGE + _length(message.body) + _length(message.reasoning) + sum(map(_call, message.calls))


def _call(call: Call) -> int:
    return CALL + _length(call.arguments) + _length(call.result)


def _length(body: object) -> int:
    html, text = getattr(body, "html", None), getattr(body, "text", "")
    return len(html if html is not None else text)
