"""Text -> parts, by recursive descent; `sessions/query/writing.py` is the way back.

either     = all ("OR" all)*
all        = unary (["AND"] unary)*
unary      = ("-" | "NOT") unary | "(" either ")" | scope "(" either ")" | comparison | word
comparison = name ["." key] operator values
values     = value ("," value)* | ("any" | "all" | "only") "(" value ("," value)* ")"
"""

import re

from sessions.query.grammar import (
    All,
    Either,
    FieldComparison,
    Nested,
    Node,
    Not,
    Operator,
    QueryError,
    SetChoice,
    TextRange,
    Word,
)

MAX_QUERY_CHARACTERS = 2_000  # characters
MAX_QUERY_DEPTH = 20  # brackets and negations in each other
MOST_PARTS = 60

QUERY_SCOPES = ("trace", "span")
SCOPED = re.compile(rf"({'|'.join(QUERY_SCOPES)})\(", re.IGNORECASE)
ESCAPED_CHARACTER = re.compile(r"\\(.)", re.DOTALL)
QUERY_KEYWORDS = {"OR", "AND", "NOT"}
SPACE = re.compile(r"\s*")
BARE = r'[^\s()"]+'
QUOTED_TEXT = r'"(?P<quoted>(?:[^"\\]|\\.)*)"'
PHRASE = re.compile(QUOTED_TEXT, re.DOTALL)
BARE_WORD = re.compile(BARE)
FIELD_NAME = re.compile(r"(?P<name>[A-Za-z_]\w*)(?:\.(?P<key>[^\s:=<>!()\",]+|\"(?:[^\"\\]|\\.)+\"))?", re.DOTALL)
SPACED = re.compile(r"\s*(>=|<=|!=|>|<|=)\s*")
COLON = re.compile(r":(?!//)(>=|<=|!=|>|<|=)?")  # tag:vip, and cost:>0.5 for those used to it; http:// is a word
SET_CHOICE_PATTERN = re.compile(rf"({'|'.join(SetChoice)})\(", re.IGNORECASE)
VALUE_PATTERN = re.compile(rf'{QUOTED_TEXT}|(?P<bare>[^\s(),"]+)', re.DOTALL)


def parse(text: str) -> Node | None:
    """Parse a query. Return None for an empty one. Raise QueryError."""
    if len(text) > MAX_QUERY_CHARACTERS:
        place = TextRange(MAX_QUERY_CHARACTERS, len(text))
        raise QueryError(
            f"The query is longer than {MAX_QUERY_CHARACTERS:,} characters.", place, "Save the list's view in parts."
        )
    if "\x00" in text:
        place = TextRange(text.index("\x00"), text.index("\x00") + 1)
        raise QueryError("Null characters are not allowed.", place, "Take it out.")
    return _Reader(text).read()


def compared_at(text: str, at: int) -> tuple[re.Match[str], re.Match[str]] | None:
    """Match the name and the operator of a comparison that begins at a place."""
    name = FIELD_NAME.match(text, at)
    operator = name and (COLON.match(text, name.end()) or SPACED.match(text, name.end()))
    return (name, operator) if name and operator and name[0] not in QUERY_KEYWORDS else None


def unquoted(text: str) -> str:
    return ESCAPED_CHARACTER.sub(r"\1", text)


