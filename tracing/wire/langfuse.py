"""Converts Langfuse's batches of events to records.

Creates and updates are both partial reports. If two of them have a value, their own timestamps decide, so any order,
also across batches, gives the same rows."""

from collections.abc import Callable, Collection, Mapping
from datetime import datetime
from functools import partial
from types import NoneType
from typing import Any, NamedTuple

from tracing.records import Claims, Kind, Level, Origin, Reason, ScoreRecord, SpanRecord, TraceRecord
from tracing.vocabularies.asides import drop_placeholders, note_asides
from tracing.vocabularies.assembly import priced_tier
from tracing.vocabularies.messages import answered, asked
from tracing.vocabularies.speech import says_nothing
from tracing.vocabularies.tables import Excerpt
from tracing.vocabularies.unread import unread_numbers
from tracing.wire.fields import MAX_JSON_DEPTH, identifier, mapping, moment, nests_deeper, text, texts
from tracing.wire.langfuse_usage import costs_of, usage_of
from tracing.wire.scores import BadScore, ScoreRules, score_of

Record = SpanRecord | TraceRecord | ScoreRecord
SCORE_EVENT_TYPE = "score-create"
KIND_BY_OBSERVATION_TYPE = {kind.name: kind for kind in Kind}
NUMBER_KEYS, TIME_KEYS = ("usage", "usageDetails", "costDetails"), ("startTime", "endTime", "completionStartTime")
NAMES_BY_KEY: dict[str, Collection[str]] = {"level": Level.__members__, "type": KIND_BY_OBSERVATION_TYPE}
# Keys of an observation's body that have a column. The others are kept as raw attributes.
KNOWN_OBSERVATION_KEYS = frozenset(
    [
        *("id", "traceId", "parentObservationId", "type", "name", "environment", "level", "statusMessage"),
        *("startTime", "endTime", "completionStartTime", "model", "modelParameters", "usage", "usageDetails"),
        *("costDetails", "input", "output", "metadata"),
    ]
)


class BatchEvent(NamedTuple):
    """One item of a batch: a record, or the reason why there is none.

    An item that is accepted but not stored has neither."""

    id: str
    record: Record | None = None
    reason: Reason | None = None
    message: str = ""


def decode_event(item: Any, configs: Mapping[str, ScoreRules] | None = None) -> BatchEvent:
    """Return the event of one item.

    It never raises: an unusable item says so, and the other items are kept. `configs` are those of its score."""
    if not isinstance(item, dict):
        return BatchEvent("", reason=Reason.INVALID_EVENT, message="an event must be an object")
    event_id, kind, body = identifier(item.get("id")) or "", item.get("type"), item.get("body")
    read_score = partial(_score, configs=configs)
    reader = read_score if kind == SCORE_EVENT_TYPE else READERS.get(kind) if isinstance(kind, str) else None
    if reader is None:
        return BatchEvent(event_id, reason=Reason.UNKNOWN_EVENT_TYPE, message=f"unknown type {str(kind)[:60]!r}")
    if not isinstance(body, dict):
        return BatchEvent(event_id, reason=Reason.INVALID_EVENT, message="body: must be an object")
    if nests_deeper(body, MAX_JSON_DEPTH):
        return BatchEvent(
            event_id, reason=Reason.NESTED_TOO_DEEP, message=f"body: nests more than {MAX_JSON_DEPTH} levels deep"
        )
    try:
        return BatchEvent(event_id, reader(body, event_id, moment(item.get("timestamp"))))
    except BadScore as error:
        return BatchEvent(event_id, reason=Reason.INVALID_SCORE, message=str(error))


def _trace(body: dict[str, Any], event_id: str, said_at: datetime | None) -> TraceRecord:
    session_id = identifier(body.get("sessionId"))
    claims = Claims(
        session_id=session_id,
        session_origin=Origin.APPLICATION if session_id else None,
        user_id=identifier(body.get("userId")),
        name=text(body.get("name")),
        tags=texts(body.get("tags")),
        metadata=mapping(body.get("metadata")),
        environment=text(body.get("environment")),
        release=text(body.get("release")),
        version=text(body.get("version")),
        public=body["public"] if isinstance(body.get("public"), bool) else None,
        input=_own_text(asked(body.get("input")), body.get("input")),
        output=_own_text(answered(body.get("output")), body.get("output")),
    )
    started_at = moment(body.get("timestamp"))
    return TraceRecord(identifier(body.get("id")) or event_id, claims, started_at=started_at, said_at=said_at)


