"""Normal forms of Unicode, in time linear in the text.

Python sorts the marks on one letter by insertion: a run of n marks takes n * n steps, during which no other thread of
the process works. No script puts more than a few marks on a letter, so that the rest of a long run is left out."""

import re
import unicodedata
from typing import Literal

Form = Literal["NFC", "NFKC", "NFKD"]
MOST_MARKS = 30  # on one letter: as many as Unicode's own "stream-safe" text has
CODES = range(0x300, 0x20000)  # in which marks are


def normalized(form: Form, text: str) -> str:
    """Return `text` in a normal form, without the marks that come after the first thirty on a letter."""
    if not text.isascii():
        text = LONG_RUN.sub(lambda run: run[0][:MOST_MARKS], text)
    return unicodedata.normalize(form, text)


def _is_mark(character: str) -> bool:
    """Whether it is a mark, or falls apart into marks alone."""
    if not unicodedata.decomposition(character):
        return unicodedata.combining(character) > 0
    return all(unicodedata.combining(part) for part in unicodedata.normalize("NFKD", character))


MARKS = "".join(filter(_is_mark, map(chr, CODES)))
LONG_RUN = re.compile(f"[{MARKS}]{{{MOST_MARKS + 1},}}")
