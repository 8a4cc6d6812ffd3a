"""Template tags about people: members, and the users of the products that are watched."""

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString

from projects.accounts.sign_in import is_sign_up_open
from projects.avatars import hue, initials

register = template.Library()
register.simple_tag(is_sign_up_open)


@register.simple_tag
def avatar(name: str, size: str = "") -> SafeString:
    """Return a circle with the initials of `name`; `size` is "", "small" or "large".

    The name itself has to stand beside it: screen readers do not read the circle."""
    classes = f"avatar {size}".rstrip()
    return format_html(
        '<span class="{}" data-hue="{}" aria-hidden="true">{}</span>', classes, hue(name or ""), initials(name or "")
    )
