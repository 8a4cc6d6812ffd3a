"""The export formats: a literal registry.

A format yields a file in pieces, row after row. Columns are the declared properties, so that a new one is exported
without an edit here, and what people set."""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from projects.downloads.tables import csv_line, harmless
from sessions.conversations.conversation import Message, read_conversations
from sessions.conversations.representation import API_STATE_FIELDS, sessions_json
from sessions.export.markdown import as_markdown
from sessions.models import Session
from sessions.models.properties import properties_of
from tracing.json_text import dump

CSV_NUMBER = re.compile(r"-?\d+(\.\d+)?", re.ASCII)


@dataclass(frozen=True, kw_only=True)
class Format:
    """A format of exports.

    `rows` turns a batch of sessions into pieces of text; `is_first` is true for the first batch. `end` closes the
    file, and gets the cursor of what did not fit."""

    name: str
    label: str
    help: str
    content_type: str
    extension: str
    rows: Callable[[Sequence[Session], bool], Iterator[str]]
    start: Callable[[], str] = str
    end: Callable[[str | None], str] = lambda following: ""
    at_once: int = 500  # sessions of a batch


def _csv_start() -> str:
    return csv_line([*properties_of(Session), *API_STATE_FIELDS])


def _csv_rows(sessions: Sequence[Session], is_first: bool) -> Iterator[str]:
    for row in sessions_json(sessions):
        yield csv_line(cell(value) for value in row.values())


def cell(value: Any) -> str:
    """Return a value as the text of a CSV cell.

    Sets are separated by commas, nested values are JSON, and no text is read as a formula."""
    if value is None:
        return ""
    if isinstance(value, list) and all(isinstance(item, str) for item in value):
        value = ", ".join(value)
    text = value if isinstance(value, str) else dump(value)
    return text if CSV_NUMBER.fullmatch(text) else harmless(text)


def _json_rows(sessions: Sequence[Session], is_first: bool) -> Iterator[str]:
    for number, row in enumerate(sessions_json(sessions)):
        yield ("" if is_first and number == 0 else ",\n") + dump(row)


def _json_end(following: str | None) -> str:
    return f'\n],\n"next": {dump(following)}}}\n'


def _jsonl_rows(sessions: Sequence[Session], is_first: bool) -> Iterator[str]:
    for row in sessions_json(sessions):
        yield dump(row) + "\n"


def _jsonl_end(following: str | None) -> str:
    return dump({"next": following}) + "\n" if following else ""


def _message_rows(sessions: Sequence[Session], is_first: bool) -> Iterator[str]:
    """Yield one line for each session, message by message: a session may have any number of them."""
    for session, messages in read_conversations(sessions):
        yield f'{{"session_id":{dump(session.session_id)},"messages":['
        yield from _separated(messages)
        yield "]}\n"


def _separated(messages: Iterator[Message]) -> Iterator[str]:
    for number, message in enumerate(messages):
        yield ("," if number else "") + dump(message)


def _markdown_rows(sessions: Sequence[Session], is_first: bool) -> Iterator[str]:
    for number, (session, messages) in enumerate(read_conversations(sessions)):
        yield "" if is_first and number == 0 else "\n---\n\n"
        yield from as_markdown(session, messages)


JSON, NDJSON = "application/json", "application/x-ndjson"
# In the order of the menu: for spreadsheets, for programs, for models, for people.
EXPORT_FORMATS = {
    found.name: found
    for found in (
        Format(
            name="csv",
            label="CSV",
            help="One row per session.",
            content_type="text/csv; charset=utf-8",
            extension="csv",
            rows=_csv_rows,
            start=_csv_start,
        ),
        Format(
            name="json",
            label="JSON",
            help="One object per session, in one array.",
            content_type=JSON,
            extension="json",
            rows=_json_rows,
            start=lambda: '{"data": [\n',
            end=_json_end,
        ),
        Format(
            name="jsonl",
            label="JSON Lines",
            help="One object per line and session.",
            content_type=NDJSON,
            extension="jsonl",
            rows=_jsonl_rows,
            end=_jsonl_end,
        ),
        Format(
            name="messages",
            label="Conversations as JSON Lines",
            help="The chat messages of one session per line.",
            content_type=NDJSON,
            extension="jsonl",
            rows=_message_rows,
            end=_jsonl_end,
            at_once=50,
        ),
        Format(
            name="markdown",
            label="Conversations as Markdown",
            help="Every conversation, for reading.",
            content_type="text/markdown; charset=utf-8",
            extension="md",
            rows=_markdown_rows,
            at_once=50,
        ),
    )
}
