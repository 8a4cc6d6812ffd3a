"""What the page of a session writes that no other page does."""

from decimal import Decimal
from typing import Any

from django import template
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.http import urlencode
from django.utils.safestring import SafeString

from sessions.formatting import yes_share
from sessions.models import Session
from sessions.models.properties import Property, PropertyKind
from sessions.replay.strip_steps import FAILED_STEP
from sessions.replay.timeline import TimelineBar
from sessions.replay.usage import ModelUsage
from sessions.rollup.score_types import find_yes_or_no
from sessions.templatetags.cells import cell, score_chips
from tracing.formatting import HUE_LABELS, counted, elapsed
from tracing.templatetags.values import ellipsis

register = template.Library()
REPLAY_CHIPS = 12
register.filter("yes_share", yes_share)
STRIP_BAR_SVG = (
    '<rect class="strip-bar{}" x="{}%" y="{}" width="{}%" height="{}" rx="{}" data-jump="{}" data-from="{}"'
    ' data-to="{}"><title>{}</title></rect>{}'
)
STRIP_STEP_SVG = '<rect class="strip-step" data-kind="{2}" x="{0}%" y="9" width="{1}%" height="10" rx="2"/>'
STRIP_ERROR_SVG = '<circle class="strip-error" cx="{}%" cy="3" r="3"/>'
PARTLY = '<rect class="strip-partly" x="{}%" y="{}" width="{}%" height="{}"/>'
# Pixels of the strip: where bars stand, how high they are and how round, and the same of frames around steps.
BAR_BOX, FRAME_BOX = (7, 20, 1.5), (0.5, 27, 4)
FOOT, TALLEST_FOOT, SMALLEST_FOOT = 27, 8, 4
STEP_LABELS = HUE_LABELS | {"error": "Failed"}


@register.simple_tag
def linked_cell(declared: Property, session: Session) -> SafeString:
    """Write the value of a property; each value of a set links to the sessions that share it."""
    values = getattr(session, declared.field)
    if declared.kind == PropertyKind.SCORES:
        return score_chips(values, find_yes_or_no(session.project_id, [values]))
    if declared.kind != PropertyKind.SET or not values:
        return cell(declared, session)
    page = reverse("sessions", args=[session.project_id])
    look = " tag" if declared.name == "tags" else ""
    chips = format_html_join(
        " ",
        '<a class="chip{}" href="{}?{}">{}</a>',
        ((look, page, urlencode({declared.name: value}), ellipsis(value)) for value in values[:REPLAY_CHIPS]),
    )
    if len(values) <= REPLAY_CHIPS:
        return chips
    return format_html(
        '{} <span class="chip" title="{}">+{}</span>',
        chips,
        ", ".join(values[REPLAY_CHIPS:62]),
        len(values) - REPLAY_CHIPS,
    )


@register.filter
def drawn(bars: list[TimelineBar]) -> SafeString:
    """Draw the bars of the timeline. A loop in a template takes ten times as long."""
    return format_html_join("", STRIP_BAR_SVG, map(_drawn, bars))


def _drawn(bar: TimelineBar) -> tuple[object, ...]:
    look, (top, height, radius) = (" strip-frame", FRAME_BOX) if bar.steps else ("", BAR_BOX)
    above = _steps(bar) if bar.steps else _mark(bar)
    return look, bar.left, top, bar.width, height, radius, bar.turn_id, bar.number, bar.last, _told(bar), above


def _steps(bar: TimelineBar) -> SafeString:
    """Draw the steps of a turn; a failure that is none of a step gets a dot."""
    drawn = format_html_join("", STRIP_STEP_SVG, bar.steps)
    is_told = not bar.error_count or any(step.kind == FAILED_STEP for step in bar.steps)
    return drawn if is_told else drawn + format_html(STRIP_ERROR_SVG, bar.left)


def _mark(bar: TimelineBar) -> SafeString:
    """Mark failures by a red foot as high as the share of turns with a failed step, and by a dot if each has one.

    The bar itself stays as it is: a failed step is no failed turn."""
    if not bar.failed:
        return SafeString("")
    height = max(round(bar.failed * TALLEST_FOOT), SMALLEST_FOOT)
    foot = format_html(PARTLY, bar.left, FOOT - height, bar.width, height)
    return foot + format_html(STRIP_ERROR_SVG, bar.left) if bar.failed == 1 else foot


@register.filter
def step_label(kind: str) -> str:
    """Name what a colour of the strip means."""
    return STEP_LABELS[kind]


def _told(bar: TimelineBar) -> str:
    """Return a label such as `Turns 84–166 · 11m 05s · 2 errors`."""
    turns = f"Turn {bar.number:,}" if bar.number == bar.last else f"Turns {bar.number:,}–{bar.last:,}"
    errors = [counted(bar.error_count, "error")] if bar.error_count else []
    return " · ".join([turns, elapsed(bar.duration_ms), *errors])


@register.filter
def shares(usage: list[ModelUsage]) -> list[dict[str, Any]]:
    """Each model's part of a bar: by cost where costs are known, else by tokens."""
    costs = [row.total_cost for row in usage]
    weights = (
        costs
        if sum(costs) and not any(row.unpriced_count for row in usage)
        else [Decimal(row.total_tokens) for row in usage]
    )
    whole, left = sum(weights), 0.0
    parts: list[dict[str, Any]] = []
    for number, (row, weight) in enumerate(zip(usage, weights, strict=True)):
        width = float(weight / whole * 100) if whole else 0.0
        parts.append(
            {"model": row.model, "left": f"{left:.2f}", "width": f"{width:.2f}", "hue": number % 6 + 1, "row": row}
        )
        left += width
    return parts