def _observation(kind: Kind | None) -> Callable[[dict[str, Any], str, datetime | None], SpanRecord]:
    def read(body: dict[str, Any], event_id: str, said_at: datetime | None) -> SpanRecord:
        span_id = identifier(body.get("id")) or event_id
        costs = costs_of(body.get("costDetails"), body.get("usage"))
        parameters = body.get("modelParameters")
        record = SpanRecord(
            identifier(body.get("traceId")) or span_id,  # a span without a trace is a trace of its own
            span_id,
            parent_id=identifier(body.get("parentObservationId")),
            name=text(body.get("name")),
            kind=kind if kind is not None else KIND_BY_OBSERVATION_TYPE.get(str(body.get("type")).upper()),
            level=Level.__members__.get(str(body.get("level")).upper()),
            status_message=text(body.get("statusMessage")),
            started_at=moment(body.get("startTime")),
            ended_at=_end(body, kind),
            completion_started_at=moment(body.get("completionStartTime")),
            model=text(body.get("model")),
            model_parameters=parameters if isinstance(parameters, dict) else None,
            usage=usage_of(body.get("usageDetails"), body.get("usage")),
            service_tier=priced_tier(None, parameters if isinstance(parameters, dict) else None),
            input_cost=costs.input,
            output_cost=costs.output,
            total_cost=costs.total,
            input=asked(body.get("input")),
            output=answered(body.get("output")),
            claims=Claims(environment=text(body.get("environment"))),
            said_at=said_at,
            unread=_unread(body) or None,
        )
        record.raw = _raw(body, record)
        record.input, record.output = record.input and str(record.input), record.output and str(record.output)
        note_asides(record)
        drop_placeholders(record)
        return record

    return read


def _unread(body: dict[str, Any]) -> list[str]:
    """Return the values of an observation that no column can have, each with its key."""
    found = unread_numbers(body, [key for key in NUMBER_KEYS if key in body])
    objects = [key for key in NUMBER_KEYS if key in body and not isinstance(body[key], dict | NoneType)]
    times = [key for key in TIME_KEYS if body.get(key) and moment(body[key]) is None]
    named = [key for key, names in NAMES_BY_KEY.items() if body.get(key) and str(body[key]).upper() not in names]
    found += [f"{key}={body[key]}" for key in (*objects, *times, *named)]
    unit = body["usage"].get("unit") if isinstance(body.get("usage"), dict) else None
    return [*found, f"usage.unit={unit}"] if unit and str(unit).upper() != "TOKENS" else found


def _end(body: dict[str, Any], kind: Kind | None) -> datetime | None:
    """Return the end time. An event has no duration, so it ends when it starts."""
    return moment(body.get("endTime")) or (moment(body.get("startTime")) if kind is Kind.EVENT else None)


def _own_text(read: str | None, sent: Any) -> str | None:
    """Return the text of a trace, which has no place for attributes: as it was sent if only a part of it was read."""
    kept = text(sent) if isinstance(read, Excerpt) else read
    return None if kept is None or says_nothing(kept) else kept


def _raw(body: dict[str, Any], record: SpanRecord) -> dict[str, Any] | None:
    parts = {side for side in ("input", "output") if isinstance(getattr(record, side), Excerpt)}
    known = KNOWN_OBSERVATION_KEYS - parts
    raw = {
        "attributes": {k: v for k, v in body.items() if k not in known and v is not None},
        "metadata": mapping(body.get("metadata")),
    }
    return {key: value for key, value in raw.items() if value} or None


def _score(
    body: dict[str, Any], event_id: str, said_at: datetime | None, *, configs: Mapping[str, ScoreRules] | None
) -> ScoreRecord:
    record = score_of(body, configs, fallback_id=event_id)
    record.scored_at = record.scored_at or said_at
    return record


READERS: dict[str, Callable[[dict[str, Any], str, datetime | None], Record | None]] = {
    "trace-create": _trace,
    "sdk-log": lambda body, event_id, said_at: None,  # the SDK's own log
    "observation-create": _observation(None),
    "observation-update": _observation(None),
    **{f"{kind.name.lower()}-{verb}": _observation(kind) for kind in Kind for verb in ("create", "update")},
}
