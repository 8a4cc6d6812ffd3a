"""How texts, tool calls and files of a conversation are drawn.

They are functions, because a page of turns has hundreds of them and templates take five times as long."""

from datetime import datetime

from django import template
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.safestring import SafeString

from projects.templatetags.assets import icon
from tracing.formatting import count, elapsed
from tracing.markup import format_html
from tracing.models import Trace
from tracing.reading.bodies import RenderedBody
from tracing.reading.messages import Attachment, Call
from tracing.templatetags.values import rest_url, shortened

register = template.Library()

PLAIN_HTML = '<div class="plain-text">{}</div>'
LOAD_MORE_HTML = (
    '<p class="read-on"><a href="{address}" hx-get="{address}" hx-target="closest .read-on" hx-swap="outerHTML">'
    'Load more</a> <span class="muted small">{rest} more characters</span></p>'
)
REST_ELSEWHERE_HTML = '<p class="muted small">{} more characters stand in the raw report of the step.</p>'
NOTE_HTML = '<p class="muted small">{} {}</p>'
BY_ITSELF_HTML = '<a href="{}&amp;head=1">Read this text by itself</a>'
SENT_HTML = (
    '<details class="fold sent"><summary class="muted small">As it was sent</summary>'
    '<div class="prose muted" dir="auto">{}</div></details>'
)
CALL_HTML = (
    '<details class="call"{state}{moment}><summary><span class="kind" data-kind="tool"></span>'
    '<span class="visually-hidden">Calls the tool </span><code class="call-name">{name}</code> '
    '<code class="call-args clip">{gist}</code> {result}{time}</summary>'
    '<div class="call-body">{failure}<p class="call-label">Arguments</p>{arguments}{answer}</div></details>'
)
CALL_FAILED_HTML = '<span class="call-result clip"><span class="visually-hidden">failed </span>{}</span> '
CALL_RESULT_HTML = '<span class="call-result clip" dir="auto">{}</span> '
CALL_TIME_HTML = '<span class="call-time num">{}</span>'
CALL_ANSWER_HTML = '<p class="call-label">Result</p><div dir="auto">{}</div>'
FAILURE_HTML = '<p class="notice error">{} <span><strong dir="auto">{}</strong> {}</span></p>'
STEP_LINK_HTML = '<a href="{}?{}">Open this step</a>'
PICTURE_HTML = (
    '<p class="picture" data-missing="Image not shown"><a href="{0}">'
    '<img src="{0}" alt="Image in this message" loading="lazy" decoding="async">'
    "</a></p>"
)
SOUND_HTML = '<p class="sound" data-missing="Sound not played"><audio controls preload="none" src="{}"></audio></p>'
STORED_FILE_HTML = '<p class="small"><a href="{}">{}</a> <span class="muted">{}</span></p>'
FILE_ELSEWHERE_HTML = (
    '<p class="small file-note">{}<a href="{}" rel="noopener noreferrer nofollow">{}</a>'
    ' <span class="muted">at {}, never loaded from there</span></p>'
)
UNKNOWN_FILE_HTML = '<p class="small file-note">{}<span>{}</span> <span class="muted">not shown: {}</span></p>'
NONE = SafeString("")


@register.simple_tag
def body_text(body: RenderedBody, more: str = "", message: int | str | None = None) -> SafeString:
    """Write a text in the form that it has, and where its rest is read.

    `more` is the address of the whole text, `message` the index of the message in it."""
    if body.html is not None:
        return body.html
    words = format_html(PLAIN_HTML, body.text)
    if body.following and more:
        words += format_html(LOAD_MORE_HTML, address=rest_url(body, more, message), rest=count(body.rest))
    elif body.following:
        words += format_html(REST_ELSEWHERE_HTML, count(body.rest))
    if body.note:
        words += format_html(NOTE_HTML, body.note, format_html(BY_ITSELF_HTML, more) if more else NONE)
    return SafeString(words)


def sent_text(body: RenderedBody | None, more: str) -> SafeString:
    """Write the whole object that a message was taken from, folded; nothing if there is none."""
    return format_html(SENT_HTML, body_text(body, more)) if body else NONE


def tool_call(call: Call, trace: Trace | None, more: str = "") -> SafeString:
    """Write a tool call on one line, which opens; a failed one is open."""
    answer = format_html(CALL_ANSWER_HTML, body_text(call.result, more, call.result_index)) if call.result else NONE
    return format_html(
        CALL_HTML,
        state=SafeString(" data-failed open") if call.has_failed else NONE,
        moment=format_html(' data-at="{}000"', int(call.at.timestamp())) if isinstance(call.at, datetime) else NONE,
        name=call.name,
        gist=call.gist,
        result=_result(call),
        time=NONE if call.duration_ms is None else format_html(CALL_TIME_HTML, elapsed(call.duration_ms)),
        failure=_failure(call, trace) if call.has_failed else NONE,
        arguments=body_text(call.arguments),
        answer=answer,
    )


def _result(call: Call) -> SafeString:
    if call.has_failed:
        return format_html(CALL_FAILED_HTML, shortened(call.error or "failed", 80))
    return format_html(CALL_RESULT_HTML, call.result_gist) if call.result_gist else NONE


def _failure(call: Call, trace: Trace | None) -> SafeString:
    step = NONE
    if trace and call.span_id:
        page = reverse("trace", args=[trace.project_id, trace.trace_id])
        step = format_html(STEP_LINK_HTML, page, urlencode({"span": call.span_id}))
    return format_html(FAILURE_HTML, icon("error"), shortened(call.error or "The call failed.", 400), step)


def attached_file(file: Attachment, project_id: int) -> SafeString:
    """Write a file beside a text: a picture or a sound that is stored, or a link. Nothing is loaded from elsewhere."""
    if file.media_id:
        address = reverse("media", args=[project_id, file.media_id])
        if file.is_image:
            return format_html(PICTURE_HTML, address)
        if file.is_audio:
            return format_html(SOUND_HTML, address)
        return format_html(STORED_FILE_HTML, address, file.kind.capitalize(), file.content_type)
    if file.url:
        sign, host = icon("link"), shortened(file.host, 60)
        return format_html(FILE_ELSEWHERE_HTML, sign, file.url, file.kind.capitalize(), host)
    return format_html(UNKNOWN_FILE_HTML, icon("warning"), file.kind.capitalize(), file.reason)
