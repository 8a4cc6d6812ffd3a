"""How the messages of a conversation are drawn, by functions as tracing/templatetags/bodies.py has them."""

from dataclasses import dataclass, replace
from datetime import datetime

from django import template
from django.utils.safestring import SafeString

from projects.templatetags.assets import icon
from projects.templatetags.people import avatar
from tracing.formatting import counted
from tracing.markup import format_html
from tracing.models import Trace
from tracing.reading.bodies import RenderedBody
from tracing.reading.messages import Message
from tracing.reading.texts import Shown
from tracing.templatetags.bodies import attached_file, body_text, sent_text, tool_call
from tracing.templatetags.values import ellipsis, moment, shortened

register = template.Library()

EARLIER_HTML = (
    '<p class="read-on"><a href="{address}" hx-get="{address}" hx-target="closest .read-on" hx-swap="outerHTML">'
    "{words}</a></p>"
)
MESSAGE_HTML = (
    '<div class="message msg" data-role="{role}">{face}<div class="msg-main">{head}{thought}{words}{rest}</div></div>'
)
FACE_HTML = '<div class="msg-side" aria-hidden="true">{}</div>'
HEAD_HTML = '<p class="message-head msg-head"><b class="msg-name">{who}</b>{name}{call_id}{time}{numbers}</p>'
WORDS_HTML = '<div class="msg-body prose" dir="auto"{lang} data-text="{place}">{words}</div>'
SYSTEM_HTML = (
    '<details class="fold system"><summary><b>System prompt</b> <span class="muted small clip">{gist}</span></summary>'
    '<div class="prose muted" dir="auto"{lang} data-text="{place}">{words}</div></details>'
)
THOUGHT_HTML = (
    '<details class="fold thought reasoning"><summary>{sign}Reasoning<span class="clip">{gist}</span>{fold}</summary>'
    '<div class="prose muted" dir="auto"{lang}>{words}</div></details>'
)
WORKS_HTML = '<div class="works">{}</div>'
CALLS_LEFT_OUT_HTML = '<p class="muted small">{} in the raw report of the step.</p>'
NONE = SafeString("")


@dataclass(frozen=True, slots=True, kw_only=True)
class Speech:
    """What the messages of one text have in common."""

    project_id: int
    user_id: str = ""
    side: str = ""
    role: str = ""  # who speaks where the text is no list of messages
    more: str = ""  # the address of the whole text
    at: datetime | None = None
    trace: Trace | None = None  # in which failed calls are opened
    numbers: SafeString = NONE  # beside the head of the first message
    is_bare: bool = False  # without heads and faces
    is_begun: bool = False  # the assistant's head stands above already, with the tools that were used before


@register.simple_tag(takes_context=True)
def said_text(context: template.Context) -> SafeString:
    """Write the text `shown` of the context, with what the context knows of it."""
    return text_said(
        context["shown"],
        Speech(
            project_id=context.get("project_id") or 0,
            user_id=context.get("user_id") or "",
            side=context.get("side") or "",
            role=context.get("role") or "",
            more=context.get("more") or "",
            trace=context.get("trace") or None,
            is_bare=bool(context.get("bare")),
        ),
    )


def text_said(shown: Shown, speech: Speech) -> SafeString:
    """Write a text: its messages, or its words as one message."""
    later = replace(speech, numbers=NONE, is_begun=False)
    said = [_message(message, later if place else speech) for place, message in enumerate(shown.messages)]
    if not said and shown.body:
        words = _words(shown.body, f"{speech.side}:", speech.more) + sent_text(shown.sent, speech.more)
        head = NONE if speech.is_bare else _head(speech, speech.role)
        said = [_framed(speech, speech.role, head=head, words=SafeString(words))]
    return SafeString(_earlier(shown, speech.more) + "".join(said))


def spoken_message(speech: Speech, words: SafeString) -> SafeString:
    """Write one message whose words are HTML already."""
    return _framed(speech, speech.role, head=_head(speech, speech.role), words=words)


