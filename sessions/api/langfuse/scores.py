"""Scores, read in version 2 of the shape. Writing them is ingestion (tracing/ingest/http/scores.py).

The clients know three types: a text reads as a category. Who could not tell gave no value, which has no shape here."""

from collections.abc import Iterable, Mapping
from typing import Any

from django.db.models import Q, QuerySet
from django.http import HttpRequest

from projects.models import Project
from sessions.api.langfuse.faces import Many, One, moment_of, one_of, page_of, stamp
from tracing.models import Score, Trace
from tracing.wire.refusals import Invalid

EQUAL = {
    "name": "name", "configId": "config_id", "sessionId": "session_id", "traceId": "trace_id", "queueId": "queue_id",
    "observationId": "span_id",
}  # fmt: skip
SCORE_FILTER_LOOKUPS = {"=": "exact", "!=": "ne", "<": "lt", "<=": "lte", ">": "gt", ">=": "gte"}
SCORE_DATA_TYPES = ("NUMERIC", "BOOLEAN", "CATEGORICAL")


def listed(request: HttpRequest, project: Project) -> Many:
    rows = _filtered(request, project, readable(project)).order_by("-scored_at", "-id")
    has_trace = "trace" in (request.GET.get("fields") or "score,trace").split(",")
    return page_of(request, rows, "scores", lambda found: _shaped(project, found, has_trace=has_trace))


def one(request: HttpRequest, project: Project, score_id: str) -> One:
    return One(shape(one_of(readable(project), "score", score_id)), "score")


def shape(score: Score) -> dict[str, Any]:
    data_type = score.data_type if score.data_type in SCORE_DATA_TYPES else "CATEGORICAL"
    shaped = {
        "id": score.id,
        "name": score.name,
        "source": score.source.upper(),
        "dataType": data_type,
        "value": score.value or 0.0,
        "traceId": score.trace_id,
        "sessionId": score.session_id,
        "observationId": score.span_id,
        "datasetRunId": None,
        "comment": score.comment,
        "metadata": score.metadata,
        "configId": score.config_id,
        "queueId": score.queue_id,
        "environment": score.environment,
        "authorUserId": None if score.author_id is None else str(score.author_id),
        "timestamp": stamp(score.scored_at),
        "createdAt": stamp(score.created_at),
        "updatedAt": stamp(score.updated_at),
    }
    return shaped if data_type == "NUMERIC" else shaped | {"stringValue": score.string_value or ""}


def readable(project: Project) -> QuerySet[Score]:
    return Score.objects.for_project(project).filter(is_unsure=False)


def within_time(request: HttpRequest, rows: QuerySet[Score]) -> QuerySet[Score]:
    for name, lookup in (("fromTimestamp", "gte"), ("toTimestamp", "lt")):
        if at := moment_of(request, name):
            rows = rows.filter(**{f"scored_at__{lookup}": at})
    return rows


def _filtered(request: HttpRequest, project: Project, rows: QuerySet[Score]) -> QuerySet[Score]:
    given = request.GET
    rows = rows.filter(**{column: given[name] for name, column in EQUAL.items() if given.get(name)})
    if environments := given.getlist("environment"):
        rows = rows.filter(environment__in=environments)
    if source := given.get("source"):
        rows = rows.filter(source=source.lower())
    if data_type := given.get("dataType"):
        rows = rows.filter(data_type__in=["CATEGORICAL", "TEXT"] if data_type == "CATEGORICAL" else [data_type])
    if ids := given.get("scoreIds"):
        rows = rows.filter(id__in=ids.split(","))
    if given.get("datasetRunId"):
        rows = rows.none()
    return _on_traces(
        given.get("userId"), given.getlist("traceTags"), project, _by_value(request, within_time(request, rows))
    )


def _by_value(request: HttpRequest, rows: QuerySet[Score]) -> QuerySet[Score]:
    text, compared = request.GET.get("value"), request.GET.get("operator", "=")
    if not text:
        return rows
    try:
        value = float(text)
    except ValueError:
        raise Invalid("value: a number") from None
    if compared not in SCORE_FILTER_LOOKUPS:
        raise Invalid(f"operator: one of {' '.join(SCORE_FILTER_LOOKUPS)}")
    if compared == "!=":
        return rows.filter(~Q(value=value))
    return rows.filter(**{f"value__{SCORE_FILTER_LOOKUPS[compared]}": value})


def _on_traces(user_id: str | None, tags: list[str], project: Project, rows: QuerySet[Score]) -> QuerySet[Score]:
    if not user_id and not tags:
        return rows
    traces = Trace.objects.for_project(project)
    if user_id:
        traces = traces.filter(user_id=user_id)
    if tags:
        traces = traces.filter(tags__contains=[tag for text in tags for tag in text.split(",")])
    return rows.filter(trace_id__in=traces.values("trace_id"))


def _shaped(project: Project, scores: list[Score], *, has_trace: bool) -> Iterable[Mapping[str, Any]]:
    if not has_trace:
        return map(shape, scores)
    traces = Trace.objects.for_project(project).filter(trace_id__in={s.trace_id for s in scores if s.trace_id})
    found = {
        trace_id: {"userId": user_id, "tags": tags, "environment": environment}
        for trace_id, user_id, tags, environment in traces.values_list("trace_id", "user_id", "tags", "environment")
    }
    return [shape(score) | {"trace": found.get(score.trace_id or "")} for score in scores]
