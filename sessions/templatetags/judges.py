"""How the agreement of a judge with people is drawn."""

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString

from sessions.cohorts.statistics import Interval

register = template.Library()

KAPPA_HTML = (
    '<svg class="kappa-ci" role="img" aria-label="{}"><line class="kappa-grid" x1="60%" x2="60%" y1="0" y2="100%"/>'
    '<line class="kappa-grid" x1="80%" x2="80%" y1="0" y2="100%"/>'
    '<line class="kappa-track" x1="0" x2="100%" y1="50%" y2="50%"/>{}'
    '<circle class="kappa-dot" cx="{}%" cy="50%" r="4.5"/></svg>'
)
KAPPA_LINE_HTML = '<line class="kappa-line" x1="{}%" x2="{}%" y1="50%" y2="50%"/>'


@register.simple_tag
def agreement_line(found: Interval) -> SafeString:
    """Draw an agreement from 0 to 1 as a dot in its interval, with lines at 0.6 and 0.8. Below 0 is drawn at 0."""
    words, line = f"{found.estimate:.2f}", SafeString("")
    if found.low is not None and found.high is not None:
        words += f", 95 % interval {found.low:.2f} to {found.high:.2f}"
        line = format_html(KAPPA_LINE_HTML, _percent(found.low), _percent(found.high))
    return format_html(KAPPA_HTML, words, line, _percent(found.estimate))


def _percent(value: float) -> str:
    return f"{100 * min(max(value, 0.0), 1.0):.1f}"
