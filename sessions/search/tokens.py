"""Words for the index and for the query, made by the same functions so that they meet.

Text is folded (compatibility forms, case and accents go), then cut into lexemes: words of languages with spaces,
overlapping pairs of Chinese, Japanese and Korean characters, overlapping triples of Thai, Lao, Burmese and Khmer ones.
The last characters of a run are lexemes too, so that a query shorter than the pair or triple finds them as a prefix."""

import re
from collections.abc import Iterable
from itertools import repeat
from struct import pack

from projects.normal_forms import normalized

MAX_LEXEME_CHARACTERS = 40  # characters of a lexeme; the beginning of a longer word stands for it

CJK = "\u3040-\u30ff\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\uac00-\ud7af\U00020000-\U0002fa1f"
SEA = "\u0e00-\u0e7f\u0e80-\u0eff\u1000-\u109f\u1780-\u17ff"
UUID_HYPHENS = 4
UUID_REGEX = "[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
# Latin accents only: the category of all marks would take Thai vowels and Japanese voicing along.
ACCENTS = re.compile("[\u0300-\u036f]")
UUID = re.compile(UUID_REGEX)
# Separates the words of a folded ASCII text, by `str.translate`, which takes a third of a regular expression's time.
SPACES = {code: " " for code in range(128) if not (chr(code).isalnum() or chr(code) == "_")}
ASCII_RUN = re.compile(f"{UUID_REGEX}|[a-z0-9_]+")
# Vowel signs and points of Hebrew, Arabic and the scripts of India, which Python does not count as parts of words.
COMBINING_SIGNS = "\u0591-\u05c7\u0610-\u061a\u064b-\u065f\u0900-\u0963\u0971-\u0df3"
RUN = re.compile(f"{UUID_REGEX}|(?P<cjk>[{CJK}]+)|(?P<sea>[{SEA}]+)|(?:[^\\W{CJK}{SEA}]|[{COMBINING_SIGNS}])+")
GRAM = {"cjk": 2, "sea": 3}  # characters of a lexeme in scripts without spaces


def folded(text: str) -> str:
    """`text` without differences of case, accents, width and white space."""
    spelled = text.replace("…", "...")  # as NFKC does; the index puts one where it cuts
    if spelled.isascii():
        return " ".join(spelled.lower().split())
    text = normalized("NFKC", text).casefold()
    bare = ACCENTS.sub("", normalized("NFKD", text))
    return " ".join(normalized("NFC", bare).split())


def runs(text: str) -> Iterable[tuple[str, int]]:
    """Return the words of a folded text with the size of their lexemes, 0 for a word that is one lexeme."""
    if text.isascii():
        return zip(ASCII_RUN.findall(text), repeat(0))
    return ((match[0], GRAM.get(match.lastgroup or "", 0)) for match in RUN.finditer(text))


def lexemes(text: str) -> set[str]:
    """Every lexeme of a folded text."""
    if text.isascii() and not (text.count("-") >= UUID_HYPHENS and UUID.search(text)):
        return _plain_lexemes(text)
    found: set[str] = set()
    for run, size in set(runs(text)):  # most words of a conversation come several times
        if size:
            found.update(run[start : start + size] for start in range(len(run)))
        elif run.isalnum():  # as nearly all are, so that there is nothing to take away
            found.add(run[:MAX_LEXEME_CHARACTERS])
        else:
            found |= _lexemes_of_name(run)
    found.discard("")
    return found


def _plain_lexemes(text: str) -> set[str]:
    """Return the lexemes of a folded ASCII text without uuids, as nearly all texts of machines are."""
    found = set(text.translate(SPACES).split())
    if "_" in text or max(map(len, found), default=0) > MAX_LEXEME_CHARACTERS:
        names = [run for run in found if "_" in run or len(run) > MAX_LEXEME_CHARACTERS]
        found.difference_update(names)
        found.update(*map(_lexemes_of_name, names))
    found.discard("")
    return found


def _lexemes_of_name(run: str) -> set[str]:
    """Return the lexemes of a word with other characters than letters and digits: the whole, and its parts."""
    parts = run.split("_") if "_" in run else ()
    return {word(run), *(part[:MAX_LEXEME_CHARACTERS] for part in parts if part)}


def word(run: str) -> str:
    """Return the lexeme of a whole word: a uuid without its hyphens, a name without underscores at its ends."""
    return run.replace("-", "").strip("_")[:MAX_LEXEME_CHARACTERS]


def as_vector(found: set[str]) -> bytes:
    """Return a `tsvector` in PostgreSQL's binary format, that of tsvectorsend.

    It has the number of lexemes, then each of them with a zero byte and the number of its positions, which is 0."""
    return pack(">i", len(found)) + "\0\0\0".join([*sorted(found), ""]).encode()
