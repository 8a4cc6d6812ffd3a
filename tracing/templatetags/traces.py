"""The cells of the list of traces, and the marks of steps."""

from collections.abc import Callable, Iterable
from functools import partial

from django import template
from django.urls import reverse
from django.utils.safestring import SafeString

from projects.templatetags.assets import icon
from tracing.formatting import count, elapsed, unit_word
from tracing.lists.table import SortableHead
from tracing.lists.trace_listing import TraceColumn
from tracing.markup import escaped, format_html, format_html_join
from tracing.models import Span, Trace
from tracing.records import Level
from tracing.templatetags.values import cost, ellipsis, moment, tokens

register = template.Library()

TRACE_CELL_CHARACTERS = 22
NUMBER_HTML = '<span class="number">{}</span>'
NO_SESSION_HTML = SafeString('<span class="muted">none</span>')
MARKS_HTML: dict[int | None, str] = {
    Level.ERROR: '<span class="mark-error" title="{}">{}<span class="visually-hidden"> failed</span></span>',
    Level.WARNING: '<span class="mark-warning" title="{}">{}<span class="visually-hidden"> warning</span></span>',
}


@register.simple_tag
def trace_cell(column: TraceColumn, trace: Trace) -> SafeString:
    """Return the value of a column, drawn by its name if it has a form of its own, and otherwise by its kind."""
    if draw := NAMED_TRACE_CELLS.get(column.name):
        return draw(trace)
    return TRACE_CELLS[column.kind](getattr(trace, column.reads[0]))


@register.simple_tag
def trace_marks(head: SortableHead[TraceColumn], trace: Trace) -> SafeString:
    """Return attributes of a cell: the room that its column needs, and where rows are cards the unit, as in `4 steps`.

    Both may be missing."""
    column = head.column
    room = format_html(' data-room="{}"', head.room) if head.room else SafeString("")
    if column.kind != "number":
        return room
    return room + format_html(' data-label="{}"', unit_word(column.label, getattr(trace, column.reads[0])))


@register.simple_tag
def step_mark(span: Span) -> SafeString:
    """Return the mark behind the name of a step that failed or warned."""
    look = MARKS_HTML.get(span.level)
    if look is None:
        return SafeString("")
    has_failed = span.level == Level.ERROR
    told = span.status_message or ("failed" if has_failed else "warning")
    return format_html(look, told, icon("error" if has_failed else "warning"))


def _session(trace: Trace) -> SafeString:
    if not trace.session_id:
        return NO_SESSION_HTML
    page = reverse("session", args=[trace.project_id, trace.session_id])
    shown = ellipsis(trace.session_id, TRACE_CELL_CHARACTERS)
    return format_html('<a href="{}#trace-{}">{}</a>', page, trace.trace_id, shown)


def _errors(trace: Trace) -> SafeString:
    look = "mark-error" if trace.error_count else "muted"
    return format_html('<span class="number {}">{}</span>', look, count(trace.error_count))


def _tokens(trace: Trace, *, name: str) -> SafeString:
    return format_html(NUMBER_HTML, tokens(getattr(trace, name), trace.unmeasured_count))


def _chips(texts: Iterable[str]) -> SafeString:
    return format_html_join(" ", '<span class="chip">{}</span>', ((text,) for text in texts))


def _shortened(text: str | None) -> SafeString:
    return ellipsis(text or "", TRACE_CELL_CHARACTERS)


TRACE_CELLS: dict[str, Callable[..., SafeString]] = {
    "time": lambda at: moment(at, "relative"),
    "number": lambda number: format_html(NUMBER_HTML, count(number)),
    "text": _shortened,
    "id": _shortened,
    "set": _chips,
}
NAMED_TRACE_CELLS: dict[str, Callable[[Trace], SafeString]] = {
    "session_id": _session,
    "duration": lambda trace: format_html(NUMBER_HTML, elapsed(trace.duration_ms)),
    **{name: partial(_tokens, name=name) for name in ("input_tokens", "output_tokens", "total_tokens")},
    "total_cost": lambda trace: format_html(NUMBER_HTML, cost(trace.total_cost, trace.unpriced_count)),
    "environment": lambda trace: SafeString(escaped(trace.environment)),
    "error_count": _errors,
}
