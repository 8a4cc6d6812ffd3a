"""The cells of a session's properties and scores, and the inputs of their filters."""

from collections.abc import Callable, Container, Iterable
from functools import lru_cache
from typing import Any

from django import template
from django.utils.safestring import SafeString

from sessions.formatting import score_mean, score_summary, yes_share
from sessions.listing.listing import FilterField, Inputs
from sessions.listing.table import SessionColumn
from sessions.models import Session
from sessions.models.properties import Property, PropertyKind
from tracing.formatting import bounded, count, elapsed
from tracing.markup import format_html, format_html_join
from tracing.templatetags.values import cost, ellipsis, moment, preview, tokens

register = template.Library()

CELL_CHIPS = 4  # of a set with more, the rest is counted
INPUT_HTML = (
    '<input class="field" type="{}" name="{}" value="{}" aria-label="{}" placeholder="{}" inputmode="{}"{}'
    ' autocomplete="off">'
)
FILTER_HTML = '<fieldset class="filter"><legend class="label">{}</legend><div class="filter-inputs">{}</div></fieldset>'
TOKEN_COLUMNS = {"input_tokens", "output_tokens", "total_tokens"}
EMPTY_CELL_HTML = SafeString('<span class="muted">–</span>')


@register.simple_tag
def cell(declared: Property | SessionColumn, session: Session, times: str = "moment") -> SafeString:
    """Write the value of a session's property in the way of its kind."""
    value = getattr(session, declared.field)
    if declared.kind == PropertyKind.MONEY:
        return format_html('<span class="number">{}</span>', cost(value, session.unpriced_count))
    if declared.name in TOKEN_COLUMNS:
        return format_html('<span class="number">{}</span>', tokens(value, session.unmeasured_count))
    if declared.kind == PropertyKind.NUMBER:
        look = "" if value else " muted"
        if value and declared.name == "error_count":
            look = " mark-error"
        return format_html('<span class="number{}">{}</span>', look, count(value))
    if declared.kind == PropertyKind.TIME:
        return moment(value, times)
    return CELLS[declared.kind](value)


def _chips(texts: Iterable[str]) -> SafeString:
    shown = list(texts)
    chips = format_html_join(" ", '<span class="chip">{}</span>', ((ellipsis(text),) for text in shown[:CELL_CHIPS]))
    if len(shown) <= CELL_CHIPS:
        return chips or EMPTY_CELL_HTML
    rest = ", ".join(shown[CELL_CHIPS : CELL_CHIPS + 50])
    return format_html('{} <span class="chip" title="{}">+{}</span>', chips, rest, len(shown) - CELL_CHIPS)


def score_chips(scores: dict[str, dict[str, Any]], yes_or_no: Container[str] = ()) -> SafeString:
    """Write what each score comes to; those that `yes_or_no` names as `thumbs: 2 of 3 yes`."""
    return _chips(
        f"{name}: {yes_share(scores[name])}" if name in yes_or_no else score_summary(name, scores[name])
        for name in sorted(scores)
    )


def _used(used: dict[str, Any]) -> str:
    """Write the tokens of a model, of which some calls may report none."""
    number = used.get("total_tokens")
    return bounded(count(number), used.get("unmeasured_count", 0), is_known=bool(number))


def score_cell(summed: dict[str, Any] | None, *, is_yes_or_no: bool = False) -> SafeString:
    """`4.2 (3)`: the mean of three; `2 of 3 yes`; the categories with how often each was given."""
    if summed is None:
        return EMPTY_CELL_HTML
    if is_yes_or_no and summed["mean"] is not None:
        return format_html('<span class="number">{}</span>', yes_share(summed))
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
    PropertyKind.DURATION: lambda value: format_html('<span class="number">{}</span>', elapsed(value)),
    PropertyKind.SET: _chips,
    PropertyKind.USAGE: lambda value: _chips(f"{model} {_used(used)}" for model, used in sorted(value.items())),
    PropertyKind.SCORES: score_chips,
    PropertyKind.TEXT: lambda value: format_html('<span dir="auto">{}</span>', preview(value)),
}


@register.simple_tag
def filter_forms(several: Iterable[Inputs]) -> SafeString:
    """Draw the inputs of several properties."""
    return SafeString("\n".join(_filter_form(one) if one.is_answered else _empty_filter_form(one) for one in several))


def filter_input(asked: FilterField) -> SafeString:
    """Draw an input for each value that may be given, and one more where there may be several."""
    field, values = asked.input, asked.values
    state = SafeString(' aria-invalid="true"') if asked.is_faulty else ""
    shown = (*values, "") if field.is_repeated else values[-1:] or ("",)
    return format_html_join(
        "",
        INPUT_HTML,
        ((field.type, field.name, value, field.label, field.words, field.mode, state) for value in shown),
    )


def _filter_form(inputs: Inputs) -> SafeString:
    return format_html(FILTER_HTML, inputs.label, SafeString("".join(map(filter_input, inputs.fields))))


_empty_filter_form = lru_cache(maxsize=128)(_filter_form)  # there is one for each property
