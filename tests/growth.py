"""Hostile texts that grow, and how much longer four times as much of one takes.

CONFAB_TEXTS says how many times more texts than usual to try."""

import gc
import os
import random
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial

from tests.patience import least

TIMES = int(os.environ.get("CONFAB_TEXTS", "1"))
MOST_GROWTH = 8.0  # of four times the text: linear is 4, the square 16
JUDGED_SECONDS = 0.001  # what takes less says nothing about growth
FREEZE_SECONDS = 0.1  # for a text shorter than the ones that are compared

Grower = Callable[[int], str]
# What is repeated: openers, near misses, blanks, line ends, backslashes, marks that combine, scripts without blanks.
UNITS = (
    "[", "![", "](", "[a](", "[a](<", "[a]: b\n", "[a][b]", "[^", "<", "</", "<a ", '<a b="', "<!--", "<![CDATA[", "&",
    "&#", "&amp;", "*", "**", "**a ", "*a _b ", "*a*b", "_", "__a ", "`", "`a", "`a``b```c", "```\n", "```c\n", "~~a ",
    ">", "> ", "> - ", "- ", "- a\n\n", "1. ", "+ a\n  ", "#", "# a\n", "|", "|-", "| a |\n", "a|b\n-|-\n", "=\n",
    "a\n=\n", "* * *\n", "\n", " ", "\t", " \n", "\r\n", "\u00a0", "\\", "\\\n", '\\"', '"', "'", '"""', "'''", "/*",
    "/**", "//", "#!", "--", "$", "$$", "{", "{{", "{%", "}", "(", "((", ")", "http://", "https://a.b/", "www.a.", "a@",
    "a@b.c ", "data:", "data:image/png;base64,", "@@@", "sk-", "Bearer ", "0", "1.", "1a", "-1e", "a", "a ", "aA", "a.",
    "a-", "a_", "a=", "a:", "A", "e\u0301", "\u0301", "\u0301\u0327", "\u0e33", "字", "か", "ש", "\u202e", "\u200b",
    "😀", "\x00", "\ufeff",
)  # fmt: skip
SIGNS = (
    "*",
    "_",
    "[",
    "]",
    "(",
    ")",
    "`",
    "<",
    ">",
    "!",
    "\n",
    "\n\n",
    "    ",
    "- ",
    "1. ",
    "|",
    "#",
    " ",
    "a",
    "\\",
    "&",
    '"',
)


def repeated(unit: str) -> Grower:
    return lambda size: (unit * (size // len(unit) + 1))[:size]


def nested(opener: str, closer: str) -> Grower:
    return lambda size: opener * (size // 2 // len(opener)) + closer * (size // 2 // len(closer))


def swelling(sign: str) -> Grower:
    """Runs of a sign, each longer by one."""
    return lambda size: "a".join(sign * length for length in range(1, int((2 * size) ** 0.5) + 1))[:size]


def stairs(mark: str) -> Grower:
    """A list inside a list inside a list."""
    return lambda size: "".join(f"{' ' * (2 * step)}{mark}a\n" for step in range(int(size**0.5)))[:size]


def mixed(seed: int) -> Grower:
    chosen = random.Random(seed).sample(SIGNS, 4)
    return lambda size: "".join(random.Random(seed).choices(chosen, k=size))[:size]


def fenced(language: str, unit: str) -> Grower:
    """A block of code in the middle of a message."""
    return lambda size: f"Please fix this:\n```{language}\n{repeated(unit)(size)}\n```\n"


PAIRS = (
    ("[", "]"), ("[", "](a)"), ("![", "](a)"), ("[a](", "))"), ("(", ")"), ("**a ", "b** "), ("*a _b ", "c_ d* "),
    ("`a", "a`"), ("> ", "a\n"), ("- ", "a\n"), ("- ", "\n"), ("<a ", ">"), ("<!--", "-->"), ("&", "; "),
    ("|a", "\n|-"),
    ("|a|", "\n|-|"), ("[a]: b\n", "[a]"), ("\n", "x"), (" ", "x"), ("{", "}"), ('{"a":', "}"), ('"', "\\"), ("1", "."),
    ("a", "@b"), ("a.", "@"), ("\\", "\n"), ("~~a ", "b~~ "),
)  # fmt: skip
FAMILIES: dict[str, Grower] = {
    **{f"repeated {unit!r}": repeated(unit) for unit in UNITS},
    **{f"nested {opener!r} {closer!r}": nested(opener, closer) for opener, closer in PAIRS},
    **{f"swelling {sign!r}": swelling(sign) for sign in "`*_~[<|#>-&=\\"},
    **{f"stairs of {mark!r}": stairs(mark) for mark in ("- ", "1. ", "> ", "* ")},
    **{f"mixed {seed}": mixed(seed) for seed in range(20 * TIMES)},
}


def growth(function: Callable[[str], object], text_of: Grower, size: int = 2_000) -> float:
    """Return how many times longer a text of four times `size` takes; infinity if a short one freezes."""
    length = 32
    while length < size:
        if least(partial(_seconds, function, text_of(length)), FREEZE_SECONDS) > FREEZE_SECONDS:
            return float("inf")
        length *= 2
    small, large = text_of(size), text_of(4 * size)

    def measured() -> float:
        whole = least(lambda: _seconds(function, large), JUDGED_SECONDS)
        return whole / min(_seconds(function, small) for _ in range(3)) if whole > JUDGED_SECONDS else 0.0

    return least(measured, MOST_GROWTH, rounds=5)


@contextmanager
def _collecting_nothing() -> Iterator[None]:
    """The collector walks over all that other tests left, whenever it comes."""
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def _seconds(function: Callable[[str], object], text: str) -> float:
    with _collecting_nothing():
        started = time.thread_time()
        function(text)
        return time.thread_time() - started
