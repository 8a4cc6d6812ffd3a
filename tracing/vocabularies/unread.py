"""What somebody sent and nobody reads, or what is shown otherwise, so that it is named."""

from tracing.records import RawSpan, SpanRecord
from tracing.vocabularies.readers import HALF_CHARACTER, decimal
from tracing.vocabularies.speech import mended

COST_WORD = "cost"
JSON_MARKS = ("[", "{", '"')
HALF_CHARACTER_MARK = "\ufffd"  # what stands for half a character
MENDED_CHARACTERS = 20_000  # of a text, in which escapes are looked for


def unread_costs(span: RawSpan, record: SpanRecord) -> list[str]:
    """Return the costs among a span's attributes, each with its key, if the record has none of them."""
    if record.total_cost is not None or record.input_cost is not None or record.output_cost is not None:
        return []
    named = ((key, value) for key, value in span.attributes.items() if COST_WORD in key or COST_WORD in key.lower())
    return [f"{key}={value}" for key, value in named if decimal(value)]


def repairs(record: SpanRecord) -> list[str]:
    """Return the places where texts of a record have broken characters, which are shown as what was meant."""
    texts = [text for text in (record.input, record.output) if text is not None]
    return [text[max(0, place - 20) :] for text in texts if (place := _broken_place(text)) >= 0]


def _broken_place(text: str) -> int:
    """Return where a text has half a character or one that was escaped once too often, or -1."""
    if not text.isascii():
        return text.find(HALF_CHARACTER_MARK)
    escape = "\\\\u" if text[:1] in JSON_MARKS else "\\u"  # in JSON, an escape is right and two are one too many
    place = text.find(escape)
    if place >= 0 and mended(part := text[place : place + MENDED_CHARACTERS]) != part:
        return place
    half = HALF_CHARACTER.search(text) if "\\u" in text else None
    return half.start() if half else -1
