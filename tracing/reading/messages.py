"""Prepares stored chat messages (tracing/vocabularies/messages.py) for a page.

The answer of a tool is shown below the call, and files beside the text that mentions them."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import urlsplit

from tracing.reading import gists
from tracing.reading.bodies import BODY_HEAD_CHARACTERS, RenderedBody, body_of, parsed, words
from tracing.reading.files import INLINE_MEDIA_TYPES
from tracing.reading.sayings import SpokenWords, bodies_of, saying

MEDIA_URL_SCHEMES = ("http://", "https://")
MEDIA_REFERENCE = re.compile(r"@@@langfuseMedia:type=([\w.+/-]{1,100})\|id=([\w-]{1,64})\|source=\w{1,40}@@@")
SPEAKING_ROLES = frozenset({"user", "assistant"})
MAX_FILES_OF_MESSAGE = 20
MAX_CALLS_OF_MESSAGE = 20
SHOWN_NAME_CHARACTERS = 200  # of a role, a name or an id
MAX_URL_CHARACTERS = 4_000  # a longer address is not linked


@dataclass(frozen=True, slots=True)
class Attachment:
    """An image, sound or file beside the text.

    `media_id` names a stored file, `url` one elsewhere on the web. Both are empty if there is no usable address, for
    which `reason` tells people why."""

    kind: str
    url: str = ""
    media_id: str = ""
    content_type: str = ""
    reason: str = ""

    @property
    def host(self) -> str:
        """The server on which a file elsewhere is."""
        try:
            return urlsplit(self.url).hostname or "elsewhere"
        except ValueError:
            return "elsewhere"

    @property
    def is_image(self) -> bool:
        """Return whether the page may show it: stored here, and of a type without scripts."""
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
    """A tool call, and its result if that is known."""

    name: str
    id: str
    arguments: RenderedBody
    asked: Any = None  # the arguments as they were sent
    gist: str = ""  # of the arguments
    result: RenderedBody | None = None
    result_gist: str = ""
    result_index: int | None = None  # the number of the message that holds the result
    error: str = ""
    has_failed: bool = False
    span_id: str = ""
    at: Any = None  # when it ended, if a span says so
    duration_ms: int | None = None

    @property
    def is_answered(self) -> bool:
        return self.result is not None


@dataclass(frozen=True, slots=True)
class Message:
    """One message of a conversation."""

    index: int
    role: str
    name: str = ""
    body: RenderedBody | None = None
    sent: RenderedBody | None = None  # the whole object of which `body` is what it says
    reasoning: RenderedBody | None = None
    calls: list[Call] = field(default_factory=list)
    calls_left_out: int = 0
    attachments: list[Attachment] = field(default_factory=list)
    call_id: str = ""  # of the call to which a tool's message belongs
    content: Any = None  # of a tool's message, as it was sent


def messages_of(
    items: Sequence[dict[str, Any]], start: int, end: int, head: int = BODY_HEAD_CHARACTERS
) -> list[Message]:
    """Return the messages from `start` to `end`, with tool results in their calls."""
    return paired([_message(index, items[index], head) for index in range(start, end)])


def paired(messages: Sequence[Message]) -> list[Message]:
    """Move the result of each tool into its call: the one with its id, or else the first without a result."""
    waiting: list[tuple[int, int, Call]] = []  # place of the message, of the call in it, the call
    kept: list[Message] = []
    for message in messages:
        if message.role == "tool" and (found := _call_of(waiting, message)) is not None:
            waiting.remove(found)
            place, number, call = found
            kept[place].calls[number] = replace(
                call,
                result=message.body or RenderedBody(),
                result_gist=gists.answered(message.content, call.asked),
                result_index=message.index,
            )
            kept[place].attachments.extend(message.attachments)
            continue
        kept.append(message)
        waiting.extend((len(kept) - 1, number, call) for number, call in enumerate(message.calls))
    return kept


def _call_of(waiting: Sequence[tuple[int, int, Call]], answer: Message) -> tuple[int, int, Call] | None:
    if answer.call_id:
        return next((entry for entry in waiting if entry[2].id == answer.call_id), None)
    return next((entry for entry in waiting if not answer.name or entry[2].name == answer.name), None)


def _message(index: int, item: dict[str, Any], head: int) -> Message:
    content, reasoning = item.get("content"), item.get("reasoning")
    calls = _dicts(item.get("tool_calls"))
    attachments = [_attachment(file) for file in _dicts(item.get("media"))[:MAX_FILES_OF_MESSAGE]]
    if isinstance(content, str) and "@@@langfuseMedia" in content:
        attachments += [_kept(found) for found in MEDIA_REFERENCE.finditer(content)][:MAX_FILES_OF_MESSAGE]
        content = MEDIA_REFERENCE.sub("", content).strip()
    said, sent = bodies_of(content_of({**item, "content": content}), head) if content else (None, None)
    return Message(
        index=index,
        role=_name(item["role"]) or "message",
        name=_name(item.get("name")),
        body=said,
        sent=sent,
        reasoning=body_of(reasoning, head) if reasoning else None,
        calls=[_call(call, head) for call in calls[:MAX_CALLS_OF_MESSAGE]],
        calls_left_out=max(0, len(calls) - MAX_CALLS_OF_MESSAGE),
        attachments=attachments,
        call_id=_name(item.get("tool_call_id")),
        content=content if item["role"] == "tool" else None,
    )


def content_of(item: dict[str, Any]) -> SpokenWords:
    """Return what a message says. The results of tools and the instructions of a model stay as they were sent."""
    content = item.get("content")
    if not isinstance(content, str):
        return SpokenWords(words(content), content)
    return saying(content) if item.get("role") in SPEAKING_ROLES else SpokenWords(content, parsed(content))


def _call(call: dict[str, Any], head: int) -> Call:
    arguments = call.get("arguments") or {}
    return Call(
        name=_name(call.get("name")) or "tool",
        id=_name(call.get("id")),
        arguments=body_of(arguments, head),
        asked=arguments,
        gist=gists.asked_for(arguments),
    )


def _name(value: Any) -> str:
    return words(value)[:SHOWN_NAME_CHARACTERS]


def _attachment(file: dict[str, Any]) -> Attachment:
    url, kind = words(file.get("url")), _name(file.get("type")) or "file"
    if found := MEDIA_REFERENCE.fullmatch(url):
        return _kept(found)
    reason = _find_reason_against(url)
    return Attachment(kind, url="" if reason else url, reason=reason)


def _find_reason_against(url: str) -> str:
    """Return why an address cannot be linked; "" if it can."""
    if not url:
        return "no address was sent"
    if url.startswith("data:"):
        return "only in the raw report of the step: too small to be a file, or beyond the limit of files"
    if not url.startswith(MEDIA_URL_SCHEMES):
        return "its address is not of the web"
    return "its address is too long" if len(url) > MAX_URL_CHARACTERS else ""


def _kept(found: re.Match[str]) -> Attachment:
    content_type = found[1].lower()
    return Attachment(content_type.partition("/")[0], media_id=found[2], content_type=content_type)


def _dicts(value: Any) -> list[dict[str, Any]]:
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []
