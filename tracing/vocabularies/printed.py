"""Reads values as Python prints them: literals, and objects such as `AIMessage(content='Hi', id='1')`.

Nothing is evaluated. Each character is read once, and a text that is too long, nested too deeply or of another kind is
no printed value."""

import re
from collections.abc import Callable
from typing import Any

MAX_PRINTED_CHARACTERS = 200_000
MAX_PRINTED_DEPTH = 40
# How printed values begin: `{'a': ...`, `[Name(...`, `content='...' id=...`, `Name(field=...`, `Name('...`.
PRINTED_HEAD = re.compile(
    r"[\[({\s]{0,8}+(?:'[^'\n]{0,99}+'\s?[:,]|[A-Za-z_][\w.]{0,99}+(?:\(\s{0,8}+(?:[A-Za-z_]\w{0,99}+=|['\"\[{)])|=['\"\[]))"
)
JSON_HEADS = ('{"', '[{"', '["', '"')
TOKEN = re.compile(
    r"\s*+(?:(?P<text>[bBuUrRfF]{0,2}+(?:'(?:[^'\\]++|\\.)*+'|\"(?:[^\"\\]++|\\.)*+\"))"
    r"|(?P<number>[+-]?+\d[\w.]*+(?:[+-]\d++)?+)|(?P<name>[A-Za-z_][\w.]*+)"
    r"|<(?:[\w.]++:\s(?=['\"\d]))|(?P<object><(?:[^<>]++|<[^<>]*+>)*+>)|(?P<mark>[\[\](){}:,=>]))",
    re.DOTALL,
)
ESCAPE = re.compile(r"\\(x[0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8}|[0-7]{1,3}|.)", re.DOTALL)
ESCAPED = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f", "a": "\a", "v": "\v", "\n": ""}
PRINTED_CONSTANTS = {"True": True, "False": False, "None": None, "nan": None, "inf": None, "true": True, "false": False}
CLASS_KEY = "type"  # under which the name of an object's class is
CLOSING = {"[": "]", "(": ")", "{": "}"}


class Unprinted(ValueError):
    """The text is not what Python prints."""


def is_printed(text: str) -> bool:
    """Return whether a text begins like a printed value."""
    return not text.startswith(JSON_HEADS) and PRINTED_HEAD.match(text) is not None


def unprinted(text: str) -> Any:
    """Return the value that was printed, or None if the text is something else.

    An object becomes a dictionary of its fields, with the name of its class under `type` if it has no such field.
    Fields without an object, `content='Hi' id='1'`, are a dictionary, too."""
    if len(text) > MAX_PRINTED_CHARACTERS or not is_printed(text):
        return None
    try:
        return _Reading(text).whole()
    except (Unprinted, OverflowError):
        return None


class _Reading:
    """A text, the place that is reached in it, and the token there."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.end = 0
        self.kind: str | None = ""
        self.token = ""
        self._advance()

    def whole(self) -> Any:
        if self.kind == "name" and self.token not in PRINTED_CONSTANTS and self.text.startswith("=", self.end):
            return self._fields(None, 0)
        value = self._value(0)
        if self.kind is not None:
            raise Unprinted
        return value

    def _advance(self) -> None:
        found = TOKEN.match(self.text, self.end)
        if found is None:
            if self.text[self.end :].strip():
                raise Unprinted
            self.kind, self.token = None, ""
        elif found.lastgroup is None:  # the head of a member of an enumeration, `<Role.USER: 'user'>`
            self.kind, self.token, self.end = "enum", "<", found.end()
        else:
            self.kind, self.token, self.end = found.lastgroup, found[found.lastgroup], found.end()

    def _take(self, mark: str) -> bool:
        """Go on if the token is this mark, and return whether it was."""
        if self.kind == "mark" and self.token == mark:
            self._advance()
            return True
        return False

    def _value(self, depth: int) -> Any:
        kind, token = self.kind, self.token
        if kind is None or depth > MAX_PRINTED_DEPTH:
            raise Unprinted
        self._advance()
        if kind == "text":
            return self._texts(token)
        if kind == "number":
            return _number(token)
        if kind == "object":
            return None
        if kind == "enum":
            value = self._value(depth + 1)
            if not self._take(">"):
                raise Unprinted
            return value
        if kind == "name":
            return self._named(token, depth)
        if token in CLOSING:
            return self._braced(depth) if token == "{" else self._listed(CLOSING[token], depth)
        raise Unprinted

    def _texts(self, token: str) -> str:
        """Return a text, and those that follow it directly, which Python reads as one."""
        pieces = [_unquoted(token)]
        while self.kind == "text":
            pieces.append(_unquoted(self.token))
            self._advance()
        return "".join(pieces)

    def _named(self, name: str, depth: int) -> Any:
        if name in PRINTED_CONSTANTS:
            return PRINTED_CONSTANTS[name]
        if not self._take("("):
            return name
        fields = self._fields(")", depth + 1)
        values = fields.pop("", None)
        if values is not None and not fields:
            return values[0] if len(values) == 1 else values
        return {CLASS_KEY: name.rpartition(".")[2], **fields}

    def _fields(self, closing: str | None, depth: int) -> dict[str, Any]:
        """Return `name=value` of an object; values without a name are a list under ""."""
        fields: dict[str, Any] = {}
        while not (self.kind is None if closing is None else self._take(closing)):
            if self.kind == "name" and self.text.startswith("=", self.end):
                name = self.token.lstrip("_")
                self._advance()
                self._advance()
                fields[name] = self._value(depth + 1)
            elif closing is None:
                raise Unprinted
            else:
                fields.setdefault("", []).append(self._value(depth + 1))
            self._take(",")
        return fields

    def _listed(self, closing: str, depth: int) -> list[Any]:
        items: list[Any] = []
        while not self._take(closing):
            items.append(self._value(depth + 1))
            if not self._take(",") and not (self.kind == "mark" and self.token == closing):
                raise Unprinted
        return items

    def _braced(self, depth: int) -> Any:
        """Return a dictionary, or the members of a set as a list."""
        pairs: dict[str, Any] = {}
        members: list[Any] = []
        while not self._take("}"):
            item = self._value(depth + 1)
            if self._take(":"):
                pairs[str(item)] = self._value(depth + 1)
            else:
                members.append(item)
            if not self._take(",") and not (self.kind == "mark" and self.token == "}"):
                raise Unprinted
        return members or pairs


def _unquoted(token: str) -> str:
    start = min(place for mark in "'\"" if (place := token.find(mark)) >= 0)
    inner = token[start + 1 : -1]
    if "\\" not in inner or "r" in token[:start].lower():
        return inner
    return ESCAPE.sub(_unescaped, inner)


def _unescaped(found: re.Match[str]) -> str:
    code = found[1]
    if code[0] in "xuU" and len(code) > 1:
        number = int(code[1:], 16)
        return chr(number) if number <= 0x10FFFF else "\ufffd"
    if code[0] in "01234567":
        return chr(int(code, 8))
    return ESCAPED.get(code, code if code in "\\'\"" else found[0])


def _number(token: str) -> Any:
    readers: tuple[Callable[[str], Any], ...] = (int, float)
    for read in readers:
        try:
            return read(token)
        except ValueError:
            continue
    return token
