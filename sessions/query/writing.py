"""Parts -> text: what `parse` reads back as the same parts."""

import re

from sessions.query.grammar import All, Either, FieldComparison, Nested, Node, Not, Operator, SetChoice, Word
from sessions.query.parsing import BARE, QUERY_KEYWORDS, QUERY_SCOPES, compared_at

PLAIN_VALUE = re.compile(r'[^\s(),"\\]+')
PLAIN_KEY = re.compile(r'[^\s:=<>!()",]+')
PLAIN_WORD = re.compile(BARE)
OPERATOR = re.compile(r"[=<>]|!=|//")
SET_CHOICES = frozenset(SetChoice)


def write(node: Node | None) -> str:
    match node:
        case None:
            return ""
        case Word():
            return _word(node)
        case FieldComparison():
            return _comparison(node)
        case Nested():
            return f"{node.scope}({write(node.inside)})"
        case Not():
            return "-" + _grouped(node.inside, All | Either)
        case All():
            return " ".join(_grouped(part, All | Either) for part in node.parts)
        case Either():
            return " OR ".join(_grouped(part, Either) for part in node.parts)


def quoted(value: str) -> str:
    """Write a value as it stands after an operator."""
    if PLAIN_VALUE.fullmatch(value) and value.lower() not in SET_CHOICES:
        return value
    return _in_quotes(value)


def _comparison(node: FieldComparison) -> str:
    key = node.key and "." + (node.key if PLAIN_KEY.fullmatch(node.key) else _in_quotes(node.key))
    values = ",".join(quoted(value) for value in node.values)
    if node.choice != SetChoice.ANY:
        values = f"{node.choice}({values})"
    operator = node.operator if node.operator == Operator.HAS else f" {node.operator} "
    if node.operator == Operator.HAS and OPERATOR.match(values):
        values = _in_quotes(node.value) + values[len(quoted(node.value)) :]
    return f"{node.name}{key}{operator}{values}"


def _word(node: Word) -> str:
    if node.is_phrase or not _stays_word(node.text + "*" * node.is_prefix):
        return _in_quotes(node.text)
    return node.text + "*" * node.is_prefix


def _stays_word(text: str) -> bool:
    starts = tuple(f"{scope}(" for scope in QUERY_SCOPES)
    is_plain = PLAIN_WORD.fullmatch(text) and text not in QUERY_KEYWORDS and not compared_at(text, 0)
    return (
        bool(is_plain) and not text.lower().startswith((*starts, *"<>=!")) and (text == "-" or not text.startswith("-"))
    )


def _grouped(node: Node, kinds: object) -> str:
    text = write(node)
    return f"({text})" if isinstance(node, kinds) else text  # type: ignore[arg-type]


def _in_quotes(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
