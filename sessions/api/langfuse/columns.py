"""Which columns the conditions of the `filter` parameter may name, and where the values are."""

from typing import Any

from django.db.models import BooleanField, Case, F, FloatField, Func, Q, QuerySet, SmallIntegerField, Value, When
from django.db.models.functions import Coalesce

from sessions.api.langfuse.conditions import Column, Condition
from tracing.records import VOICE_KINDS, Kind, Level

KIND_WORDS = {kind.name: kind.value for kind in Kind if kind not in VOICE_KINDS}
LEVEL_WORDS = {level.name: level.value for level in Level}

NUMBER_COLUMNS = {
    name: Column(field, "number")
    for name, field in (
        ("inputTokens", "input_tokens"), ("outputTokens", "output_tokens"), ("totalTokens", "total_tokens"),
        ("tokens", "total_tokens"), ("inputCost", "input_cost"), ("outputCost", "output_cost"),
        ("totalCost", "total_cost"), ("latency", "latency_s"),
    )
}  # fmt: skip
COLUMNS_OF_TRACE_LIST = {
    "id": Column("trace_id", "text"),
    "name": Column("name", "text"),
    "timestamp": Column("started_at", "time"),
    "userId": Column("user_id", "text"),
    "sessionId": Column("session_id", "text"),
    "environment": Column("environment", "text"),
    "version": Column("version", "text"),
    "release": Column("release", "text"),
    "tags": Column("tags", "texts"),
    "metadata": Column("metadata", "object"),
    "errorCount": Column("error_count", "number"),
    **NUMBER_COLUMNS,
}
COLUMNS_OF_TRACES = {  # of the trace of an observation or of a score
    "traceId": COLUMNS_OF_TRACE_LIST["id"],
    "traceName": COLUMNS_OF_TRACE_LIST["name"],
    "traceTags": COLUMNS_OF_TRACE_LIST["tags"],
    "traceRelease": COLUMNS_OF_TRACE_LIST["release"],
    "traceVersion": COLUMNS_OF_TRACE_LIST["version"],
    **{
        name: COLUMNS_OF_TRACE_LIST[name]
        for name in ("userId", "sessionId", "environment", "version", "release", "tags")
    },
}
SPAN_COLUMNS = {
    "id": Column("span_id", "text"),
    "name": Column("name", "text"),
    "type": Column("said_kind", "word", words=KIND_WORDS),
    "level": Column("said_level", "word", words=LEVEL_WORDS),
    "statusMessage": Column("status_message", "text"),
    "parentObservationId": Column("parent_id", "text"),
    "isRootObservation": Column("is_top", "truth"),
    "startTime": Column("began", "time"),
    "endTime": Column("ended_at", "time"),
    "timeToFirstToken": Column("first_token_s", "number"),
    "model": Column("model", "text"),
    "providedModelName": Column("model", "text"),
    **NUMBER_COLUMNS,
}
SCORE_COLUMNS = {
    "id": Column("id", "text"),
    "name": Column("name", "text"),
    "timestamp": Column("scored_at", "time"),
    "source": Column("source", "word", words={"API": "api", "ANNOTATION": "annotation", "EVAL": "eval"}),
    "dataType": Column("data_type", "text"),
    "value": Column("value", "number"),
    "stringValue": Column("string_value", "text"),
    "environment": Column("environment", "text"),
    "configId": Column("config_id", "text"),
    "queueId": Column("queue_id", "text"),
    "traceId": Column("trace_id", "text"),
    "sessionId": Column("session_id", "text"),
    "observationId": Column("span_id", "text"),
    "metadata": Column("metadata", "object"),
}


def seconds(later: str, earlier: Any) -> Func:
    """Return the expression of the seconds between two times."""
    taken = F(later) - (F(earlier) if isinstance(earlier, str) else earlier)
    return Func(taken, template="EXTRACT(EPOCH FROM %(expressions)s)", output_field=FloatField())


def traces_that(rows: QuerySet[Any], conditions: list[Condition]) -> QuerySet[Any]:
    """Return the traces that meet all conditions."""
    if not conditions:
        return rows
    return _meeting(rows.annotate(latency_s=seconds("ended_at", "started_at")), conditions)


def spans_said(rows: QuerySet[Any]) -> QuerySet[Any]:
    """Return spans with what they leave unsaid: when they began, what they are, and how long they took."""
    began = Coalesce("started_at", "received_at")
    unsaid = Q(kind__isnull=True) | Q(kind__in=VOICE_KINDS)
    said: QuerySet[Any] = rows.annotate(
        began=began,
        said_kind=Case(When(unsaid, then=Value(Kind.SPAN.value)), default=F("kind"), output_field=SmallIntegerField()),
        said_level=Coalesce("level", Value(Level.DEFAULT.value)),
        is_top=Case(
            When(Q(is_root=True) | Q(parent_id__isnull=True), then=True), default=False, output_field=BooleanField()
        ),
        latency_s=seconds("ended_at", began),
        first_token_s=seconds("completion_started_at", began),
    )
    return said


def spans_that(rows: QuerySet[Any], conditions: list[Condition]) -> QuerySet[Any]:
    """Return the spans that meet all conditions."""
    return _meeting(spans_said(rows), conditions) if conditions else rows


def scores_that(rows: QuerySet[Any], conditions: list[Condition]) -> QuerySet[Any]:
    """Return the scores that meet all conditions."""
    return _meeting(rows, conditions)


def _meeting(rows: QuerySet[Any], conditions: list[Condition]) -> QuerySet[Any]:
    for condition in conditions:
        rows = rows.filter(condition.q())
    return rows
