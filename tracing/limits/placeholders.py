"""Texts that stand in the place of an id that somebody did not have: they would join the conversations of strangers."""

import re

from projects.values import remembered

SCRUBBED_PREFIX = "[Scrubbed due to"  # Logfire's stand-in for a redacted value
# How languages write that there is nothing, in lower case. `default` is no such word: people do choose it.
NOTHING_WORDS = frozenset(
    {"undefined", "none", "null", "nil", "nan", "(null)", "<null>", "<nil>", "<none>", "[object object]"}
)
# A template that nobody filled in: `${sessionId}`, `{{ session_id }}`, `{session_id}`, `%(session_id)s`, `#{id}`,
# `<session_id>`, `chat-${id}`; and one that was filled with nothing: `chat-undefined`.
TEMPLATE_PATTERN = re.compile(r"[$#]\{|\{\{|%\(\w++\)|(?<![^\W_])undefined(?![^\W_])", re.ASCII)
# Ids of single answers: OpenAI's responses and completions, and OpenRouter's generations.
RESPONSE_ID_PATTERN = re.compile(r"(?:resp_|chatcmpl-|gen-[0-9]{9,}+-)[A-Za-z0-9_-]++")
RESPONSE_ID_PREFIXES = ("resp_", "chatcmpl-", "gen-")
BRACED_PATTERN = re.compile(r"\{[A-Za-z_][\w.]*+\}|<[A-Za-z_][\w. -]*+>", re.ASCII)


@remembered(characters=200, texts=4_000)
def is_placeholder(value: str) -> bool:
    """Return whether the text of an id says that there is none."""
    return (
        value.startswith(SCRUBBED_PREFIX)
        or value.strip().lower() in NOTHING_WORDS
        or TEMPLATE_PATTERN.search(value) is not None
        or BRACED_PATTERN.fullmatch(value) is not None
    )


def is_response_id(value: str) -> bool:
    """Return whether an id is one that a model's server gave to a single answer, which no other answer shares."""
    return value.startswith(RESPONSE_ID_PREFIXES) and RESPONSE_ID_PATTERN.fullmatch(value) is not None
