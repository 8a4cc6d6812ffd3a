"""What a tool was asked and what it answered, each on one short line.

What a person would say of a JSON object are its short values: `order_id: A247-1206`, and `returned, amount: 39.9`."""

from collections.abc import Iterator
from itertools import islice
from typing import Any

from tracing.formatting import counted
from tracing.reading.bodies import parsed, words

GIST_CHARACTERS = 60  # of a line
SHORT_CHARACTERS = 32  # of a value that says something by itself
MAX_GIST_FIELDS = 30  # of an object, looked at
MAX_GIST_DEPTH = 3  # of objects that hold nothing but another


def asked_for(arguments: Any) -> str:
    """Return the arguments of a call: `order_id: 12345, why: late`."""
    if isinstance(arguments, dict):
        first = islice(arguments.items(), GIST_CHARACTERS)  # each argument takes at least two characters
        arguments = ", ".join(f"{name[:GIST_CHARACTERS]}: {_on_a_line(value)}" for name, value in first)
    return _line(_on_a_line(arguments))


def answered(result: Any, arguments: Any = None) -> str:
    """Return what a tool answered: the short values of an object, how many items a list has, or how a text begins.

    A value that repeats an argument says nothing new, and a word needs no key."""
    if isinstance(result, str):
        value = parsed(result)
        result = result if value is None else value
    return _line(", ".join(_parts(result, _values(arguments), 0)))


def _parts(result: Any, known: set[Any], depth: int) -> Iterator[str]:
    if isinstance(result, list):
        yield _counted(len(result))
        if len(result) == 1 and depth < MAX_GIST_DEPTH and isinstance(result[0], dict):
            yield from _parts(result[0], known, depth + 1)
    elif isinstance(result, dict):
        yield from _of_object(result, known, depth)
    elif result is not None:
        yield _on_a_line(result)


def _of_object(result: dict[str, Any], known: set[Any], depth: int) -> Iterator[str]:
    fields = list(islice(result.items(), MAX_GIST_FIELDS))
    told = [said for name, value in fields if (said := _field(name, value, known))]
    if told:
        yield from told
        return
    for name, value in fields:
        if isinstance(value, dict) and value and depth < MAX_GIST_DEPTH:
            yield from _of_object(value, known, depth + 1)
            return
        if isinstance(value, list):
            yield f"{name[:SHORT_CHARACTERS]}: {_counted(len(value))}"
            return
        if isinstance(value, str) and value.strip():
            yield _on_a_line(value)
            return
    if not result:
        yield "empty"


def _field(name: str, value: Any, known: set[Any]) -> str:
    """Return a short value of an object, with its key unless it is a word; "" for what is long or known."""
    if isinstance(value, bool):
        return f"{name[:SHORT_CHARACTERS]}: {'yes' if value else 'no'}"
    if isinstance(value, int | float):
        return "" if value in known else f"{name[:SHORT_CHARACTERS]}: {words(value)}"
    if not isinstance(value, str) or len(value) > SHORT_CHARACTERS or not value.strip() or value in known:
        return ""
    said = " ".join(value.split())
    return said if said[0].isalpha() else f"{name[:SHORT_CHARACTERS]}: {said}"


def _values(arguments: Any) -> set[Any]:
    """Return the short values among the arguments of a call."""
    fields = islice(arguments.values(), MAX_GIST_FIELDS) if isinstance(arguments, dict) else ()
    return {value for value in fields if isinstance(value, str | int | float) and not isinstance(value, bool)}


def _counted(count: int) -> str:
    return counted(count, "item") if count else "empty"


def _on_a_line(value: Any) -> str:
    return " ".join(words(value)[: GIST_CHARACTERS * 4].split())


def _line(text: str) -> str:
    return text if len(text) <= GIST_CHARACTERS else text[: GIST_CHARACTERS - 1] + "…"
