"""How the figures of end users are drawn: days as small bars, shares as the ground of a row."""

from collections.abc import Mapping, Sequence
from decimal import Decimal

from django import template
from django.utils.safestring import SafeString

from sessions.formatting import score_mean
from sessions.users.listing import UserDay
from tracing.formatting import counted, percent

register = template.Library()

TINY_HEIGHT = 20  # pixels of the small bars in a row
TINY_BAR_SHARE = 0.8  # of a day's width


@register.simple_tag
def tiny(days: Mapping[str, Sequence[UserDay]], user_id: str) -> SafeString:
    """Draw a user's days in a row of small bars; those with errors are red."""
    shown = days.get(user_id, [])
    most = max((day.sessions for day in shown), default=0)
    if not most:
        return SafeString('<span class="muted">–</span>')
    width, total = 100 / len(shown), sum(day.sessions for day in shown)
    bars = [
        f'<rect x="{number * width:.2f}%" width="{width * TINY_BAR_SHARE:.2f}%" data-d="{"error" if day.failed else 1}"'
        f' y="{TINY_HEIGHT * (1 - day.sessions / most):.1f}" height="{TINY_HEIGHT * day.sessions / most:.1f}"/>'
        for number, day in enumerate(shown)
        if day.sessions
    ]
    words = f"{counted(total, 'session')} in the last {len(shown)} days"
    return SafeString(f'<svg class="tiny" role="img" aria-label="{words}">{"".join(bars)}</svg>')


@register.simple_tag
def user_score(mean: Decimal | None, is_share: bool) -> str:
    """Write the mean of a score, or the share of yes, or a dash where nobody gave one."""
    return "–" if mean is None else percent(mean) if is_share else score_mean(float(mean))


@register.simple_tag
def user_languages(languages: Mapping[str, Sequence[str]], user_id: str) -> str:
    """Write the names of a user's languages, or a dash where none could be told."""
    return ", ".join(languages.get(user_id, [])) or "–"


@register.simple_tag
def share_bar(times: int, most: int) -> SafeString:
    """Draw the ground of a row whose width is its share of the largest."""
    return SafeString(f'<svg aria-hidden="true"><rect width="{100 * times / most:.1f}%" height="100%" rx="4"/></svg>')
