"""The difference of two texts, word by word."""

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from django.utils.html import format_html
from django.utils.safestring import SafeString

DIFF_WORD = re.compile(r"\S++\s*+|\s++")  # with the blanks behind it, which alone say nothing about what was kept
FEW_WORDS = 4
DIFF_HTML = {"same": "{}", "gone": "<del>{}</del>", "new": "<ins>{}</ins>"}
MOST_WORDS = 4_000  # of a text: some 10 ms for two of them


class DiffPart(NamedTuple):
    """A run of words: `same`, `gone` from the old text, or `new`."""

    kind: str
    text: str

    @property
    def html(self) -> SafeString:
        return format_html(DIFF_HTML[self.kind], self.text)


def word_diff(old: str, new: str) -> list[DiffPart]:
    """Return the parts in order; none when a text is too long to compare while somebody waits."""
    before, after = DIFF_WORD.findall(old), DIFF_WORD.findall(new)
    if max(len(before), len(after)) > MOST_WORDS:
        return []
    parts: list[DiffPart] = []
    a = b = 0
    for kept_a, kept_b, length in [*_runs(kept_places(before, after)), (len(before), len(after), 0)]:
        parts += _replaced(before[a:kept_a], after[b:kept_b])
        parts.append(DiffPart("same", "".join(before[kept_a : kept_a + length])))
        a, b = kept_a + length, kept_b + length
    return [part for part in parts if part.text]


def _replaced(gone: Sequence[str], new: Sequence[str]) -> Iterator[DiffPart]:
    """Return replaced words one for one if they are few, and otherwise as two runs."""
    pairs = min(len(gone), len(new)) - 1
    for old_word, new_word in zip(gone[:pairs], new[:pairs], strict=True) if 0 < pairs < FEW_WORDS else ():
        blank = new_word[len(new_word.rstrip()) :]
        if not old_word.endswith(blank):
            break
        yield DiffPart("gone", old_word.removesuffix(blank))
        yield DiffPart("new", new_word.removesuffix(blank))
        yield DiffPart("same", blank)
        gone, new = gone[1:], new[1:]
    yield DiffPart("gone", "".join(gone))
    yield DiffPart("new", "".join(new))


def _runs(pairs: Sequence[tuple[int, int]]) -> Iterator[tuple[int, int, int]]:
    """Join pairs that follow one another: the start in both texts and the length."""
    start = 0
    for end in range(1, len(pairs) + 1):
        if end == len(pairs) or pairs[end] != (pairs[end - 1][0] + 1, pairs[end - 1][1] + 1):
            yield *pairs[start], end - start
            start = end


def kept_places(before: Sequence[str], after: Sequence[str]) -> list[tuple[int, int]]:
    """Return the places of a longest common subsequence: one step of long integers for each new word (Hyyrö 2004).

    A bit is clear in row `b` where that word of `before` adds to what is kept of the first `b` words of `after`."""
    places: dict[str, int] = defaultdict(int)
    for a, word in enumerate(before):
        places[word] |= 1 << a
    rows = [every := (1 << len(before)) - 1]
    for word in after:
        found = rows[-1] & places.get(word, 0)
        rows.append(((rows[-1] + found) | (rows[-1] - found)) & every)
    pairs, a, b = [], len(before) - 1, len(after)
    while a >= 0 and b > 0:
        if rows[b] >> a & 1:
            a -= 1
        elif not rows[b - 1] >> a & 1:
            b -= 1
        else:
            pairs.append((a, b - 1))
            a, b = a - 1, b - 1
    return pairs[::-1]
