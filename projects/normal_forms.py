"""Normal forms of Unicode, in time linear in the text.

Python sorts the marks on one letter by insertion: a run of n marks takes n² steps, during which no other thread works.
No script puts more than a few marks on a letter, so the rest of a long run is removed."""

import re
import unicodedata
from typing import Literal

NormalForm = Literal["NFC", "NFKC", "NFKD"]
MAX_MARKS = 30  # on one letter, as in Unicode's "stream-safe" text
MARK_CODES = range(0x300, 0x20000)  # contains all marks


def normalized(form: NormalForm, text: str) -> str:
    """Return `text` in a normal form, with at most MAX_MARKS marks on each letter."""
    if not text.isascii():
        text = LONG_RUN.sub(lambda run: run[0][:MAX_MARKS], text)
    return unicodedata.normalize(form, text)


def _is_mark(character: str) -> bool:
    """Return whether a character is a mark, or decomposes into marks only."""
    if not unicodedata.decomposition(character):
        return unicodedata.combining(character) > 0
    return all(unicodedata.combining(part) for part in unicodedata.normalize("NFKD", character))


MARKS = "".join(filter(_is_mark, map(chr, MARK_CODES)))
LONG_RUN = re.compile(f"[{MARKS}]{{{MAX_MARKS + 1},}}")
