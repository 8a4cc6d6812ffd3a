"""Template tags that bundle the stylesheets and scripts of a page into one file each."""

import re
from functools import cache, lru_cache

from django import template
from django.conf import settings
from django.utils.html import format_html
from django.utils.safestring import SafeString

from projects.assets import bundle_url

register = template.Library()

SYMBOL = re.compile(r'^<symbol id="([^"\n]++)" viewBox="0 0 16 16">(.*)</symbol>$', re.MULTILINE)  # one on each line


@register.simple_tag
def styles(names: str) -> SafeString:
    """Return the link to a bundle: `{% styles "replay annotation" %}` for css/replay.css and css/annotation.css."""
    return format_html('<link rel="stylesheet" href="{}">', bundle_url("css", names))


@register.simple_tag
def scripts(names: str) -> SafeString:
    """Return the tag for a bundle of scripts, in the given order, run when the page has been parsed.

    `{% scripts "steps session" %}` bundles js/steps.js and js/session.js."""
    return format_html('<script src="{}" defer></script>', bundle_url("js", names))


@register.simple_tag
@lru_cache(maxsize=512)  # a page has a hundred, of a few dozen drawings
def icon(name: str, classes: str = "") -> SafeString:
    """Return the drawing `name` of img/icons.svg. It says nothing to screen readers: a word beside it has to.

    `{% icon "chevron" "chevron" %}` adds the class `chevron`. The drawing is part of the page: a browser copies what
    `<use>` names into a tree of its own, which takes three times the memory. Raises KeyError for an unknown name."""
    return format_html(
        '<svg class="i{}" viewBox="0 0 16 16" aria-hidden="true">{}</svg>',
        f" {classes}" if classes else "",
        SafeString(_drawings()[name]),
    )


@cache
def _drawings() -> dict[str, str]:
    return dict(SYMBOL.findall((settings.BASE_DIR / "static" / "img" / "icons.svg").read_text()))
