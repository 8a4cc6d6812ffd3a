"""The records into which every wire format and every SDK is converted. Code after them knows no SDK.

`None` always means *not reported*. A complete span and a partial update are therefore the same thing: a report to be
merged."""

from dataclasses import dataclass, field, fields
from datetime import datetime
from decimal import Decimal
from enum import IntEnum, StrEnum
from typing import Any, NamedTuple

from tracing.token_usage import Usage


class Kind(IntEnum):
    """What a span does. Stored as a small integer, shown by its lower-case name."""

    SPAN = 0
    GENERATION = 1
    EVENT = 2
    EMBEDDING = 3
    AGENT = 4
    TOOL = 5
    CHAIN = 6
    RETRIEVER = 7
    EVALUATOR = 8
    GUARDRAIL = 9
    TRANSCRIPTION = 10
    SPEECH = 11


# Steps that hear and speak. What was heard is their input, what was said their output.
VOICE_KINDS = frozenset({Kind.TRANSCRIPTION, Kind.SPEECH})


class Level(IntEnum):
    """Severity of a span."""

    DEBUG = 0
    DEFAULT = 1
    WARNING = 2
    ERROR = 3


class Origin(IntEnum):
    """Who chose a session id. An application's own id wins over one that a library generated."""

    LIBRARY = 1
    APPLICATION = 2


class Reason(StrEnum):
    """Why something was rejected, cut or dropped. Shown on the Ingestion issues page."""

    SESSION_ID_TOO_LONG = "session_id_too_long"
    SESSION_ID_NOT_ASCII = "session_id_not_ascii"
    SESSION_ID_PLACEHOLDER = "session_id_placeholder"
    SESSION_ID_OF_RESPONSE = "session_id_of_response"
    SESSION_ID_CONFLICT = "session_id_conflict"
    USER_ID_PLACEHOLDER = "user_id_placeholder"
    INVALID_ENVIRONMENT = "invalid_environment"
    INVALID_ID = "invalid_id"
    INVALID_PARENT = "invalid_parent"
    INVALID_SPAN = "invalid_span"
    INVALID_EVENT = "invalid_event"
    UNKNOWN_EVENT_TYPE = "unknown_event_type"
    INVALID_SCORE = "invalid_score"
    TEXT_CUT = "text_cut"
    FILES_LEFT_IN_TEXT = "files_left_in_text"
    ATTRIBUTES_CUT = "attributes_cut"
    TOO_MANY_SPANS = "too_many_spans"
    NESTED_TOO_DEEP = "nested_too_deep"
    CLOCK_SKEW = "clock_skew"
    UNKNOWN_FIELDS = "unknown_fields"
    UNREAD_COST = "unread_cost"
    UNREAD_NUMBER = "unread_number"
    TEXT_REPAIRED = "text_repaired"
    BODY_TOO_LARGE = "body_too_large"
    BODY_UNREADABLE = "body_unreadable"
    UNSUPPORTED_CONTENT = "unsupported_content"
    RATE_LIMITED = "rate_limited"
    QUOTA_EXCEEDED = "quota_exceeded"
    ERASED = "erased"
    LOG_IGNORED = "log_ignored"
    METRICS_IGNORED = "metrics_ignored"


class Issue(NamedTuple):
    """One thing that could not be stored as sent.

    `sample` shows at most 200 characters of the offending value. `record` is the report that contains it, once there is
    one."""

    reason: Reason
    sample: str
    span_id: str = ""
    record: "SpanRecord | TraceRecord | ScoreRecord | None" = None


class Sdk(NamedTuple):
    """Name and version of the library that sent a request, as it reports them, or "" if it does not."""

    name: str = ""
    version: str = ""


@dataclass(slots=True, kw_only=True)
class RawSpan:
    """A span as a wire decoded it: ids as text, attributes as plain Python values, nothing interpreted yet."""

    trace_id: str
    span_id: str
    parent_id: str | None
    name: str
    started_at: datetime | None
    ended_at: datetime | None
    attributes: dict[str, Any]
    events: list[dict[str, Any]]  # {"name": str, "time": datetime | None, "attributes": dict}
    status_code: int  # OTLP: 0 unset, 1 ok, 2 error
    status_message: str
    resource: dict[str, Any]
    scope_name: str
    scope_version: str


