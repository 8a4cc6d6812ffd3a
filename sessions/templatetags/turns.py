"""How the turns of a conversation are drawn: by functions, as the rows of a list are.

What was said in a turn is drawn by sessions/templatetags/readings.py."""

from collections.abc import Iterable, Sequence

from django import template
from django.middleware.csrf import get_token
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.safestring import SafeString

from projects.models import Project
from projects.templatetags.assets import icon
from sessions.annotation.panels import Mark
from sessions.replay.turns import Turn
from sessions.templatetags.readings import epoch, reading
from sessions.translation.languages import direction, name_of, tag
from sessions.translation.printing import PrintedTurn, in_language
from tracing.formatting import count, counted, duration
from tracing.markup import format_html
from tracing.models import Trace
from tracing.templatetags.values import shortened

register = template.Library()

IDLE_HTML = '<p class="idle"><span>{}{} idle</span></p>'
TURN_HTML = (
    '{idle}<article class="turn" id="trace-{id}" data-turn="{id}" data-number="{number}" data-start="{start}"'
    ' data-end="{end}" aria-labelledby="turn-{number}">'
    '<h3 class="visually-hidden" id="turn-{number}">Turn {number}: {name}</h3>'
    '<a class="turn-number num" data-stop href="?{query}#trace-{id}" title="Permanent link to turn {number}">'
    "{number}</a>"
    '{translation}<div class="turn-body reading" data-reading id="reading-{number}">{reading}</div>'
    '<div class="turn-annotation" data-annotated="{id}"><footer class="turn-foot msg-foot">{bar}'
    '<a class="iconbtn small turn-open" href="{trace}" aria-label="Open trace" data-tip="Open trace">{open}</a>{steps}'
    '</footer><div class="annotation-body"></div></div></article>'
)
STEPS_HTML = (
    '<details class="steps" hx-get="{trace}?steps" hx-trigger="toggle once" hx-target="find .steps-body">'
    '<summary class="steps-link">{count}{sign}</summary><div class="steps-body">'
    '<p class="skeleton js-only" aria-hidden="true"></p><p class="no-js"><a href="{trace}">Open this trace</a></p>'
    "</div></details>"
)
TRANSLATION_HTML = (
    '<div class="translation" data-state="asked" hx-get="{address}" hx-trigger="intersect once" hx-target="this"'
    ' hx-swap="outerHTML"><p class="small"><a href="{address}">Read this turn in {language}</a></p></div>'
)
SHOWN_IN_HTML = (
    '<p class="translation-notice" role="status">Machine translation into {language}: {count} of {all}.{rest}</p>'
)
NOT_TRANSLATED_HTML = '<p class="muted small">The last {} characters are not translated.</p>'
PRINTED_HTML = (
    '{idle}<article class="turn" aria-label="Turn {number}"{asks}><span class="turn-number num">{number}</span>'
    '<div class="turn-body reading"{language}>{reading}</div>{rest}</article>'
)
BAR_HTML = (
    '<div class="annotation-bar msg-acts">{thumbs}<a class="iconbtn small annotate-open" href="{address}"'
    ' hx-get="{address}" hx-target="next .annotation-body" data-annotate aria-label="{label}" data-tip="{label}">{sign}'
    '</a> <span class="annotation-marks chips" data-marks></span></div>'
)
THUMBS_HTML = (
    '<form method="post" action="{address}" hx-post="{address}" hx-target="closest .annotation-bar" hx-swap="outerHTML"'
    ' class="thumbs"><input type="hidden" name="csrfmiddlewaretoken" value="{token}">{up}{down}</form>'
)
THUMB_HTML = (
    '<button class="iconbtn small thumb" name="thumb" value="{value}" aria-pressed="{is_given}" aria-label="{label}"'
    ' data-tip="{label}" data-toggle>{sign}</button>'
)
NONE = SafeString("")


@register.simple_tag(takes_context=True)
def turns(context: template.Context, shown: Iterable[Turn]) -> SafeString:
    """Write the turns of a window, each with its text, its bar and its steps."""
    lang = context["request"].GET.get("lang", "")
    return SafeString("\n".join(_turn(context, turn, lang) for turn in shown))


