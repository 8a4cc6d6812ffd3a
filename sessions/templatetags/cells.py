"""How values read: durations, money, counts, moments and long ids, the same on every page."""

from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

from django import template
from django.http import HttpRequest
from django.utils.safestring import SafeString

from sessions.formatting import HUES, count, counted, duration, money, score_mean, score_summary
from sessions.listing.listing import FilterField, SessionColumn
from sessions.markup import format_html, format_html_join
from sessions.models import Session
from sessions.models.properties import Property, PropertyKind
from tracing.reading.markdown import without_signs
from tracing.reading.bodies import RenderedBody
from tracing.records import Kind, Level

register = template.Library()

SHOWN_ID_CHARACTERS = 28
CELL_CHIPS = 4  # of a set with more, the rest is counted
INPUT_HTML = (
    '<input class="field" type="{}" name="{}" value="{}" aria-label="{}" placeholder="{}" inputmode="{}"{}'
    ' autocomplete="off">'
)
EMPTY_CELL_HTML = SafeString('<span class="muted">–</span>')

register.filter("duration", duration)
register.filter("money", money)
register.filter("count", count)
register.simple_tag(counted)


@register.simple_tag
def cost(amount: Decimal | str | None, unpriced_count: int = 0) -> SafeString:
    """Money, but never a zero that is not one: calls without a known price make it `unknown`, or more than it says."""
    shown = money(amount)
    if not unpriced_count:
        return format_html("{}", shown)
    calls = "one call has" if unpriced_count == 1 else f"{unpriced_count:,} calls have"
    if not amount or Decimal(amount) == 0:
        return format_html('<span class="muted" title="{} no known price">unknown</span>', calls)
    return format_html('<span title="At least: {} no known price">≥ {}</span>', calls, shown)


@register.filter
def moment(at: datetime | None, shown: str = "moment") -> SafeString:
    """The instant in UTC; a script rewrites it in the reader's zone as `moment`, `clock` or `relative`."""
    if at is None:
        return SafeString("")
    at = at.astimezone(UTC)
    text = f"{at:%H:%M:%S} UTC" if shown == "clock" else f"{at.day} {at:%b %Y, %H:%M} UTC"
    stamp = at.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return format_html('<time datetime="{}" data-shown="{}" title="{}">{}</time>', stamp, shown, stamp, text)


@register.filter
def ellipsis(text: str, length: int = SHOWN_ID_CHARACTERS) -> SafeString:
    """A long id loses its middle; the whole of it shows on focus and is read to who listens."""
    if len(text) <= length:
        return format_html("{}", text)
    head = (length - 1) * 2 // 3
    tail = length - 1 - head
    return format_html(
        '<span class="ellipsis" title="{}"><span class="cut" aria-hidden="true">{}…{}</span>'
        '<span class="whole">{}</span></span>',
        text,
        text[:head],
        text[-tail:],
        text,
    )


@register.simple_tag
def cell(declared: Property | SessionColumn, session: Session, times: str = "moment") -> SafeString:
    """The value of a session's property, as its kind is shown."""
    value = getattr(session, declared.field)
    if declared.kind == PropertyKind.MONEY:
        return format_html('<span class="number">{}</span>', cost(value, session.unpriced_count))
    if declared.kind == PropertyKind.NUMBER:
        look = "" if value else " muted"
        if value and declared.name == "error_count":
            look = " mark-error"
        return format_html('<span class="number{}">{}</span>', look, count(value))
    if declared.kind == PropertyKind.TIME:
        return moment(value, times)
    return CELLS[declared.kind](value)


@register.simple_tag
def rest_url(body: RenderedBody, more: str, message: int | str | None = None) -> str:
    """The address of what follows a long text; `message` is its place among the messages, empty for a whole text."""
    rest = {"from": body.following} if message in (None, "") else {"from": body.following, "message": message}
    return f"{more}&{urlencode(rest)}"


@register.filter
def preview(text: str) -> str:
    """The few words of a text that a closed row shows, without the signs of Markdown."""
    return without_signs(text)


@register.filter
def shortened(text: object, length: int) -> str:
    """The beginning of a text. Django's own filter first puts the marks of the whole text in order, which takes the
    square of how many stand on one letter."""
    words = str(text)
    return words if len(words) <= length else f"{words[: length - 1]}…"


def _chips(texts: Iterable[str]) -> SafeString:
    shown = list(texts)
    chips = format_html_join(" ", '<span class="chip">{}</span>', ((ellipsis(text),) for text in shown[:CELL_CHIPS]))
    if len(shown) <= CELL_CHIPS:
        return chips or EMPTY_CELL_HTML
    rest = ", ".join(shown[CELL_CHIPS : CELL_CHIPS + 50])
    return format_html('{} <span class="chip" title="{}">+{}</span>', chips, rest, len(shown) - CELL_CHIPS)


def score_cell(summed: dict[str, Any] | None) -> SafeString:
    """`4.2 (3)`: the mean of three; the categories with how often each was given."""
    if summed is None:
        return EMPTY_CELL_HTML
    given = sorted(summed["shares"].items(), key=lambda item: (-item[1], item[0]))
    chips = _chips(f"{category} {times:,}" for category, times in given) if given else ""
    if (mean := summed["mean"]) is None:
        return SafeString(chips) or format_html('<span class="number muted">({})</span>', count(summed["count"]))
    several = format_html(' <span class="muted">({})</span>', count(summed["count"])) if summed["count"] != 1 else ""
    number = score_mean(mean)
    return format_html(
        '<span class="number">{}{}</span>{}', number, several, format_html(" {}", chips) if chips else ""
    )


CELLS: dict[PropertyKind, Callable[[Any], SafeString]] = {
    PropertyKind.ID: lambda value: format_html('<span class="id">{}</span>', ellipsis(value)),
    PropertyKind.DURATION: lambda value: format_html('<span class="number">{}</span>', duration(value)),
    PropertyKind.SET: _chips,
    PropertyKind.USAGE: lambda value: _chips(
        f"{model} {count(used.get('total_tokens'))}" for model, used in sorted(value.items())
    ),
    PropertyKind.SCORES: lambda value: _chips(score_summary(name, value[name]) for name in sorted(value)),
    PropertyKind.TEXT: lambda value: format_html('<span dir="auto">{}</span>', preview(value)),
}


@register.filter
def kind(value: int | None) -> str:
    """The word for a span's kind."""
    return Kind(value or 0).name.lower()


@register.filter
def hue(value: int | None) -> str:
    """Which of the six colours a span's kind has."""
    return HUES.get(Kind(value or 0), "span")


@register.filter
def is_error(level: int | None) -> bool:
    return level == Level.ERROR


@register.filter
def is_warning(level: int | None) -> bool:
    return level == Level.WARNING


@register.filter
def filter_input(asked: FilterField) -> SafeString:
    """One for each value that may be given, and one more where there may be several."""
    field, values = asked.input, asked.values
    state = SafeString(' aria-invalid="true"') if asked.is_faulty else ""
    shown = [*values, ""] if field.is_repeated else values[-1:] or [""]
    return format_html_join(
        "",
        INPUT_HTML,
        ((field.type, field.name, value, field.label, field.words, field.mode, state) for value in shown),
    )


@register.simple_tag(takes_context=True)
def query(context: template.Context, **changes: Any) -> str:
    """The page's own query string with `changes`; None takes a parameter away."""
    request: HttpRequest = context["request"]
    parameters = {**dict(request.GET.lists()), **changes}
    kept = {name: value for name, value in parameters.items() if value is not None}
    return "?" + urlencode(kept, doseq=True)
