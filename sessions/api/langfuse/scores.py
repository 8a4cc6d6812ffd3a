"""Scores, read in version 2 of the shape. Writing them is ingestion (tracing/ingest/http/scores.py).

The clients know three types: a text reads as a category. Who could not tell gave no value, which has no shape here."""

from collections.abc import Iterable, Mapping
from typing import Any

from django.db.models import Q, QuerySet
from django_filters import FilterSet
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from projects.models import Project
from sessions.api.filtering import CommaFilter, IdFilter, MomentFilter, NumberFilter, RepeatedFilter, TextFilter
from sessions.api.langfuse.columns import SCORE_COLUMNS, scores_that
from sessions.api.langfuse.conditions import conditions_in
from sessions.api.langfuse.faces import LangfuseList, LangfuseView, One, asked_groups, find_one, stamp
from tracing.ingest.rest.keys import key_of
from tracing.ingest.rest.wires import WireResponse
from tracing.models import Score, Trace

SCORE_FILTER_LOOKUPS = {"=": "exact", "<": "lt", "<=": "lte", ">": "gt", ">=": "gte"}
SCORE_OPERATORS = ("=", "!=", "<", "<=", ">", ">=")
LANGFUSE_SCORE_GROUPS = ("score", "trace")
SCORE_DATA_TYPES = ("NUMERIC", "BOOLEAN", "CATEGORICAL")


class ScoreTimes(FilterSet):  # type: ignore[misc]
    """By when a score was given."""

    fromTimestamp = MomentFilter(field_name="scored_at", lookup_expr="gte")
    toTimestamp = MomentFilter(field_name="scored_at", lookup_expr="lt")

    def nothing(self, rows: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        """Return no score: none belongs to what we do not have."""
        return rows.none()


class LangfuseScoreFilters(ScoreTimes):
    """The filters of version 2."""

    name = TextFilter()
    configId = TextFilter(field_name="config_id")
    sessionId = IdFilter(field_name="session_id")
    traceId = TextFilter(field_name="trace_id")
    queueId = TextFilter(field_name="queue_id")
    observationId = CommaFilter("span_id")
    environment = RepeatedFilter(field_name="environment", lookup_expr="in")
    source = TextFilter(method="of_source")
    dataType = TextFilter(method="of_type")
    scoreIds = CommaFilter("id")
    datasetRunId = TextFilter(method="nothing")
    userId = TextFilter(method="of_user")
    traceTags = RepeatedFilter(method="with_tags")
    value = NumberFilter(method="by_value")
    filter = TextFilter(method="meeting")

    def meeting(self, rows: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        """Return the scores that meet the conditions of a JSON list. Raise ValidationError for a bad one."""
        return scores_that(rows, conditions_in(value, SCORE_COLUMNS))

    def filter_queryset(self, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Return what is asked for. Raise ValidationError for an operator without a value."""
        if self.data.get("operator") and not self.data.get("value"):
            raise ValidationError({"value": ["needed beside operator"]})
        found: QuerySet[Any] = super().filter_queryset(queryset)
        return found

    def of_source(self, rows: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        """Return the scores of one source, in capitals or not."""
        return rows.filter(source=value.lower())

    def of_type(self, rows: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        """Return the scores of a type; a text reads as a category."""
        return rows.filter(data_type__in=["CATEGORICAL", "TEXT"] if value == "CATEGORICAL" else [value])

    def of_user(self, rows: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        """Return the scores of one user's traces."""
        return rows.filter(trace_id__in=self._traces().filter(user_id=value).values("trace_id"))

    def with_tags(self, rows: QuerySet[Any], name: str, values: list[str]) -> QuerySet[Any]:
        """Return the scores of traces that have all of these tags."""
        tags = [tag for text in values for tag in text.split(",")]
        return rows.filter(trace_id__in=self._traces().filter(tags__contains=tags).values("trace_id"))

    def by_value(self, rows: QuerySet[Any], name: str, value: float) -> QuerySet[Any]:
        """Return the scores whose value compares so. Raise ValidationError for an unknown operator."""
        compared = self.data.get("operator", "=")
        if compared not in SCORE_OPERATORS:
            raise ValidationError({"operator": [f"one of {' '.join(SCORE_OPERATORS)}"]})
        if compared == "!=":
            return rows.filter(~Q(value=value))
        return rows.filter(**{f"value__{SCORE_FILTER_LOOKUPS[compared]}": value})

    def _traces(self) -> QuerySet[Trace]:
        return Trace.objects.for_project(key_of(self.request).project)


class LangfuseScores(LangfuseList):
    """The scores of the project."""

    filterset_class = LangfuseScoreFilters
    own_parameters = ("operator", "fields")
    words = "scores"

    def get_queryset(self) -> QuerySet[Any]:
        """Return the newest first."""
        return readable(self.project).order_by("-scored_at", "-id")

    def shaped(self, rows: list[Score]) -> Iterable[Mapping[str, Any]]:
        """Return the scores of a page, with what is asked for of their traces."""
        return _shaped(self.project, rows, has_trace="trace" in asked_groups(self.request, LANGFUSE_SCORE_GROUPS))


class LangfuseScore(LangfuseView):
    """One score."""

    def get(self, request: Request, score_id: str) -> Response:
        """Answer with the score."""
        return WireResponse(One(shape(find_one(readable(self.project), "score", score_id)), "score"))


def shape(score: Score) -> dict[str, Any]:
    """Return a score as the clients expect it."""
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
    """Return the scores that have a value to read."""
    return Score.objects.for_project(project).filter(is_unsure=False)


def _shaped(project: Project, scores: list[Score], *, has_trace: bool) -> Iterable[Mapping[str, Any]]:
    if not has_trace:
        return map(shape, scores)
    traces = Trace.objects.for_project(project).filter(trace_id__in={s.trace_id for s in scores if s.trace_id})
    found = {
        trace_id: {"userId": user_id, "tags": tags, "environment": environment}
        for trace_id, user_id, tags, environment in traces.values_list("trace_id", "user_id", "tags", "environment")
    }
    return [shape(score) | {"trace": found.get(score.trace_id or "")} for score in scores]
