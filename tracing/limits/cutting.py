"""Cuts a text that is too long: of a conversation, the head of its instructions and its last messages stay."""

import re

from tracing.json_text import dump

CONVERSATION_HEAD = '[{"role":"'  # of a conversation as vocabularies write it
SYSTEM_HEAD = '[{"role":"system","content":"'
NEXT_MESSAGE = ',{"role":"'  # found in no text, inside of which quotes are escaped
CONTENT_HEAD = '"content":"'
HEAD_SHARE = 10  # the instructions get a tenth
MIN_CUT_CHARACTERS = 1_000  # a conversation does not fit into less
CUT_END = '…"}'
# The inside of a text in JSON, as far as its escapes are whole.
JSON_TEXT = re.compile(
    r'(?:[^"\\]++|\\u(?![dD][89abAB])[0-9a-fA-F]{4}|\\u[dD][89abAB][0-9a-fA-F]{2}\\u[0-9a-fA-F]{4}|\\[^u])*+'
)


def cut_text(text: str, most: int) -> str:
    """Return at most `most` characters of a longer text: its beginning, or of a conversation head and end.

    A conversation stays one, with a message in the middle that says how much was left out."""
    if most < MIN_CUT_CHARACTERS or not text.startswith(CONVERSATION_HEAD):
        return text[:most]
    head = _instructions(text, most // HEAD_SHARE)
    note = {"role": "system", "content": f"… {len(text) - most:,} characters were left out here …"}
    before = f"[{head}{dump(note)}"
    room = most - len(before)
    start = text.find(NEXT_MESSAGE, len(text) - room)
    if start >= 0:
        return before + text[start:]
    last = text.rfind(NEXT_MESSAGE)
    message = text[last if last >= 0 else 0 :].lstrip("[,")
    return f"{before},{_cut_message(message, room - len(',]'))}]"


def _instructions(text: str, most: int) -> str:
    """Return the system's message at the head of a conversation, cut to about `most` characters, with a comma."""
    if not text.startswith(SYSTEM_HEAD):
        return ""
    end = text.find(NEXT_MESSAGE)
    message = text[1 : end if end >= 0 else len(text)]
    return (message if len(message) <= most else _cut_message(message, most)) + ","


def _cut_message(message: str, most: int) -> str:
    """Return a message that ends with the beginning of its content, and has at most `most` characters."""
    start = message.find(CONTENT_HEAD) + len(CONTENT_HEAD)
    end = JSON_TEXT.match(message, start, max(start, most - len(CUT_END))).end()  # type: ignore[union-attr]
    return message[:end] + CUT_END
