"""How people's labels, statuses and assignees are drawn, in rows of lists and on pages."""

from django import template
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.safestring import SafeString

from projects.avatars import hue
from projects.models import User
from projects.templatetags.assets import icon
from projects.templatetags.people import avatar
from sessions.models import SessionState, SessionStatus
from sessions.models.state import MAX_LABELS
from sessions.query.writing import quoted
from tracing.markup import format_html

register = template.Library()
STATUS_HTML = '<span class="status" data-status="{}">{}{}</span>'
STATUS_MARK_HTML = '<span class="status" data-status="{}" title="{}">{}<span class="visually-hidden">{}</span></span>'
OWNER_MARK_HTML = (
    '<span class="owner" title="Assigned to {0}">{1}<span class="visually-hidden">Assigned to {0}</span></span>'
)
ROW_STATE_HTML = '<span class="row-state">{}{}</span>'
PILL_HTML = '<span class="pill" data-hue="{}" dir="auto">{}</span>'
PILL_LINK_HTML = '<a class="pill" data-hue="{}" dir="auto" href="{}?{}">{}</a>'
MORE_PILLS_HTML = '<span class="pill more" title="{}">+{}<span class="visually-hidden"> more labels</span></span>'
NONE = SafeString("")


@register.simple_tag
def status(value: str) -> SafeString:
    """Write a status as its sign and its word; "" is “No status”."""
    return format_html(STATUS_HTML, value or "none", _sign(value), SessionStatus(value).label)


@register.simple_tag
def pill(label: str) -> SafeString:
    """Write a label."""
    return format_html(PILL_HTML, hue(label), label)


@register.simple_tag
def pill_links(project_id: int, labels: list[str], most: int = MAX_LABELS) -> SafeString:
    """Write labels as links to the sessions that have them, and how many there are beyond `most`."""
    page = reverse("sessions", args=[project_id])
    links = (
        format_html(PILL_LINK_HTML, hue(label), page, urlencode({"q": f"label:{quoted(label)}"}), label)
        for label in labels[:most]
    )
    return SafeString("".join(links) + _more(labels[most:]))


@register.filter
def called(person: User) -> str:
    """Return the name of a member, or the address of one who has not said it."""
    return person.shown_name


def first_pill(labels: list[str]) -> SafeString:
    """Write one label, and how many others there are."""
    if not labels:
        return NONE
    return SafeString(pill(labels[0]) + _more(labels[1:]))


@register.simple_tag
def state_marks(state: SessionState | None) -> SafeString:
    """Write signs for the status and the assignee, with their words for screen readers."""
    if state is None or not (state.status or state.assignee):
        return NONE
    return format_html(ROW_STATE_HTML, _status_mark(state.status), _owner_mark(state.assignee))


def _more(labels: list[str]) -> SafeString:
    return format_html(MORE_PILLS_HTML, ", ".join(labels), len(labels)) if labels else NONE


def _status_mark(value: str) -> SafeString:
    label = SessionStatus(value).label
    return format_html(STATUS_MARK_HTML, value, label, _sign(value), label) if value else NONE


def _owner_mark(person: User | None) -> SafeString:
    return format_html(OWNER_MARK_HTML, called(person), avatar(person, "small")) if person else NONE


def _sign(value: str) -> SafeString:
    return icon("resolved" if value == SessionStatus.RESOLVED else "ring")
