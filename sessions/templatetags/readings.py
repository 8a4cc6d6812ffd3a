"""How a turn reads: the question, the tools that were used, and the answer.

Messages are drawn by tracing/templatetags/messages.py."""

from dataclasses import replace
from datetime import datetime
from typing import Any

from django import template
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.safestring import SafeString

from sessions.replay.turns import Turn
from tracing.formatting import counted, elapsed
from tracing.markup import format_html
from tracing.models import Trace
from tracing.reading.turns import Spoken
from tracing.templatetags.bodies import tool_call
from tracing.templatetags.messages import WORKS_HTML, Speech, spoken_message, text_said
from tracing.templatetags.values import cost, preview, shortened, tokens
from tracing.views.traces import text_url

register = template.Library()

READING_HTML = '<div data-at="{start}">{asked}</div>{work}<div data-at="{end}">{answered}</div>'
NO_INPUT_HTML = SafeString('<p class="unsaid muted small">No input was recorded.</p>')
NO_OUTPUT_HTML = '<p class="unsaid msg-head small">{} {}</p>'
FAILED_HTML = SafeString('<span class="error-text strong">No answer: the turn failed.</span>')
NOT_RECORDED_HTML = SafeString('<span class="muted">No output was recorded.</span>')
MORE_TOOLS_HTML = '<p class="muted small">{} among the steps.</p>'
NUMBERS_HTML = ' <span class="msg-meta num turn-numbers" title="{}">{}</span>'
UNREAD_HTML = (
    '<div class="unread msg-body"><p class="prose" dir="auto">{words}</p>'
    '<p class="read-on">{way} <span class="muted small">{size}</span></p></div>'
)
TOO_LONG_HTML = SafeString('<span class="muted small">The rest is too long for this page.</span>')
READ_TEXT_HTML = (
    '<a href="{0}&amp;head=1" hx-get="{0}&amp;head=1" hx-target="closest .message" hx-swap="outerHTML"'
    ' hx-trigger="click, intersect once">Read this text</a>'
)
READ_TURN_HTML = (
    '<a href="{}" hx-get="?{}" hx-target="closest [data-reading]" hx-trigger="click, intersect once">Read this turn</a>'
)
NONE = SafeString("")


@register.simple_tag
def reading(turn: Turn, *, is_reached: bool = False, is_printed: bool = False) -> SafeString:
    """Write what was said in a turn, and the tools that were used in between.

    A text that is too long to be read with its page is loaded when the reader reaches it: `is_reached`."""
    trace = turn.trace
    return format_html(
        READING_HTML,
        start=epoch(trace.started_at),
        asked=_side(turn, turn.reading.input, is_reached=is_reached, is_printed=is_printed) or NO_INPUT_HTML,
        work=_work(turn),
        end=epoch(trace.ended_at),
        answered=_side(turn, turn.reading.output, is_reached=is_reached, is_printed=is_printed) or _unanswered(turn),
    )


def epoch(at: datetime | None) -> str:
    """Return milliseconds since 1970, for scripts."""
    return "" if at is None else str(round(at.timestamp() * 1000))


def size(characters: int) -> str:
    """`12 kB`, `10 MB`."""
    return f"{characters / 1e6:.0f} MB" if characters >= 1e6 else f"{max(1, round(characters / 1e3))} kB"


def _work(turn: Turn) -> SafeString:
    """Write the head of the answer and the tools that led to it, nothing if there are none."""
    if not _has_work(turn):
        return NONE
    calls = SafeString("".join(tool_call(call, turn.trace) for call in turn.reading.tools))
    drawn = format_html(WORKS_HTML, calls) if calls else NONE
    if left_out := turn.reading.tools_left_out:
        drawn = SafeString(drawn + format_html(MORE_TOOLS_HTML, counted(left_out, "more tool call")))
    return spoken_message(_answer(turn), drawn)


def _has_work(turn: Turn) -> bool:
    return bool(turn.reading.tools or turn.reading.tools_left_out)


def _unanswered(turn: Turn) -> SafeString:
    numbers = NONE if _has_work(turn) else _numbers(turn)
    return format_html(NO_OUTPUT_HTML, FAILED_HTML if turn.trace.error_count else NOT_RECORDED_HTML, numbers)


def _side(turn: Turn, spoken: Spoken | None, *, is_reached: bool, is_printed: bool) -> SafeString | None:
    if spoken is None:
        return None
    trace, is_answer = turn.trace, spoken.side == "output"
    more = text_url(trace, spoken.span_id, spoken.side)
    speech = replace(_answer(turn), is_begun=_has_work(turn)) if is_answer else _question(turn)
    speech = replace(speech, role=spoken.role, more=more)
    if spoken.shown:
        return text_said(spoken.shown, speech)
    words = preview(trace.output_preview if is_answer else trace.input_preview)
    way = TOO_LONG_HTML if is_printed else format_html(READ_TEXT_HTML, more) if is_reached else _way_to(trace)
    return spoken_message(speech, format_html(UNREAD_HTML, words=words, way=way, size=size(spoken.size)))


def _question(turn: Turn) -> Speech:
    trace = turn.trace
    return Speech(
        project_id=trace.project_id, user_id=trace.user_id, side="input", role="user", at=trace.started_at, trace=trace
    )


def _answer(turn: Turn) -> Speech:
    return replace(_question(turn), side="output", role="assistant", at=turn.trace.ended_at, numbers=_numbers(turn))


def _way_to(trace: Trace) -> SafeString:
    page = reverse("trace", args=[trace.project_id, trace.trace_id])
    return format_html(READ_TURN_HTML, page, urlencode({"read": trace.turn_id}))


def _numbers(turn: Turn) -> SafeString:
    """Write the models, the time, the tokens and the cost of a turn."""
    trace = turn.trace
    parts: list[Any] = [shortened(", ".join(turn.models), 40)] if turn.models else []
    parts.append(elapsed(trace.duration_ms))
    if trace.total_tokens or trace.unmeasured_count:
        parts.append(format_html("{} tokens", tokens(trace.total_tokens, trace.unmeasured_count)))
    if trace.total_cost or trace.unpriced_count:
        parts.append(format_html("{}" if trace.total_cost else "cost {}", cost(trace.total_cost, trace.unpriced_count)))
    numbers = format_html(" · ".join(["{}"] * len(parts)), *parts)
    return format_html(NUMBERS_HTML, shortened(trace.name or "Trace", 60), numbers)
