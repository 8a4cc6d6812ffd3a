"""What the application sent along with the traces of a session, as one object."""

from collections.abc import Iterable, Mapping
from typing import Any

from sessions.models import Session
from sessions.replay.narrowing import traces_of

SESSION_METADATA_TRACES = 20  # of the first traces
MAX_DIFFERENT_VALUES = 5  # of one key


def load_metadata(session: Session) -> dict[str, Any]:
    """Load the metadata of the session's first traces in one query."""
    first = traces_of(session).order_by("started_at", "trace_id").values_list("metadata", flat=True)
    return merged(first[:SESSION_METADATA_TRACES])


def merged(each: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """Return all keys: with the value that traces agree on, or else with the different ones in order."""
    values: dict[str, list[Any]] = {}
    for metadata in each:
        for key, value in metadata.items():
            known = values.setdefault(key, [])
            if value not in known and len(known) < MAX_DIFFERENT_VALUES:
                known.append(value)
    return {key: known[0] if len(known) == 1 else known for key, known in values.items()}
