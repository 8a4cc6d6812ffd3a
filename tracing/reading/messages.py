"""Stored chat messages (tracing/vocabularies/messages.py) as a page shows them: what a tool answered stands below the
call that asked for it, and files stand beside the text that mentions them."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from itertools import islice
from typing import Any

from tracing.reading.bodies import BODY_HEAD_CHARACTERS, RenderedBody, body_of, words
from tracing.reading.files import INLINE_MEDIA_TYPES

MEDIA_URL_SCHEMES = ("http://", "https://")
MEDIA_REFERENCE = re.compile(r"@@@langfuseMedia:type=([\w.+/-]{1,100})\|id=([\w-]{1,64})\|source=\w{1,40}@@@")
FILES = 20  # of one message
MAX_CALLS_OF_MESSAGE = 20  # of one message
SHOWN_NAME_CHARACTERS = 200  # characters of a role, a name or an id
ADDRESS = 4_000  # characters of a link; a longer one leads nowhere
GIST = 60  # characters of a call's arguments that its closed line shows


@dataclass(frozen=True, slots=True)
class Attachment:
    """An image, a sound or a file beside the text. `media_id` names a kept file, `url` one elsewhere on the web; both
    are empty when it leads nowhere."""

    kind: str
    url: str = ""
    media_id: str = ""
    content_type: str = ""

    @property
    def is_image(self) -> bool:
        """Whether the page itself may show it: kept here, of a type that carries no script."""
        return (
            bool(self.media_id) and self.content_type in INLINE_MEDIA_TYPES and self.content_type.startswith("image/")
        )

    @property
    def is_audio(self) -> bool:
        return (
            bool(self.media_id) and self.content_type in INLINE_MEDIA_TYPES and self.content_type.startswith("audio/")
        )


@dataclass(frozen=True, slots=True)
class Call:
    """A tool that was asked for, and what it answered if that is known."""

    name: str
    id: str
    arguments: RenderedBody
    gist: str = ""
    result: RenderedBody | None = None
    result_index: int | None = None  # the number of the message that holds the result
    error: str = ""
    has_failed: bool = False
    span_id: str = ""
    at: Any = None  # when it ended, if a span says so

    @property
    def is_answered(self) -> bool:
        return self.result is not None


@dataclass(frozen=True, slots=True)
class Message:
    index: int
    role: str
    name: str = ""
    body: RenderedBody | None = None
    reasoning: RenderedBody | None = None
    calls: list[Call] = field(default_factory=list)
    calls_left_out: int = 0
    attachments: list[Attachment] = field(default_factory=list)
    call_id: str = ""  # of the call that a tool's message answers


def messages_of(
    items: Sequence[dict[str, Any]], start: int, end: int, head: int = BODY_HEAD_CHARACTERS
) -> list[Message]:
    return paired([_message(index, items[index], head) for index in range(start, end)])


def paired(messages: Sequence[Message]) -> list[Message]:
    """Moves each tool's answer into the call that it answers: by the call's id, else the first call without one."""
    waiting: list[tuple[int, int, Call]] = []  # place of the message, of the call in it, the call
    kept: list[Message] = []
    for message in messages:
        if message.role == "tool" and (found := _asked(waiting, message)) is not None:
            waiting.remove(found)
            place, number, call = found
            kept[place].calls[number] = replace(call, result=message.body or RenderedBody(), result_index=message.index)
            kept[place].attachments.extend(message.attachments)
            continue
        kept.append(message)
        waiting.extend((len(kept) - 1, number, call) for number, call in enumerate(message.calls))
    return kept


def _asked(waiting: Sequence[tuple[int, int, Call]], answer: Message) -> tuple[int, int, Call] | None:
    if answer.call_id:
        return next((entry for entry in waiting if entry[2].id == answer.call_id), None)
    return next((entry for entry in waiting if not answer.name or entry[2].name == answer.name), None)


def _message(index: int, item: dict[str, Any], head: int) -> Message:
    content, reasoning = item.get("content"), item.get("reasoning")
    calls = _dicts(item.get("tool_calls"))
    attachments = [_attachment(file) for file in _dicts(item.get("media"))[:FILES]]
    if isinstance(content, str) and "@@@langfuseMedia" in content:
        attachments += [_kept(found) for found in MEDIA_REFERENCE.finditer(content)][:FILES]
        content = MEDIA_REFERENCE.sub("", content).strip()
    return Message(
        index=index,
        role=_name(item["role"]) or "message",
        name=_name(item.get("name")),
        body=body_of(content, head) if content else None,
        reasoning=body_of(reasoning, head) if reasoning else None,
        calls=[_call(call, head) for call in calls[:MAX_CALLS_OF_MESSAGE]],
        calls_left_out=max(0, len(calls) - MAX_CALLS_OF_MESSAGE),
        attachments=attachments,
        call_id=_name(item.get("tool_call_id")),
    )


def _call(call: dict[str, Any], head: int) -> Call:
    arguments = call.get("arguments") or {}
    return Call(_name(call.get("name")) or "tool", _name(call.get("id")), body_of(arguments, head), gist(arguments))


def _name(value: Any) -> str:
    return words(value)[:SHOWN_NAME_CHARACTERS]


def gist(arguments: Any) -> str:
    """A call's arguments on one short line, as code would name them: `order_id=12345`."""
    if isinstance(arguments, dict):
        first = islice(arguments.items(), GIST)  # each takes two characters at least
        arguments = ", ".join(f"{name[:GIST]}={words(value)[: GIST * 4]}" for name, value in first)
    line = " ".join(words(arguments)[: GIST * 4].split())
    return line if len(line) <= GIST else line[: GIST - 1] + "…"


def _attachment(file: dict[str, Any]) -> Attachment:
    url, kind = words(file.get("url")), _name(file.get("type")) or "file"
    if found := MEDIA_REFERENCE.fullmatch(url):
        return _kept(found)
    return Attachment(kind, url=url if url.startswith(MEDIA_URL_SCHEMES) and len(url) <= ADDRESS else "")


def _kept(found: re.Match[str]) -> Attachment:
    content_type = found[1].lower()
    return Attachment(content_type.partition("/")[0], media_id=found[2], content_type=content_type)


def _dicts(value: Any) -> list[dict[str, Any]]:
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []
