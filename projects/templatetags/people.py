"""Template tags about people: members, and the users of the products that are watched."""

from typing import Any, NamedTuple

from django import template
from django.conf import settings
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from projects.accounts.joining import opened_invitation
from projects.accounts.passkeys import are_passkeys_possible
from projects.accounts.sign_in import is_sign_up_open
from projects.avatars import hue, initials
from projects.models import Invitation, User
from projects.preferences import page_zone, theme_of

register = template.Library()
register.simple_tag(is_sign_up_open)

AVATAR_HTML = '<span class="{}" data-hue="{}" aria-hidden="true">{}</span>'


class AccountLink(NamedTuple):
    """An entry of the list beside the pages of one's own account."""

    group: str
    label: str
    address: str
    is_current: bool


ACCOUNT_PAGES = (
    ("You", "Profile", "account", "profile"),
    ("You", "Reading", "account-reading", "reading"),
    ("You", "What reaches you", "account-notices", "notices"),
    ("You", "API keys", "account-keys", "keys"),
    ("Safety", "E-mail address", "account_email", "email"),
    ("Safety", "Password and passkeys", "mfa_index", "security"),
    ("Safety", "Signed-in devices", "account-devices", "devices"),
)
# allauth's views name no tab: what is behind the other addresses is about password and passkeys.
TABS_BY_ROUTE = {"account_email": "email"}


@register.simple_tag
def running_version() -> str:
    """Return the version of Confab that answers."""
    return settings.VERSION


@register.simple_tag(takes_context=True)
def account_links(context: template.Context) -> list[AccountLink]:
    """Return the pages of one's own account, with the one that is open."""
    match = context["request"].resolver_match
    tab = context.get("tab") or TABS_BY_ROUTE.get(match.url_name if match else "", "security")
    return [AccountLink(group, label, reverse(route), tab == own) for group, label, route, own in ACCOUNT_PAGES]


@register.simple_tag(takes_context=True)
def invitation_of_browser(context: template.Context) -> Invitation | None:
    """Return the invitation whose link was opened in this browser."""
    return opened_invitation(context["request"])


@register.simple_tag(takes_context=True)
def passkeys_are_possible(context: template.Context) -> bool:
    """Return whether browsers offer passkeys at the address of this page."""
    return are_passkeys_possible(context["request"])


@register.simple_tag(takes_context=True)
def reader_theme(context: template.Context) -> str:
    """Return the theme of the page: "light", "dark", or "" for that of the system."""
    return theme_of(context["request"])


@register.simple_tag(takes_context=True)
def reader_attributes(context: template.Context) -> SafeString:
    """Write the attributes of <html> that say how the reader wants the page: theme, zone, and notation."""
    request = context.get("request")
    if request is None:
        return SafeString("")
    said = {"theme": theme_of(request), "zone": page_zone(), "notation": getattr(request.user, "notation", "")}
    return format_html_join("", ' data-{}="{}"', ((name, value) for name, value in said.items() if value))


@register.simple_tag
def avatar(who: User | str, size: str = "") -> SafeString:
    """Return a circle with the initials of a member, or of a name; `size` is "", "small", "large" or "huge".

    The name itself has to stand beside it: screen readers do not read the circle."""
    if isinstance(who, User):
        return _circle(who.shown_name, size, who.avatar_hue)
    return _circle(who or "", size)


@register.simple_tag
def hued_avatar(who: User, colour: Any) -> SafeString:
    """Return the circle of a member in another colour, to choose from."""
    return _circle(who.shown_name, "", int(colour))


def _circle(name: str, size: str, chosen: int | None = None) -> SafeString:
    colour = hue(name) if chosen is None else chosen
    return format_html(AVATAR_HTML, f"avatar {size}".rstrip(), colour, initials(name))
