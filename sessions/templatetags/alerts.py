"""Drawings of alerts: what one would have done, and how often it fired."""

from collections.abc import Sequence

from django import template
from django.utils.safestring import SafeString, mark_safe

from sessions.alerts.rehearsing import Rehearsal

register = template.Library()

SPARK_WIDTH, SPARK_HEIGHT = 600, 96  # of the drawing, which is stretched
SPARK_MARGIN = 4
BAR_OF_STEP = 0.75  # of the width of a step


@register.simple_tag
def rehearsal_spark(rehearsal: Rehearsal) -> SafeString:
    """Draw the numbers of a rehearsal, its bound, and when it would have fired; or bars of sessions."""
    if not rehearsal.is_number:
        return bars(rehearsal.values, "rule-spark wide")
    bound = float(rehearsal.alert.bound or 0)
    bound = -bound if rehearsal.alert.is_relative and not rehearsal.alert.is_above else bound
    known = [value for value in rehearsal.values if value is not None] + [bound]
    low, high = min([*known, 0.0]), max([*known, 0.0])
    reach, step = (high - low) or 1.0, SPARK_WIDTH / max(len(rehearsal.values), 1)

    def y(value: float) -> str:
        return f"{SPARK_HEIGHT - SPARK_MARGIN - (value - low) / reach * (SPARK_HEIGHT - 2 * SPARK_MARGIN):.1f}"

    fired = "".join(
        f'<rect class="fired" x="{start * step:.1f}" width="{(end - start) * step:.1f}" y="0" height="{SPARK_HEIGHT}"/>'
        for start, end in rehearsal.fired
    )
    path, is_on = "", False
    for place, value in enumerate(rehearsal.values):
        if value is not None:
            path += f"{'L' if is_on else 'M'}{(place + 0.5) * step:.1f} {y(value)} "
        is_on = value is not None
    line = f'<path class="rule-line" d="{path.strip()}"/>' if path else ""
    drawn = f'<line class="bound" x1="0" x2="{SPARK_WIDTH}" y1="{y(bound)}" y2="{y(bound)}"/>'
    return _svg(fired + line + drawn, "rule-spark wide")


@register.simple_tag
def bars(values: Sequence[float | None], look: str = "rule-spark") -> SafeString:
    """Draw a bar for each number."""
    step, most = SPARK_WIDTH / max(len(values), 1), max((value or 0 for value in values), default=0) or 1
    room = SPARK_HEIGHT - SPARK_MARGIN
    return _svg("".join(
        f'<rect class="rule-bar" x="{place * step:.1f}" width="{step * BAR_OF_STEP:.1f}"'
        f' y="{SPARK_HEIGHT - value / most * room:.1f}" height="{value / most * room:.1f}"/>'
        for place, value in enumerate(values) if value
    ), look)  # fmt: skip


def _svg(inside: str, look: str) -> SafeString:
    return mark_safe(
        f'<svg class="{look}" viewBox="0 0 {SPARK_WIDTH} {SPARK_HEIGHT}" preserveAspectRatio="none"'
        f' aria-hidden="true">{inside}</svg>'
    )