def _head(speech: Speech, role: str, *, name: str = "", call_id: str = "") -> SafeString:
    """Write who speaks, and when."""
    if speech.is_begun and role == "assistant":
        return NONE
    return format_html(
        HEAD_HTML,
        who=ellipsis(speech.user_id or "User") if role == "user" else role.capitalize(),
        name=f" {shortened(name, 60)}" if name else "",
        call_id=format_html(' <span class="id">{}</span>', ellipsis(call_id)) if call_id else NONE,
        time=format_html(' <span class="msg-time num">{}</span>', moment(speech.at, "clock")) if speech.at else NONE,
        numbers=speech.numbers,
    )


def _framed(
    speech: Speech, role: str, *, head: SafeString = NONE, thought: SafeString = NONE, words: SafeString = NONE,
    rest: SafeString = NONE,
) -> SafeString:  # fmt: skip
    sign = NONE if speech.is_begun and role == "assistant" else _face(role, speech.user_id)
    face = NONE if speech.is_bare else format_html(FACE_HTML, sign)
    return format_html(MESSAGE_HTML, role=role, face=face, head=head, thought=thought, words=words, rest=rest)


def _face(role: str, user_id: str) -> SafeString:
    """Write the person's initials, or the sign of the machine."""
    if role == "user":
        return avatar(user_id or "User")
    sign, look = ("generation", "bot") if role == "assistant" else ("thought", "quiet")
    return format_html('<span class="avatar {}">{}</span>', look, icon(sign))


def _earlier(shown: Shown, more: str) -> SafeString:
    if not shown.earlier:
        return NONE
    earlier = counted(shown.earlier, "earlier message")
    words = f"{earlier}, read above" if shown.is_repeated else f"Show {earlier}"
    return format_html(EARLIER_HTML, address=f"{more}&before={shown.earlier}", words=words)


def _message(message: Message, speech: Speech) -> SafeString:
    place = f"{speech.side}:{message.index}"
    if message.role == "system":
        words = _system(message.body, place, speech.more, message.index) if message.body else NONE
        return _framed(speech, "system", words=words, rest=_beside(message, speech))
    return _framed(
        speech,
        message.role,
        head=_head(speech, message.role, name=message.name, call_id=message.call_id),
        thought=_thought(message.reasoning, message.index) if message.reasoning else NONE,
        words=_words(message.body, place, speech.more, message.index) if message.body else NONE,
        rest=_beside(message, speech),
    )


def _beside(message: Message, speech: Speech) -> SafeString:
    """Write the files and tool calls of a message."""
    parts = [attached_file(file, speech.project_id) for file in message.attachments]
    if message.calls:
        calls = [tool_call(call, speech.trace, speech.more) for call in message.calls]
        parts += [format_html(WORKS_HTML, SafeString("".join(calls))), sent_text(message.sent, speech.more)]
    if message.calls_left_out:
        parts.append(format_html(CALLS_LEFT_OUT_HTML, counted(message.calls_left_out, "more tool call")))
    return SafeString("".join(parts))


def _words(body: RenderedBody, place: str, more: str, message: int | None = None) -> SafeString:
    return format_html(WORDS_HTML, lang=_lang(body), place=place, words=body_text(body, more, message))


def _system(body: RenderedBody, place: str, more: str, message: int) -> SafeString:
    words, gist = body_text(body, more, message), shortened(body.text, 80)
    return format_html(SYSTEM_HTML, gist=gist, lang=_lang(body), place=place, words=words)


def _thought(body: RenderedBody, message: int) -> SafeString:
    return format_html(
        THOUGHT_HTML,
        sign=icon("thought"),
        gist=shortened(body.text, 120),
        fold=icon("chevron", "fold-mark"),
        lang=_lang(body),
        words=body_text(body, message=message),
    )


def _lang(body: RenderedBody) -> SafeString:
    return format_html(' lang="{}"', body.lang) if body.lang else NONE
