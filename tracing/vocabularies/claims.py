"""Claims of a span about its whole trace: its session, and the few values with rules of their own."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from tracing.limits.placeholders import is_placeholder
from tracing.records import Claims, Origin
from tracing.vocabularies.readers import identifier, tags
from tracing.vocabularies.tables import AttributeReadings

# Keys of metadata, in which applications put what an SDK has no name for. They have the lowest priority.
SESSION_KEYS_IN_METADATA = ("langfuse_session_id", "session_id", "sessionId", "conversation_id", "thread_id")
USER_KEYS = ("langfuse_user_id", "user_id", "userId")
TAG_KEYS = ("langfuse_tags", "tags")
ENVIRONMENT_PATTERN = re.compile(r"[a-z0-9_-]{1,40}")
RESERVED_PREFIX_PATTERN = re.compile(r"^langfuse[-_]?")


class MadeUp(str):
    """A session id that a library generated because the application set none."""

    __slots__ = ()


def environment(value: Any) -> str | None:
    """Return an environment's name, or None if it is not valid.

    Valid names have at most 40 lower-case letters, digits, - and _, and do not begin with `langfuse`."""
    named = identifier(value)
    bare = RESERVED_PREFIX_PATTERN.sub("", named.strip().lower())[:40] if named else ""
    return bare if ENVIRONMENT_PATTERN.fullmatch(bare) else None


def claims_of(found: AttributeReadings) -> Claims:
    """Return the claims in the readings of a span's attributes."""
    said, metadata = found.said, merged(found.gathered.get("claims.metadata", ()))
    session_id, origin = _session(found, metadata)
    return Claims(
        session_id=session_id,
        session_origin=origin,
        user_id=said.get("claims.user_id") or _first(metadata, USER_KEYS),
        name=said.get("claims.name"),
        tags=_tags(found.gathered.get("claims.tags", ()), metadata),
        metadata=metadata or None,
        environment=said.get("claims.environment"),
        release=said.get("claims.release"),
        version=said.get("claims.version"),
        public=said.get("claims.public"),
        input=said.get("claims.input"),
        output=said.get("claims.output"),
    )


def merged(mappings: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Return several sources of metadata or parameters as one. The first one that has a key wins."""
    result: dict[str, Any] = {}
    for mapping in reversed(mappings):
        result |= mapping
    return result


def _session(found: AttributeReadings, metadata: Mapping[str, Any]) -> tuple[str | None, Origin | None]:
    """Return the session id and its origin.

    An application's id wins over one in metadata, that over one that a library generated, and that over a placeholder.
    """
    named = found.gathered.get("claims.session_id", ())
    chosen = next((value for value in named if _weight(value) == 0), None)
    if chosen is None:
        others = _first(metadata, SESSION_KEYS_IN_METADATA), found.said.get("likely_session_id")
        chosen = min((value for value in (*named, *others) if value is not None), key=_weight, default=None)
    if chosen is None:
        return None, None
    return str(chosen), Origin.LIBRARY if isinstance(chosen, MadeUp) else Origin.APPLICATION


def _weight(session_id: str) -> int:
    return 2 * is_placeholder(session_id) + isinstance(session_id, MadeUp)


def _tags(named: Sequence[list[str]], metadata: Mapping[str, Any]) -> list[str] | None:
    found = [tag for several in named for tag in several]
    if not found and metadata:
        found = next((several for key in TAG_KEYS if (several := tags(metadata.get(key)))), [])
    return list(dict.fromkeys(found)) or None


def _first(metadata: Mapping[str, Any], keys: Sequence[str]) -> str | None:
    return next((said for key in keys if (said := identifier(metadata.get(key)))), None)
