"""Decodes scores as SDKs send them: single, in arrays and in batches, with camelCase or snake_case keys."""

import uuid
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Protocol

from projects.values import FIRST_YEAR, LAST_YEAR, in_calendar
from tracing.records import ScoreRecord
from tracing.wire.fields import identifier, mapping, moment, number, snake_case, text

SCORE_SOURCES = {"api", "annotation", "eval"}
# Long texts have a type of their own. Langfuse's newer SDKs call one use of them a correction.
DATA_TYPES = {"NUMERIC", "BOOLEAN", "CATEGORICAL", "TEXT", "CORRECTION"}


class BadScore(ValueError):
    """The score cannot be stored. The text says which field is wrong."""


class ScoreRules(Protocol):
    """A project's rules for the scores of one config."""

    @property
    def data_type(self) -> str: ...

    def read(self, value: Any) -> tuple[float | None, str | None]:
        """Return a value as it is stored: number and text. Raises BadScore."""


def score_of(
    body: Mapping[str, Any], configs: Mapping[str, ScoreRules] | None = None, *, fallback_id: str = ""
) -> ScoreRecord:
    """Return the record of one score body. Raises BadScore.

    If its config is one of `configs`, that config reads the value."""
    body = snake_case(body)
    name = body.get("name")
    if not isinstance(name, str) or not name:
        raise BadScore("name: a score needs a name")
    config_id = identifier(body.get("config_id"))
    if config := (configs or {}).get(config_id or ""):
        data_type = _data_type_by(config, body)
        value, string_value = config.read(body.get("value"))
    else:
        data_type = _data_type(body)
        value, string_value = _values(body.get("value"), data_type)
    target = _target(body)
    return ScoreRecord(
        identifier(body.get("id")) or fallback_id or uuid.uuid4().hex,
        name,
        "TEXT" if data_type == "CORRECTION" else data_type,
        value,
        string_value,
        trace_id=target["trace_id"],
        span_id=target["span_id"],
        session_id=target["session_id"],
        comment=text(body.get("comment")),
        metadata=mapping(body.get("metadata")),
        environment=text(body.get("environment")),
        config_id=config_id,
        queue_id=identifier(body.get("queue_id")),
        source=_source(body.get("source")),
        scored_at=_time(body.get("timestamp")),
    )


def _time(value: Any) -> datetime | None:
    at = moment(value)
    if at is not None and not in_calendar(at):
        raise BadScore(f"timestamp: must be a time in the years {FIRST_YEAR} to {LAST_YEAR}")
    return at


def _data_type(body: Mapping[str, Any]) -> str:
    stated, value = body.get("data_type"), body.get("value")
    if stated is None:
        return "BOOLEAN" if isinstance(value, bool) else "CATEGORICAL" if isinstance(value, str) else "NUMERIC"
    if not isinstance(stated, str) or stated not in DATA_TYPES:
        raise BadScore(f"dataType: must be one of {', '.join(sorted(DATA_TYPES))}")
    return stated


def _data_type_by(config: ScoreRules, body: Mapping[str, Any]) -> str:
    """Return the config's data type. The body may state the same type, or any word for text for a text."""
    stated = body.get("data_type")
    words = {"CATEGORICAL", "TEXT", "CORRECTION"} if config.data_type == "TEXT" else {config.data_type}
    if stated is not None and not (isinstance(stated, str) and stated in words):
        raise BadScore(f"dataType: must be {config.data_type}, as its config says")
    return config.data_type


def _values(value: Any, data_type: str) -> tuple[float | None, str | None]:
    if data_type in {"NUMERIC", "BOOLEAN"}:
        found = number(int(value) if isinstance(value, bool) else value)
        if found is None:
            raise BadScore(f"value: a {data_type} score needs a number")
        if data_type == "NUMERIC":
            return found, None
        if found not in (0.0, 1.0):
            raise BadScore("value: a BOOLEAN score must be 0 or 1")
        return found, str(bool(found))
    if not isinstance(value, str):
        raise BadScore(f"value: a {data_type} score needs a text")
    return None, value


def _target(body: Mapping[str, Any]) -> dict[str, str | None]:
    trace_id, span_id, session_id = (identifier(body.get(f"{key}_id")) for key in ("trace", "observation", "session"))
    if span_id and not trace_id:
        raise BadScore("traceId: a score of an observation also needs its trace")
    if trace_id and session_id:
        raise BadScore("sessionId: a score belongs to a trace or to a session, not to both")
    if not trace_id and not session_id:
        raise BadScore("traceId or sessionId: a score needs the id of its trace or session")
    return {"trace_id": trace_id, "span_id": span_id, "session_id": session_id}


def _source(value: Any) -> str:
    source = value.lower() if isinstance(value, str) else ""
    return source if source in SCORE_SOURCES else "api"
