"""How the figures of end users are drawn: days as small bars, changes against the time before."""

from collections.abc import Mapping, Sequence

from django import template
from django.utils.html import escape
from django.utils.safestring import SafeString

from projects.templatetags.assets import icon
from sessions.templatetags.cells import EMPTY_CELL_HTML
from sessions.users.listing import UserDay
from sessions.users.profile import ProfileSums, UserProfile
from tracing.formatting import counted, duration, money, percent, percentage_points
from tracing.markup import format_html

register = template.Library()

TINY_HEIGHT = 20  # pixels of the small bars in a row
DAYS_HEIGHT, DAYS_TOP, DAYS_LEFT, DAYS_AXIS = 150, 8, 28, 22  # pixels of the chart of days and of its edges
BAR_SHARE = 0.8  # of a day's width
MAX_DAY_LABELS = 8
DELTA_HTML = '<span class="delta{}">{}{}<span>from {}</span></span>'
LOWER_IS_BETTER = {"cost", "duration", "failed_share"}
SUMS = {"count", "cost"}


@register.simple_tag
def tiny(days: Mapping[str, Sequence[UserDay]], user_id: str) -> SafeString:
    """Draw a user's days in a row of small bars; those with errors are red."""
    shown = days.get(user_id, [])
    most = max((day.sessions for day in shown), default=0)
    if not most:
        return SafeString('<span class="muted">–</span>')
    width, total = 100 / len(shown), sum(day.sessions for day in shown)
    bars = [
        f'<rect x="{number * width:.2f}%" width="{width * BAR_SHARE:.2f}%" data-d="{"error" if day.failed else 1}"'
        f' y="{TINY_HEIGHT * (1 - day.sessions / most):.1f}" height="{TINY_HEIGHT * day.sessions / most:.1f}"/>'
        for number, day in enumerate(shown)
        if day.sessions
    ]
    words = f"{counted(total, 'session')} in the last {len(shown)} days"
    return SafeString(f'<svg class="tiny" role="img" aria-label="{words}">{"".join(bars)}</svg>')


@register.simple_tag
def day_bars(profile: UserProfile, address: str) -> SafeString:
    """Draw the sessions of a user by day, each bar a link into the list at `address`."""
    bars = profile.bars
    highest = max(bar.sessions for bar in bars) or 1
    width, plot = 100 / len(bars), DAYS_HEIGHT - DAYS_TOP
    drawn = [f'<line class="grid" x1="0" x2="100%" y1="{y}" y2="{y}"/>' for y in (DAYS_TOP, DAYS_TOP + plot / 2)] + [
        f'<line class="axis" x1="0" x2="100%" y1="{DAYS_HEIGHT}" y2="{DAYS_HEIGHT}"/>'
    ]
    every = -(-len(bars) // MAX_DAY_LABELS)
    for number, bar in enumerate(bars):
        x = number * width + width * (1 - BAR_SHARE) / 2
        if bar.sessions:
            height, failed = (plot * part / highest for part in (bar.sessions, bar.failed))
            across = f'x="{x:.2f}%" width="{width * BAR_SHARE:.2f}%"'
            label = f"{bar.first:%-d %b}: {counted(bar.sessions, 'session')}"
            label += f", {bar.failed:,} with errors" if bar.failed else ""
            drawn.append(
                f'<a href="{escape(address + bar.query)}" aria-label="{label}"><title>{label}</title>'
                f'<rect data-d="1" {across} y="{DAYS_HEIGHT - height + failed:.1f}" height="{height - failed:.1f}"/>'
                f'<rect data-d="error" {across} y="{DAYS_HEIGHT - height:.1f}" height="{failed:.1f}"/>'
                f'<rect class="hit" x="{number * width:.2f}%" width="{width:.2f}%" y="0" height="{DAYS_HEIGHT}"/></a>'
            )
        if number % every == 0:
            minor = " minor" if number // every % 2 else ""
            drawn.append(f'<text class="day{minor}" x="{x:.2f}%" y="{DAYS_HEIGHT + 15}">{bar.first:%-d %b}</text>')
    half = f"{highest / 2:g}" if highest > 1 else ""
    levels = f"<span>{highest:,}</span><span>{half}</span><span>0</span>"
    whole, words = DAYS_HEIGHT + DAYS_AXIS, f"Sessions {profile.unit}"
    return SafeString(
        f'<div class="days"><div class="days-levels" aria-hidden="true">{levels}</div>'
        f'<svg class="plot" height="{whole}" role="group" aria-label="{words}">{"".join(drawn)}</svg></div>'
    )


@register.simple_tag
def spark(profile: UserProfile, name: str) -> SafeString:
    """Draw how a figure developed in the time. Where there was no session, a mean is unknown and a sum is zero."""
    known = [bar.sessions > 0 or name in SUMS for bar in profile.bars]
    values = [float(getattr(bar.sums, name) or 0) for bar in profile.bars]
    if sum(known) < 2 or not any(values):
        return SafeString("")
    most, step = max(values), 100 / (len(values) - 1)
    points = " L".join(
        f"{number * step:.1f} {30 - 28 * value / most:.1f}" for number, value in enumerate(values) if known[number]
    )
    first, last = known.index(True) * step, (len(known) - 1 - known[::-1].index(True)) * step
    look = " is-error" if name == "failed_share" else ""
    return SafeString(
        f'<svg class="spark{look}" viewBox="0 0 100 32" preserveAspectRatio="none" aria-hidden="true">'
        f'<path class="area" d="M{points} L{last:.1f} 32 L{first:.1f} 32 Z"/><path d="M{points}"/></svg>'
    )


@register.simple_tag
def share(value: float | None) -> SafeString | str:
    return EMPTY_CELL_HTML if value is None else percent(value)


@register.simple_tag
def share_bar(times: int, most: int) -> SafeString:
    """Draw the ground of a row whose width is its share of the largest."""
    return SafeString(f'<svg aria-hidden="true"><rect width="{100 * times / most:.1f}%" height="100%" rx="4"/></svg>')


@register.simple_tag
def delta(profile: UserProfile, name: str) -> SafeString:
    """Write how a figure has changed against the same time before; nothing where one of both is unknown."""
    before = profile.before
    if before is None or not before.count or not profile.sums.count:
        return SafeString("")
    now, then = (_figure(sums, name) for sums in (profile.sums, before))
    if now is None or then is None:
        return SafeString("")
    change = now - then
    look = "" if not change or name not in LOWER_IS_BETTER else " bad" if change > 0 else " good"
    arrow = icon("arrow-up" if change > 0 else "arrow-down") if change else ""
    if name == "failed_share":
        words = f"{percentage_points(change).lstrip('+−±')} points"
    else:
        words = f"{abs(change) / then:.0%}" if then else ""
    return format_html(DELTA_HTML, look, arrow, words if change else "", _written(then, name))


def _figure(sums: ProfileSums, name: str) -> float | None:
    """Return a figure, or None while it is only a lower bound."""
    if name == "cost" and sums.unpriced:
        return None
    value = getattr(sums, name)
    return None if value is None else float(value)


def _written(value: float, name: str) -> str:
    if name == "cost":
        return money(repr(value))
    if name == "duration":
        return duration(value)
    return percent(value) if name == "failed_share" else f"{value:,.0f}"
