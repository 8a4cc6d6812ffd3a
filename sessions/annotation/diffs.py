"""What changed between two texts, word by word."""

import re
from difflib import SequenceMatcher
from typing import NamedTuple

WORD = re.compile(r"\s+|[^\s]+")
MOST_WORDS = 4_000  # comparing takes the square of it


class Part(NamedTuple):
    """A run of words: `same`, `gone` from the old text, or `new`."""

    kind: str
    text: str


def word_diff(old: str, new: str) -> list[Part]:
    """Empty when the texts are too long to compare while somebody waits."""
    before, after = WORD.findall(old), WORD.findall(new)
    if max(len(before), len(after)) > MOST_WORDS:
        return []
    parts: list[Part] = []
    for tag, a, b, c, d in SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        if tag == "equal":
            parts.append(Part("same", "".join(before[a:b])))
            continue
        if b > a:
            parts.append(Part("gone", "".join(before[a:b])))
        if d > c:
            parts.append(Part("new", "".join(after[c:d])))
    return parts
