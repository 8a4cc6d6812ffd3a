"""How states look on the status page."""

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString

from config.installation.facts import FactState
from projects.templatetags.assets import icon

register = template.Library()

STATE_LOOKS = {
    FactState.FINE: ("success", "check"),
    FactState.WARNING: ("warning", "warning"),
    FactState.BROKEN: ("error", "error"),
}


@register.simple_tag
def notice_class(state: FactState) -> str:
    """Return the class of a notice about this state."""
    return STATE_LOOKS[state][0]


@register.simple_tag
def state_icon(state: FactState) -> SafeString:
    """Return the drawing of this state."""
    return icon(STATE_LOOKS[state][1])


@register.simple_tag
def state_badge(state: FactState) -> SafeString:
    """Return the drawing of this state with its name for those who do not see it."""
    classes, drawing = STATE_LOOKS[state]
    return format_html(
        '<span class="badge bare {}">{}<span class="visually-hidden">{}:</span></span>', classes, icon(drawing), state
    )