@dataclass(slots=True)
class Claims:
    """What a report says about its whole trace. Every span may; tracing/store/trace_totals.py decides who wins."""

    session_id: str | None = None
    session_origin: Origin | None = None
    user_id: str | None = None
    name: str | None = None
    tags: list[str] | None = None
    metadata: dict[str, Any] | None = None
    environment: str | None = None
    release: str | None = None
    version: str | None = None
    public: bool | None = None
    input: str | None = None
    output: str | None = None
    tool_names: list[str] | None = None  # called by a model's answer, with or without a span of their own
    aside: bool | None = None  # this model call's answer is not for the user: a title, a verdict
    unasked: bool | None = None  # its input has no message of the user

    def said(self) -> dict[str, Any]:
        """Return the claims that were reported, as JSON values."""
        return {f: value for f in CLAIM_FIELDS if (value := getattr(self, f)) is not None}


CLAIM_FIELDS = tuple(f.name for f in fields(Claims))


@dataclass(slots=True)
class SpanRecord:
    """One report about one span. Costs are in USD. Texts may contain NUL and are stored as they were sent."""

    trace_id: str
    span_id: str
    parent_id: str | None = None
    is_root: bool | None = None  # marked as root although it has a parent
    name: str | None = None
    kind: Kind | None = None
    level: Level | None = None
    status_message: str | None = None
    started_at: datetime | None = None
    ended_at: datetime | None = None
    completion_started_at: datetime | None = None  # first token
    provider: str | None = None
    model: str | None = None
    model_parameters: dict[str, Any] | None = None
    usage: Usage | None = None
    service_tier: str | None = None  # the seller's name for the conditions of the price: flex, priority, batch
    input_cost: Decimal | None = None
    output_cost: Decimal | None = None
    total_cost: Decimal | None = None
    # Text as sent, or normalised chat messages as JSON: [{"role", "content", "tool_calls"?, "tool_call_id"?, ...}]
    input: str | None = None
    output: str | None = None
    # True lengths in characters, if the texts above were cut
    input_size: int | None = None
    output_size: int | None = None
    claims: Claims = field(default_factory=Claims)
    # Data without a column: {"attributes", "events", "resource", "scope", "metadata", "model_parameters"}; compressed.
    raw: dict[str, Any] | None = None
    # The client's time of this report, for wires whose reports arrive in any order. None: the order of arrival counts.
    said_at: datetime | None = None
    # Whether the client's clock is wrong, so that of the times above only the duration is usable.
    has_wrong_clock: bool | None = None
    # Whether the dialect allows session ids in every script. Langfuse's and InteractiveAI's allows US-ASCII only.
    allows_any_script: bool = False
    response_id: str | None = None  # the model provider's id of the answer
    scope: str | None = None  # the instrumentation that reports the span
    unread: list[str] | None = None  # values that should be numbers and are none, each with its key


@dataclass(slots=True)
class TraceRecord:
    """A report about a trace itself, outside any span, such as a Langfuse trace-create event."""

    trace_id: str
    claims: Claims
    started_at: datetime | None = None
    said_at: datetime | None = None


@dataclass(slots=True)
class ScoreRecord:
    """A named value of a span (with its trace), a trace or a session. The client's `id` makes it idempotent."""

    id: str
    name: str
    data_type: str  # NUMERIC | CATEGORICAL | BOOLEAN | TEXT
    value: float | None = None
    string_value: str | None = None
    trace_id: str | None = None
    span_id: str | None = None
    session_id: str | None = None
    comment: str | None = None
    metadata: dict[str, Any] | None = None
    environment: str | None = None
    config_id: str | None = None
    queue_id: str | None = None
    source: str = "api"  # api | annotation | eval
    author_id: int | None = None  # the person whose key gave it; programs have none
    scored_at: datetime | None = None
