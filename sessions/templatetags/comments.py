"""The text of a comment, with the members whom it mentions marked."""

from django import template
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from sessions.models import Comment

register = template.Library()


@register.filter
def with_mentions(comment: Comment) -> SafeString:
    """Write the text of a comment."""
    parts = (
        (format_html('<span class="mention">{}</span>', text) if is_mention else text,)
        for text, is_mention in comment.parts
    )
    return format_html_join("", "{}", parts)
