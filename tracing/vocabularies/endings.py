"""Reads the texts of a span whose library no dialect knows, from keys that end like `some.library.run.input`."""

from collections.abc import Iterable
from typing import Any

from tracing.vocabularies.messages import json_answered, json_asked
from tracing.vocabularies.speech import says_nothing
from tracing.vocabularies.tables import AttributeReadings, Excerpt

SIDE_BY_ENDING = {
    **dict.fromkeys(("input", "input_json", "inputs"), "input"),
    **dict.fromkeys(("output", "output_json", "outputs"), "output"),
}
TEXT_ENDINGS = tuple(f".{ending}" for ending in SIDE_BY_ENDING)
TEXT_READERS = {"input": json_asked, "output": json_answered}
OTHER_KEYS = ("usage", "token", "cost", "size", "count", "metadata")  # parts of keys whose values are no texts


def keys_of_texts(keys: Iterable[str]) -> tuple[tuple[str, str], ...]:
    """Return the keys that end like that of a text, each with its side."""
    ending = (key for key in keys if key.endswith(TEXT_ENDINGS) and not any(map(key.__contains__, OTHER_KEYS)))
    return tuple((key, SIDE_BY_ENDING[key[key.rindex(".") + 1 :]]) for key in ending)


def add_texts_by_endings(attributes: dict[str, Any], found: AttributeReadings) -> None:
    """Add the sides that no dialect has read, each from its first attribute with a text."""
    for key, side in found.ending:
        value = attributes[key]
        if side in found.said or key in found.texts or not isinstance(value, str | list | dict):
            continue
        read = TEXT_READERS[side](value)
        if read is None or says_nothing(text := str(read)):
            continue
        found.said[side] = text
        found.texts.add(key)
        if not isinstance(read, Excerpt):
            found.taken.add(key)