@register.simple_tag
def printed_turns(shown: Sequence[Turn], lang: str = "") -> SafeString:
    """Write turns for paper, in a language as far as they are translated, and say what is not."""
    if not (target := tag(lang)):
        return SafeString("\n".join(_printed(PrintedTurn(turn)) for turn in shown))
    turns = in_language(shown, target)
    translated_count = sum(turn.is_translated for turn in turns)
    notice = format_html(
        SHOWN_IN_HTML,
        language=name_of(target),
        count=translated_count,
        all=counted(len(turns), "turn"),
        rest=" The rest is in its own language." if translated_count < len(turns) else "",
    )
    return SafeString("\n".join([notice, *(_printed(turn, target) for turn in turns)]))


@register.simple_tag(takes_context=True)
def annotation_bar(context: template.Context, trace: Trace, mark: Mark | None = None) -> SafeString:
    """Write what a reader can say of one answer. What others said comes with the panel of the session."""
    project: Project = context["project"]
    address = annotate_url(trace)
    return format_html(
        BAR_HTML,
        thumbs=_thumbs(context, address, mark) if project.role.edits else NONE,
        address=address,
        label="Comment or correct" if project.role.edits else "Scores and comments",
        sign=icon("comment"),
    )


def annotate_url(turn: Trace) -> str:
    """Return where a turn is annotated: as its trace, or as the span that began it if it is a part of a trace."""
    if not turn.exchange_span_id:
        return reverse("annotate", args=[turn.project_id, "trace", turn.trace_id])
    address = reverse("annotate", args=[turn.project_id, "span", turn.exchange_span_id])
    return f"{address}?{urlencode({'trace': turn.trace_id})}"


def _turn(context: template.Context, turn: Turn, lang: str) -> SafeString:
    trace = turn.trace
    address = reverse("trace", args=[trace.project_id, trace.trace_id])
    steps = counted(trace.whole.span_count, "step")
    return format_html(
        TURN_HTML,
        idle=_idle(turn),
        id=trace.turn_id,
        number=turn.number,
        start=epoch(trace.started_at),
        end=epoch(trace.ended_at),
        name=shortened(trace.name or "trace", 60),
        query=urlencode({"turn": trace.turn_id}),
        translation=_translation(trace, lang) if lang else NONE,
        reading=reading(turn),
        bar=annotation_bar(context, trace),
        trace=address,
        open=icon("open"),
        steps=format_html(STEPS_HTML, trace=address, count=steps, sign=icon("right")) if trace.span_count else NONE,
    )


def _printed(printed: PrintedTurn, target: str = "") -> SafeString:
    turn, left_out = printed.turn, printed.left_out
    return format_html(
        PRINTED_HTML,
        idle=_idle(turn),
        number=turn.number,
        asks=format_html(' data-translate="{}"', _translation_address(turn.trace, target, printed.more))
        if printed.more
        else NONE,
        language=format_html(' lang="{}" dir="{}"', target, direction(target)) if printed.is_translated else NONE,
        reading=reading(turn, is_printed=True),
        rest=format_html(NOT_TRANSLATED_HTML, count(left_out)) if printed.is_translated and left_out else NONE,
    )


def _idle(turn: Turn) -> SafeString:
    return format_html(IDLE_HTML, icon("clock"), duration(turn.idle_ms)) if turn.idle_ms else NONE


def _translation(trace: Trace, lang: str) -> SafeString:
    return format_html(TRANSLATION_HTML, address=_translation_address(trace, lang), language=name_of(lang))


def _translation_address(trace: Trace, lang: str, more: int = 1) -> str:
    asked = {"to": lang} | ({"more": more} if more > 1 else {})
    return f"{reverse('translation', args=[trace.project_id, trace.turn_id])}?{urlencode(asked)}"


def _thumbs(context: template.Context, address: str, mark: Mark | None) -> SafeString:
    given = mark.thumb if mark else None
    return format_html(
        THUMBS_HTML,
        address=address,
        token=get_token(context["request"]),
        up=_thumb("1", "Good answer", "thumb-up", is_given=given is True),
        down=_thumb("0", "Bad answer", "thumb-down", is_given=given is False),
    )


def _thumb(value: str, label: str, sign: str, *, is_given: bool) -> SafeString:
    return format_html(THUMB_HTML, value=value, is_given=str(is_given).lower(), label=label, sign=icon(sign))
