"""Conversations as Markdown, for reading."""

import re
from collections.abc import Iterator
from typing import Any

from sessions.conversations.conversation import Message
from sessions.conversations.representation import plain
from sessions.models import Session
from tracing.formatting import bounded, counted
from tracing.reading.texts import indented

TICKS = re.compile("`+")
ROLE_NAMES = {"user": "User", "assistant": "Assistant", "system": "System", "tool": "Tool"}


def as_markdown(session: Session, messages: Iterator[Message]) -> Iterator[str]:
    """Yield a heading for the session and one for each message.

    Texts are unchanged; values of tools are in fences."""
    yield f"# Session {_line(session.session_id)}\n\n"
    yield f"- From {plain(session.created_at)} to {plain(session.updated_at)}\n"
    tokens, cost = session.total_tokens, session.total_cost
    known_tokens = bounded(str(tokens), session.unmeasured_count, is_known=tokens > 0)
    known_cost = bounded(plain(cost), session.unpriced_count, is_known=cost > 0)
    yield f"- {counted(session.turn_count, 'turn')}, {known_tokens} tokens, {known_cost} USD\n"
    for message in messages:
        yield f"\n## {_who(message)}\n"
        yield from _parts(message)


def _who(message: Message) -> str:
    role = str(message["role"])
    name = message.get("name")
    return ROLE_NAMES.get(role, _line(role)) + (f" ({_line(name)})" if isinstance(name, str) and name else "")


def _parts(message: Message) -> Iterator[str]:
    content = message.get("content")
    if content:
        is_text = isinstance(content, str) and message["role"] != "tool"
        yield f"\n{content}\n" if is_text else f"\n{_fenced(content)}\n"
    for call in message.get("tool_calls") or ():
        if isinstance(call, dict):
            yield f"\nCalls `{_line(call.get('name') or 'tool')}`\n\n{_fenced(call.get('arguments') or {})}\n"
    for file in message.get("media") or ():
        if isinstance(file, dict):
            yield f"\n[{_line(file.get('type') or 'file')}]({_line(file.get('url') or '')})\n"


def _fenced(value: Any) -> str:
    """Return the text in a fence of more backticks than the text itself has."""
    text = value if isinstance(value, str) else indented(value)
    fence = "`" * max(3, 1 + max((len(ticks) for ticks in TICKS.findall(text)), default=0))
    return f"{fence}\n{text}\n{fence}"


def _line(text: Any) -> str:
    return " ".join(str(text).split())
