"""What search shows in other pages' rows."""

from collections.abc import Mapping

from django import template

from sessions.search.snippets import Snippet

register = template.Library()


@register.filter
def of_session(snippets: Mapping[str, list[Snippet]] | None, session_id: str) -> list[Snippet]:
    """The snippets of one row; none where nothing was searched for."""
    return (snippets or {}).get(session_id, [])
