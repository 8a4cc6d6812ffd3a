"""How the dashboard writes its numbers."""

from decimal import Decimal

from django import template

register = template.Library()
SHADES = 5


@register.simple_tag
def change(now: float | Decimal | None, before: float | Decimal | str | None) -> str:
    """`+12 %`, or nothing where there is nothing to compare with."""
    if now is None or not before or isinstance(before, str):
        return ""
    percent = round(100 * (float(now) - float(before)) / float(before))
    return f"{percent:+,} %".replace("-", "−") if percent else "±0 %"


@register.simple_tag
def heat(number: int, most: int) -> int:
    """0 for nothing, else 1 to SHADES."""
    return min(SHADES, 1 + (number - 1) * SHADES // most) if number and most else 0


@register.filter
def plain(number: float) -> str:
    """As an attribute of a drawing wants it, whatever the language of the page."""
    return f"{number:g}"
