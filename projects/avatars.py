"""What stands for a person in a small circle: initials, and one of six colours."""

import re
from zlib import crc32

AVATAR_HUES = 6
CHOSEN_HUES = ("sand", "blue", "teal", "green", "rose")  # the first ones, by number
MAX_READ = 200  # characters of a name that are looked at
WORD = re.compile(r"[^\W\d_]+")
MOST_DIGITS = 3  # in a name that a person gave
HEXADECIMAL = re.compile(r"[0-9a-f-]{16,}", re.IGNORECASE)


def initials(name: str) -> str:
    """Return one or two capital letters, or "?" for a name that no person gave (an id of mostly digits)."""
    own = name[:MAX_READ].partition("@")[0] or name[:MAX_READ]
    words: list[str] = WORD.findall(own)
    if not words or sum(map(str.isdigit, own)) > MOST_DIGITS or HEXADECIMAL.fullmatch(own):
        return "?"
    letters = words[0][0] + (words[-1][0] if len(words) > 1 else words[0][1:2])
    return letters.upper()[:2]


def hue(name: str) -> int:
    """Return a number below AVATAR_HUES that is always the same for a name."""
    return crc32(name.encode("utf-8", "replace")) % AVATAR_HUES
