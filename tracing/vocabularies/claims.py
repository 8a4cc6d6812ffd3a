"""Claims of a span about its whole trace: its session, and the few values with rules of their own."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from tracing.limits.environments import environment_name
from tracing.limits.placeholders import is_placeholder, is_response_id
from tracing.records import Claims, Origin
from tracing.vocabularies.identity import plain_name
from tracing.vocabularies.readers import identifier, tags
from tracing.vocabularies.tables import AttributeReadings

# Names in metadata, in which applications put what an SDK has no name for, as `plain_name` writes them. They rank below
# the keys of dialects.
SESSION_NAMES_IN_METADATA = (
    *("langfusesessionid", "sessionid", "litellmsessionid", "conversationid", "threadid", "chatid", "chatsessionid"),
)
USER_NAMES_IN_METADATA = ("langfuseuserid", "userid", "enduserid")
TAG_NAMES_IN_METADATA = ("langfusetags", "tags")
MAX_NAME_IN_METADATA_CHARACTERS = 40
# SDKs whose documentation allows only US-ASCII in the id of a session, by the names of their instrumentation scopes.
PLAIN_ID_SCOPES = frozenset({"interactiveai-sdk", "langfuse-sdk"})


class MadeUp(str):
    """A session id that a library generated because the application set none."""

    __slots__ = ()


def environment(value: Any) -> str | None:
    """Return an environment's name in our form, or as it was sent if it has none, which ingestion reports."""
    named = identifier(value)
    return named and (environment_name(named) or named)


def claims_of(found: AttributeReadings) -> Claims:
    """Return the claims in the readings of a span's attributes."""
    said, metadata = found.said, merged(found.gathered.get("claims.metadata", ()))
    named = _named_in(metadata)
    session_id, origin = _session(found, named)
    return Claims(
        session_id=session_id,
        session_origin=origin,
        user_id=_user(found, named),
        name=said.get("claims.name"),
        tags=_tags(found.gathered.get("claims.tags", ()), named),
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


def _named_in(metadata: Mapping[str, Any]) -> dict[str, Any]:
    """Return metadata by its plain names. The first of several keys with one name wins."""
    named: dict[str, Any] = {}
    for key, value in metadata.items():
        if len(key) <= MAX_NAME_IN_METADATA_CHARACTERS and value is not None:
            named.setdefault(plain_name(key), value)
    return named


def _session(found: AttributeReadings, named: Mapping[str, Any]) -> tuple[str | None, Origin | None]:
    """Return the session id and its origin.

    An application's id wins over one in metadata, that over one that a library generated or that only looks like one,
    and that over a placeholder and over the id of a response."""
    keyed = found.gathered.get("claims.session_id", ())
    likely = found.said.get("likely_session_id")
    if not keyed and not named and likely is None:
        return None, None
    if (response_id := found.said.get("response_id")) is not None:
        keyed = [value for value in keyed if value != response_id]
    chosen = None
    for value in keyed:
        if _weight(value) == 0:
            chosen = value
            break
    else:
        others = *_identifiers(named, SESSION_NAMES_IN_METADATA), likely
        chosen = min((value for value in (*keyed, *others) if value is not None), key=_weight, default=None)
    if chosen is None:
        return None, None
    return str(chosen), Origin.LIBRARY if isinstance(chosen, MadeUp) else Origin.APPLICATION


def _weight(session_id: str) -> int:
    if is_placeholder(session_id) or is_response_id(session_id):
        return 2
    return int(isinstance(session_id, MadeUp))


def _user(found: AttributeReadings, named: Mapping[str, Any]) -> str | None:
    """Return the user's id. A placeholder is returned only if there is nothing else."""
    keyed = found.gathered.get("claims.user_id", ())
    if keyed and not is_placeholder(keyed[0]):
        return str(keyed[0])
    likely = found.said.get("likely_user_id")
    if not keyed and not named:
        return likely
    others = *keyed, *_identifiers(named, USER_NAMES_IN_METADATA), likely
    return min((value for value in others if value is not None), key=is_placeholder, default=None)


def _tags(keyed: Sequence[list[str]], named: Mapping[str, Any]) -> list[str] | None:
    if not keyed and not named:
        return None
    found = [tag for several in keyed for tag in several]
    if not found and named:
        found = next((several for name in TAG_NAMES_IN_METADATA if (several := tags(named.get(name)))), [])
    return list(dict.fromkeys(found)) or None


def _identifiers(named: Mapping[str, Any], names: Sequence[str]) -> Iterator[str]:
    if named:
        yield from (said for name in names if (said := identifier(named.get(name))))
