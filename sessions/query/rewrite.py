"""Changes of a query's text for links: add or remove a condition. A text that cannot be read stays as it is."""

from collections.abc import Callable
from dataclasses import replace

from sessions.query.grammar import All, Either, FieldComparison, Nested, Node, Not, Operator, QueryError, Word
from sessions.query.parsing import parse
from sessions.query.writing import quoted, write

__all__ = ["holds", "parts_of", "quoted", "with_leaves", "with_part", "with_value", "without_part", "without_value"]


def parts_of(text: str) -> tuple[Node, ...]:
    """Return the conditions that must all hold, or none if the text cannot be read."""
    try:
        node = parse(text)
    except QueryError:
        return ()
    if node is None:
        return ()
    return node.parts if isinstance(node, All) else (node,)


def with_part(text: str, part: Node) -> str:
    parts = parts_of(text)
    return text if part in parts else written([*parts, part])


def without_part(text: str, part: Node) -> str:
    left = [other for other in parts_of(text) if other != part]
    return written(left)


def written(parts: "list[Node]") -> str:
    return write(All(tuple(parts))) if len(parts) > 1 else write(parts[0] if parts else None)


def with_leaves(node: Node, change: Callable[[Word | FieldComparison], Node]) -> Node:
    """Return the query with each of its words and comparisons changed."""
    match node:
        case Nested() | Not():
            return replace(node, inside=with_leaves(node.inside, change))
        case All() | Either():
            return replace(node, parts=tuple(with_leaves(part, change) for part in node.parts))
        case _:
            return change(node)


def value_of(name: str, value: str, *, is_negated: bool = False) -> Node:
    """Return the condition for a value of a facet."""
    name, _, key = name.partition(".")
    found = FieldComparison(name, Operator.HAS, (value,), key)
    return Not(found) if is_negated else found


def holds(text: str, name: str, value: str, *, is_negated: bool = False) -> bool:
    return value_of(name, value, is_negated=is_negated) in parts_of(text)


def with_value(text: str, name: str, value: str, *, is_negated: bool = False) -> str:
    """Add the condition for a value and remove the opposite one."""
    text = without_part(text, value_of(name, value, is_negated=not is_negated)) if parts_of(text) else text
    return with_part(text, value_of(name, value, is_negated=is_negated))


def without_value(text: str, name: str, value: str) -> str:
    """Remove the conditions for a value and against it."""
    for is_negated in (False, True):
        if holds(text, name, value, is_negated=is_negated):
            text = without_part(text, value_of(name, value, is_negated=is_negated))
    return text
