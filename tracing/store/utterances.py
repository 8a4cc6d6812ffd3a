"""What a stored text says of a conversation, as numbers: whose messages it holds, told apart without reading it again.

A chat sends its whole history with every call. So the fingerprints of a call's last questions tell, beside those of
another call, whether both belong to one conversation, and whether somebody asked something in between."""

import re
from typing import Any
from zlib import crc32

from projects.values import remembered
from tracing.json_text import dump
from tracing.records import Kind
from tracing.vocabularies.speech import is_wordless, parsed, sentence

REMEMBERED_QUESTIONS = 6  # the last ones of a call
MAX_PLAIN_CHARACTERS = 20_000  # of a text without messages; a longer one is no utterance
# How stored messages begin: a list of them, any, one of the user's, one of the assistant's.
LIST_MARK, ROLE_MARK, USER_ROLE_MARK, ASSISTANT_ROLE_MARK = (
    '[{"role":"',
    '{"role":"',
    '{"role":"user"',
    '{"role":"assistant"',
)
TURN_PATTERN = re.compile(r"(?:(?<![A-Za-z])[tT]|(?<=[a-z])T)(?:urn|URN)(?![a-z])")
MAX_NAME_READ = 200  # characters
NO_WORDS = ',"content":'  # of a message without any
SILENT_KINDS = frozenset({Kind.TOOL, Kind.RETRIEVER, Kind.EMBEDDING, Kind.EVENT, Kind.EVALUATOR, Kind.GUARDRAIL})


def is_name_of_turn(name: str | None) -> bool:
    """Return whether a span calls itself a turn, by a word of its name: `turn`, `agent_turn`, `userTurn`."""
    return name is not None and _names_turn(name[:MAX_NAME_READ])


@remembered(characters=MAX_NAME_READ, texts=4_000)
def _names_turn(name: str) -> bool:
    return TURN_PATTERN.search(name) is not None


def utterances_of(kind: int | None, name: str | None, asked: str | None, answered: str | None) -> dict[str, Any]:
    """Return what a span's texts say: `asked`, `answered` and `quoted`, as far as they say anything.

    `unasked` and `unanswered` are true where the text is an object without a sentence.
    `asked` is the number of the user's messages and the fingerprints of the last ones, `answered` the fingerprint of
    the answer, and `quoted` that of a question without its first line, which may name a speaker."""
    if kind in SILENT_KINDS:
        return {}
    if is_name_of_turn(name):  # its texts are what was said, whatever they are wrapped in
        asked, answered = _unwrapped(asked), _unwrapped(answered)
    found: dict[str, Any] = {}
    if asked and (questions := _questions(asked)) is not None:
        found["asked"] = [questions[0], *(_fingerprint(words) for words in questions[1])]
        if questions[1] and (rest := _after_heading(questions[1][-1])):
            found["quoted"] = _fingerprint(NO_WORDS + '"' + rest)
    if answered and (words := _answer(answered)):
        found["answered"] = _fingerprint(words)
    if asked and is_wordless(asked):
        found["unasked"] = True
    if answered and is_wordless(answered):
        found["unanswered"] = True
    return found


def _unwrapped(text: str | None) -> str | None:
    """Return what an object says, such as `{"message": "Hi"}`; another text stays as it is."""
    if text is None or text[:1] not in ("[", "{") or text.startswith(LIST_MARK) or len(text) > MAX_PLAIN_CHARACTERS:
        return text
    return sentence(parsed(text)) or text


def _questions(text: str) -> tuple[int, list[str]] | None:
    if text.startswith(LIST_MARK):
        return text.count(USER_ROLE_MARK), [
            _words(part) for part in text.rsplit(USER_ROLE_MARK, REMEMBERED_QUESTIONS)[1:]
        ]
    return None if (words := _plain(text)) is None else (1, [words])


def _answer(text: str) -> str | None:
    if text.startswith(LIST_MARK):
        _, mark, last = text.rpartition(ASSISTANT_ROLE_MARK)
        words = _words(last) if mark and USER_ROLE_MARK not in last else NO_WORDS
        return words if words != NO_WORDS else None
    return _plain(text)


def _plain(text: str) -> str | None:
    """Return a text as the content of a message; None if it is JSON, or no words."""
    if text[:1] in "[{" or len(text) > MAX_PLAIN_CHARACTERS or text in ("null", "None", '""'):
        return None
    return _content(NO_WORDS + dump(text))


def _words(part: str) -> str:
    """Return the content of a message, from behind its role."""
    return _content(part.partition(ROLE_MARK)[0])


def _content(part: str) -> str:
    return part.partition('","')[0].rstrip('"]},')


def _after_heading(words: str) -> str:
    heading, _, rest = words.partition("\\n")
    return rest if heading.endswith(":") else ""


def _fingerprint(words: str) -> int:
    return crc32(words.encode("utf-8", "replace"))
