"""What lists need beside the cells: ids for rows, and places for columns in a menu."""

from collections.abc import Mapping
from hashlib import blake2s

from django import template

from sessions.models import SessionState

register = template.Library()


@register.filter
def row_id(key: str) -> str:
    """An element id for the row of any session id, however it is spelled."""
    return "row-" + blake2s(key.encode(), digest_size=8).hexdigest()


@register.filter
def said_of(states: Mapping[str, SessionState] | None, session_id: str) -> SessionState | None:
    """What people said of one row's session, if anything."""
    return (states or {}).get(session_id)
