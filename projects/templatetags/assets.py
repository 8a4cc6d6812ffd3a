"""The stylesheets and scripts of a page, each kind as one file."""

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString

from projects.assets import bundle_url

register = template.Library()


@register.simple_tag
def styles(names: str) -> SafeString:
    """`{% styles "replay annotation" %}` for css/replay.css and css/annotation.css."""
    return format_html('<link rel="stylesheet" href="{}">', bundle_url("css", names))


@register.simple_tag
def scripts(names: str) -> SafeString:
    """`{% scripts "steps session" %}` for js/steps.js and js/session.js, in this order and once the page is read."""
    return format_html('<script src="{}" defer></script>', bundle_url("js", names))