class _Reader:
    """Reads one text from left to right; `at` is the next character."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self.depth = 0
        self.parts = 0

    def read(self) -> Node | None:
        self._skip()
        if self._is_over:
            return None
        found = self._either()
        if not self._is_over:
            raise QueryError("This bracket closes nothing.", self._here, "Remove it, or open one.")
        return found

    def _either(self) -> Node:
        parts = [self._all()]
        while self._takes_word("OR"):
            parts.append(self._all())
        return parts[0] if len(parts) == 1 else Either(tuple(parts))

    def _all(self) -> Node:
        parts = [self._unary()]
        while not self._is_over and self.text[self.at] != ")" and not self._sees_word("OR"):
            self._takes_word("AND")
            parts.append(self._unary())
        return parts[0] if len(parts) == 1 else All(tuple(parts))

    def _unary(self) -> Node:
        self._count()
        if self._is_over or self.text[self.at] == ")" or self._sees_word("OR") or self._sees_word("AND"):
            raise QueryError(
                "A condition is missing here.", TextRange(self.at, self.at + 1), 'Write one, such as "cost > 1".'
            )
        if self._takes_word("NOT") or self._takes_minus():
            self.depth += 1
            inside = self._unary()
            self.depth -= 1
            return Not(inside)
        if self.text[self.at] == "(":
            return self._bracket(self.at)
        return self._nested() or self._comparison() or self._word()

    def _bracket(self, start: int) -> Node:
        self.at = self.text.index("(", start) + 1
        self.depth += 1
        self._skip()
        inside = self._either()
        if self._is_over:
            raise QueryError(
                "This bracket is never closed.", TextRange(start, self.at), "Write ) behind its last condition."
            )
        self.at += 1
        self.depth -= 1
        self._skip()
        return inside

    def _nested(self) -> Nested | None:
        found = SCOPED.match(self.text, self.at)
        if not found:
            return None
        start = self.at
        inside = self._bracket(found.end() - 1)
        return Nested(found[1].lower(), inside, TextRange(start, self.at))

    def _comparison(self) -> FieldComparison | None:
        start, found = self.at, compared_at(self.text, self.at)
        if not found:
            return None
        name, operator = found
        self.at = operator.end()
        key = name["key"] or ""
        given = operator[1] or Operator.HAS
        choice, values, place = self._values()
        comparison = FieldComparison(
            name["name"],
            Operator(given),
            values,
            key=unquoted(key[1:-1]) if key.startswith('"') else key,
            choice=choice,
            place=TextRange(start, self.at),
            value_place=place,
        )
        self._skip()
        return comparison

    def _values(self) -> tuple[SetChoice, tuple[str, ...], TextRange]:
        start, choice = self.at, SET_CHOICE_PATTERN.match(self.text, self.at)
        if choice:
            self.at = choice.end()
            self._skip()
        values = [self._value()]
        while self._takes(",", is_spaced=bool(choice)):
            values.append(self._value())
        if choice and not self._takes(")", is_spaced=True):
            raise QueryError("This list is never closed.", TextRange(start, self.at), "Write ) behind its last value.")
        return SetChoice(choice[1].lower()) if choice else SetChoice.ANY, tuple(values), TextRange(start, self.at)

    def _value(self) -> str:
        self._count()
        found = VALUE_PATTERN.match(self.text, self.at)
        if not found:
            raise QueryError(
                "A value is missing here.",
                TextRange(self.at, self.at + 1),
                'Write one, or put the text that you look for in "".',
            )
        self.at = found.end()
        return found["bare"] if found["quoted"] is None else unquoted(found["quoted"])

    def _word(self) -> Word:
        start = self.at
        if self.text[start] == '"':
            found = PHRASE.match(self.text, start)
            if not found:
                place = TextRange(start, len(self.text))
                raise QueryError("This quotation mark is never closed.", place, 'Write " behind the phrase.')
            self.at = found.end()
            word = Word(unquoted(found["quoted"]), is_phrase=True, place=TextRange(start, self.at))
        elif self.text[start] in "<>=!":
            place = TextRange(start, start + 1)
            raise QueryError("The name of a property is missing.", place, 'To search for the sign, write it in "".')
        else:
            found = BARE_WORD.match(self.text, start)
            assert found, "whatever else begins a part was seen before"
            self.at = found.end()
            text = found[0].rstrip("*")
            word = Word(text or found[0], is_prefix=bool(text) and text != found[0], place=TextRange(start, self.at))
        self._skip()
        return word

    @property
    def _here(self) -> TextRange:
        return TextRange(self.at, self.at + 1)

    @property
    def _is_over(self) -> bool:
        return self.at >= len(self.text)

    def _skip(self) -> None:
        found = SPACE.match(self.text, self.at)
        self.at = found.end() if found else self.at

    def _sees_word(self, word: str) -> bool:
        found = BARE_WORD.match(self.text, self.at)
        return bool(found) and found[0] == word  # type: ignore[index]

    def _takes_word(self, word: str) -> bool:
        if not self._sees_word(word):
            return False
        self.at += len(word)
        self._skip()
        return True

    def _takes_minus(self) -> bool:
        """Take a minus before a condition. One that stands alone is a word."""
        if self.text[self.at] != "-" or self.text[self.at + 1 : self.at + 2].strip() in ("", ")"):
            return False
        self.at += 1
        return True

    def _takes(self, character: str, *, is_spaced: bool) -> bool:
        if is_spaced:
            self._skip()
        if self.text[self.at : self.at + 1] != character:
            return False
        self.at += 1
        if is_spaced and character == ",":
            self._skip()
        return True

    def _count(self) -> None:
        self.parts += 1
        place = TextRange(self.at, len(self.text))
        if self.parts > MOST_PARTS:
            raise QueryError(f"A query has at most {MOST_PARTS} conditions and values.", place, "Leave some out.")
        if self.depth > MAX_QUERY_DEPTH:
            raise QueryError(f"Conditions nest at most {MAX_QUERY_DEPTH} deep.", place, "Write it with fewer brackets.")
