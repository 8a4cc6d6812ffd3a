"""What the switch of languages shows."""

from django import template

from sessions.translation.languages import LANGUAGE_NAMES, name_of

register = template.Library()

register.filter("language_name", name_of)


@register.simple_tag
def languages() -> list[tuple[str, str]]:
    """Code and name, by name."""
    return sorted(LANGUAGE_NAMES.items(), key=lambda entry: entry[1])
