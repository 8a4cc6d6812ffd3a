"""Rows as JSON: money is a decimal text, a time is ISO 8601 in UTC, and nothing is rounded."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from sessions.conversations.states import load_states
from sessions.models import Erasure, Session, SessionState
from sessions.models.properties import LACK_COUNTS, PropertyKind, properties_of
from tracing.models import Span, SpanIO, Trace
from tracing.reading.sayings import saying
from tracing.records import Kind, Level

REPRESENTED_SUMS = (
    "error_count", "unmeasured_count", "unpriced_count", "input_cost", "output_cost", "total_cost", "input_tokens",
    "output_tokens", "total_tokens",
)  # fmt: skip
API_TRACE_FIELDS = (
    "session_id", "name", "user_id", "environment", "release", "version", "public", "tags", "metadata", "started_at",
    "ended_at", "duration_ms", "span_count", "call_count", *REPRESENTED_SUMS, "tool_names", "input_preview",
    "output_preview",
)  # fmt: skip
API_SPAN_FIELDS = (
    "parent_id", "name", "status_message", "started_at", "ended_at", "duration_ms", "completion_started_at",
    "provider", "model", "input_tokens", "output_tokens", "total_tokens", "cached_tokens", "cache_write_tokens",
    "reasoning_tokens", "input_cost", "output_cost", "total_cost", "input_size", "output_size",
)  # fmt: skip
ERASURE_FIELDS = (
    "subject", "key", "requested_at", "finished_at", "expected_traces", "trace_count", "span_count", "score_count",
    "session_count",
)  # fmt: skip
API_STATE_FIELDS = ("labels", "status", "assignee", "title", "note", "is_bookmarked")  # behind the properties
RAW_FIELDS = ("model_parameters", "metadata")


def session_json(session: Session, state: SessionState | None) -> dict[str, Any]:
    """Return every declared property by its name, and what people set: API_STATE_FIELDS."""
    properties = known_alone(
        {
            declared.name: (usage if declared.kind == PropertyKind.USAGE else plain)(getattr(session, declared.field))
            for declared in properties_of(Session).values()
        }
    )
    return {**properties, **state_json(state)}


def sessions_json(sessions: Sequence[Session]) -> list[dict[str, Any]]:
    """Return sessions of one project with all that is known of them. At most two queries."""
    states = load_states(sessions[0].project_id, [row.session_id for row in sessions]) if sessions else {}
    return [session_json(session, states.get(session.session_id)) for session in sessions]


def state_json(state: SessionState | None) -> dict[str, Any]:
    """Return what people set of a session: API_STATE_FIELDS. What nobody set is null, or says no."""
    if state is None:
        return {**dict.fromkeys(API_STATE_FIELDS), "labels": [], "is_bookmarked": False}
    return {
        "labels": state.labels,
        "status": state.status or None,
        "assignee": state.assignee.email if state.assignee else None,
        "title": state.title or None,
        "note": state.note or None,
        "is_bookmarked": state.is_bookmarked,
    }


def trace_json(trace: Trace) -> dict[str, Any]:
    """Return a trace; `input_preview` and `output_preview` are the first 500 characters."""
    fields = known_alone({name: plain(getattr(trace, name)) for name in API_TRACE_FIELDS})
    return {"id": trace.trace_id, **fields, "usage_by_model": usage(trace.usage_by_model)}


def span_row_json(span: Span) -> dict[str, Any]:
    """Return a span without texts; `input_size` and `output_size` are true lengths, also of a text stored cut."""
    return {
        "id": span.span_id,
        "kind": Kind(span.kind or 0).name.lower(),
        "level": Level(Level.DEFAULT if span.level is None else span.level).name.lower(),
        **{name: plain(getattr(span, name)) for name in API_SPAN_FIELDS},
    }


def span_json(span: Span, io: SpanIO | None) -> dict[str, Any]:
    """Return a span with its texts."""
    raw = (io.raw or {}) if io else {}
    return {
        **span_row_json(span),
        **{name: raw.get(name) for name in RAW_FIELDS},
        **texts_json(io.input if io else None, io.output if io else None),
    }


def texts_json(asked: str | None, answered: str | None) -> dict[str, str | None]:
    """Return what two stored texts say, and each as it was sent if that holds more than what it says."""
    texts: dict[str, str | None] = {}
    for side, text in (("input", asked), ("output", answered)):
        words = None if text is None else saying(text).words
        texts |= {side: words, f"{side}_sent": None if words == text else text}
    return texts


def erasure_json(erasure: Erasure) -> dict[str, Any]:
    """Return an erasure; `finished_at` is null while a worker has it."""
    return {"id": str(erasure.id), **{name: plain(getattr(erasure, name)) for name in ERASURE_FIELDS}}


def plain(value: Any) -> Any:
    """Return a value for JSON: `0.0035` and never `3.5E-3`; `2026-11-21T09:00:00.000000Z`."""
    if isinstance(value, Decimal):
        return format(value.normalize(), "f") if value else "0"
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
    return value


def usage(by_model: dict[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """Return the usage by model; stored costs are texts of 12 decimals."""
    return {model: known_alone(dict(_shortened(totals.items()))) for model, totals in by_model.items()}


def known_alone(sums: dict[str, Any]) -> dict[str, Any]:
    """Return the sums with null in the place of a zero that only says that nothing is known.

    A sum of which a part is unknown stays: it is a lower bound, as `unmeasured_count` and `unpriced_count` say."""
    for ending, counted in LACK_COUNTS.items():
        if sums.get(counted):
            sums |= {name: None for name, value in sums.items() if name.endswith(ending) and value in (0, "0")}
    return sums


def _shortened(totals: Iterable[tuple[str, Any]]) -> Iterable[tuple[str, Any]]:
    for name, value in totals:
        yield name, plain(Decimal(value)) if name.endswith("_cost") and value is not None else value
