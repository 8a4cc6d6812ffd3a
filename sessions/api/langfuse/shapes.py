"""How the generated clients of Langfuse and InteractiveAI expect a session, a trace and an observation.

Every required field is there: what a span did not say is an empty number or the earliest time that is known."""

from collections.abc import Collection, Mapping
from typing import Any

import orjson

from sessions.api.langfuse.faces import stamp
from sessions.models import Session
from tracing.models import Span, SpanIO, Trace
from tracing.records import VOICE_KINDS, Kind, Level

NO_TOKENS = {"input": 0, "output": 0, "total": 0}


def observation_type(kind: int | None) -> str:
    """Return what Langfuse calls a kind of span; its clients know no steps that hear or speak."""
    known = Kind(kind or 0)
    return Kind.SPAN.name if known in VOICE_KINDS else known.name


def tokens_of(span: Span) -> dict[str, int]:
    """Return the tokens that were reported."""
    told = (("input", span.input_tokens), ("output", span.output_tokens), ("total", span.total_tokens))
    return {name: count for name, count in told if count is not None}


def costs_of(span: Span) -> dict[str, float]:
    """Return the costs that are known, in USD."""
    told = (("input", span.input_cost), ("output", span.output_cost), ("total", span.total_cost))
    return {name: float(cost) for name, cost in told if cost is not None}


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


def metrics_of(found: Trace, groups: Collection[str]) -> dict[str, Any]:
    """Return where people look at a trace, and its numbers: -1 if these are not asked for, as the clients expect.

    A cost is a lower bound while `unpricedCount` is not 0. The oldest client takes no null for it."""
    numbers = {"latency": found.duration_ms / 1000, "totalCost": float(found.total_cost)}
    if "metrics" not in groups:
        numbers = dict.fromkeys(numbers, -1)
    address = f"/project/{found.project_id}/traces/{found.trace_id}"
    return {"htmlPath": address, **numbers, "unpricedCount": found.unpriced_count}


def observation_shape(span: Span, io: SpanIO | None, trace: Trace | None) -> dict[str, Any]:
    """Return a span as an observation. Without its texts they are null.

    `usage` has 0 for what was not reported, because the clients take no null there; `usageDetails` leaves it out."""
    raw = (io.raw or {}) if io else {}
    tokens, costs = tokens_of(span), costs_of(span)
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
        "version": trace.version if trace else None,
        "usage": NO_TOKENS | tokens | {"unit": "TOKENS", **{f"{name}Cost": cost for name, cost in costs.items()}},
        "usageDetails": tokens,
        "costDetails": costs,
        "level": Level(Level.DEFAULT if span.level is None else span.level).name,
        "statusMessage": span.status_message,
        "parentObservationId": span.parent_id,
        "environment": trace.environment if trace else "default",
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
