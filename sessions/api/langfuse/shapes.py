"""How the generated clients of Langfuse and InteractiveAI expect a session, a trace and an observation.

Every required field is there: what a span did not say is an empty number or the earliest time that is known."""

from collections.abc import Mapping
from typing import Any

import orjson

from sessions.api.langfuse.faces import stamp
from sessions.models import Session
from tracing.models import Span, SpanIO, Trace
from tracing.records import VOICE_KINDS, Kind, Level


def observation_type(kind: int | None) -> str:
    """Return what Langfuse calls a kind of span; its clients know no steps that hear or speak."""
    known = Kind(kind or 0)
    return Kind.SPAN.name if known in VOICE_KINDS else known.name


def session_shape(found: Session) -> dict[str, Any]:
    """Return a session as it stands in a list."""
    return {
        "id": found.session_id,
        "createdAt": stamp(found.created_at),
        "projectId": str(found.project_id),
        "environment": (found.environments or ["default"])[0],
    }


def trace_shape(found: Trace, said: Mapping[str, str]) -> dict[str, Any]:
    """Return a trace with its texts, which are empty where `said` has none."""
    return {
        "id": found.trace_id,
        "timestamp": stamp(found.started_at),
        "name": found.name,
        "input": _value(said.get("input")),
        "output": _value(said.get("output")),
        "sessionId": found.session_id,
        "release": found.release,
        "version": found.version,
        "userId": found.user_id,
        "metadata": found.metadata,
        "tags": found.tags,
        "public": bool(found.public),
        "environment": found.environment,
    }


def metrics_of(found: Trace) -> dict[str, Any]:
    """Return the numbers of a trace, and where people look at it."""
    address = f"/project/{found.project_id}/traces/{found.trace_id}"
    return {"htmlPath": address, "latency": found.duration_ms / 1000, "totalCost": float(found.total_cost)}


def observation_shape(span: Span, io: SpanIO | None) -> dict[str, Any]:
    """Return a span as an observation. Without its texts they are null."""
    raw = (io.raw or {}) if io else {}
    tokens = {"input": span.input_tokens or 0, "output": span.output_tokens or 0, "total": span.total_tokens or 0}
    costs = {
        name: float(cost)
        for name, cost in (("input", span.input_cost), ("output", span.output_cost), ("total", span.total_cost))
        if cost is not None
    }
    began = span.started_at or span.received_at
    first = span.completion_started_at
    return {
        "id": span.span_id,
        "traceId": span.trace_id,
        "type": observation_type(span.kind),
        "name": span.name,
        "startTime": stamp(began),
        "endTime": stamp(span.ended_at),
        "completionStartTime": stamp(first),
        "model": span.model,
        "modelParameters": raw.get("model_parameters"),
        "input": _value(io.input if io else None),
        "output": _value(io.output if io else None),
        "metadata": raw.get("metadata"),
        "version": None,
        "usage": {**tokens, "unit": "TOKENS", **{f"{name}Cost": cost for name, cost in costs.items()}},
        "usageDetails": tokens,
        "costDetails": costs,
        "level": Level(Level.DEFAULT if span.level is None else span.level).name,
        "statusMessage": span.status_message,
        "parentObservationId": span.parent_id,
        "environment": (span.claims or {}).get("environment") or "default",
        "latency": (span.ended_at - began).total_seconds() if span.ended_at else None,
        "timeToFirstToken": (first - began).total_seconds() if first else None,
        "promptId": None,
        "calculatedTotalCost": costs.get("total"),
    }


def _value(text: str | None) -> Any:
    """JSON as what it says, any other text as it is."""
    if text and text[0] in '[{"':
        try:
            return orjson.loads(text)
        except orjson.JSONDecodeError:
            return text
    return text
