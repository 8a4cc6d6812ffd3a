"""Reads the texts of a span whose library no dialect knows, from keys that end like `some.library.run.input`."""

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


def add_texts_by_endings(attributes: dict[str, Any], found: AttributeReadings) -> None:
    """Add the sides that no dialect has read, each from its first attribute with a text."""
    missing = TEXT_READERS.keys() - found.said.keys()
    if not missing:
        return
    for key, value in attributes.items():
        if not key.endswith(TEXT_ENDINGS):
            continue
        side = SIDE_BY_ENDING[key[key.rindex(".") + 1 :]]
        if side not in missing or not isinstance(value, str | list | dict):
            continue
        if key in found.texts or any(part in key for part in OTHER_KEYS):
            continue
        read = TEXT_READERS[side](value)
        if read is None or says_nothing(text := str(read)):
            continue
        found.said[side] = text
        found.texts.add(key)
        if not isinstance(read, Excerpt):
            found.taken.add(key)
        missing -= {side}
