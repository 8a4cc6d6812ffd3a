"""How values read on every page: durations, money, counts, moments and long ids."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

from django import template
from django.http import HttpRequest
from django.utils.safestring import SafeString

from tracing.formatting import HUES, bounded, count, counted, duration, elapsed, money
from tracing.markup import format_html
from tracing.reading.bodies import RenderedBody
from tracing.reading.markdown import without_signs
from tracing.records import Kind, Level

register = template.Library()

SHOWN_ID_CHARACTERS = 28

register.filter("duration", duration)
register.filter("elapsed", elapsed)
register.filter("money", money)
register.filter("count", count)
register.simple_tag(counted)


@register.simple_tag
def cost(amount: Decimal | str | None, unpriced_count: int = 0) -> SafeString:
    """Write money, or `unknown` or `≥ $2` while the cost of some calls is unknown."""
    return _at_least(money(amount), unpriced_count, "no known cost", is_known=bool(amount and Decimal(amount)))


@register.simple_tag
def tokens(number: int | None, unmeasured_count: int = 0) -> SafeString:
    """Write a number of tokens, or `unknown` or `≥ 2,300` while some calls report none."""
    return _at_least(count(number), unmeasured_count, "no reported usage", is_known=bool(number))


def _at_least(shown: str, unknown_count: int, lack: str, *, is_known: bool) -> SafeString:
    """Write a sum of which some parts may be unknown, and never a zero that is not one."""
    written = bounded(shown, unknown_count, is_known=is_known)
    if not unknown_count:
        return format_html("{}", written)
    calls = "one call has" if unknown_count == 1 else f"{unknown_count:,} calls have"
    if not is_known:
        return format_html('<span class="muted" title="{} {}">{}</span>', calls, lack, written)
    return format_html('<span title="At least: {} {}">{}</span>', calls, lack, written)


@register.filter
def moment(at: datetime | None, shown: str = "moment") -> SafeString:
    """Return the time in UTC. A script rewrites it in the reader's zone as `moment`, `clock` or `relative`."""
    if at is None:
        return SafeString("")
    at = at.astimezone(UTC)
    text = f"{at:%H:%M:%S} UTC" if shown == "clock" else f"{at.day} {at:%b %Y, %H:%M} UTC"
    stamp = at.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return format_html('<time datetime="{}" data-shown="{}" title="{}">{}</time>', stamp, shown, stamp, text)


@register.filter
def ellipsis(text: str, length: int = SHOWN_ID_CHARACTERS) -> SafeString:
    """Return a long id without its middle. It is shown in full on focus and to screen readers."""
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
def rest_url(body: RenderedBody, more: str, message: int | str | None = None) -> str:
    """Return the address of the rest of a long text.

    `message` is its index among the messages, or "" for a whole text."""
    rest = {"from": body.following} if message in (None, "") else {"from": body.following, "message": message}
    return f"{more}&{urlencode(rest)}"


@register.filter
def preview(text: str) -> str:
    """Return the few words of a text on a folded row, without the signs of Markdown."""
    return without_signs(text)


@register.filter
def shortened(text: object, length: int) -> str:
    """Return the beginning of a text.

    Django's own filter first orders the marks of the whole text, in time quadratic in the marks on one letter."""
    words = str(text)
    return words if len(words) <= length else f"{words[: length - 1]}…"


@register.filter
def kind(value: int | None) -> str:
    """Return the word for a span's kind."""
    return Kind(value or 0).name.lower()


@register.filter
def hue(value: int | None) -> str:
    """Which of the six colours a span's kind has."""
    return HUES.get(Kind(value or 0), "span")


@register.filter
def is_error(level: int | None) -> bool:
    return level == Level.ERROR


@register.simple_tag(takes_context=True)
def query(context: template.Context, **changes: Any) -> str:
    """Return the page's query string with `changes`. None removes a parameter."""
    request: HttpRequest = context["request"]
    parameters = {**dict(request.GET.lists()), **changes}
    kept = {name: value for name, value in parameters.items() if value is not None}
    return "?" + urlencode(kept, doseq=True)
