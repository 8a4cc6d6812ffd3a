"""Scores in version 3 of the shape: values of their own type, page by cursor, several values of a filter by comma."""

from typing import Any

from django.db.models import DateTimeField, QuerySet
from rest_framework.exceptions import ValidationError
from rest_framework.response import Response

from projects.values import whole_number
from sessions.api.filtering import CommaFilter, CommaIdFilter, NumberFilter, TextFilter
from sessions.api.langfuse.faces import Done, LangfuseList, asked_groups, stamp
from sessions.api.langfuse.scores import ScoreTimes, readable
from sessions.api.paging import MAX_LANGFUSE_LIMIT, PagesByPosition
from tracing.ingest.rest.wires import WireResponse
from tracing.lists.keyset import Order
from tracing.models import Score
from tracing.wire.fields import number

NEWEST_SCORES_FIRST = Order("scores", "scored_at", "id", DateTimeField(), is_descending=True)
SCORE_GROUPS = ("core", "details", "subject", "annotation")
TRUTH_VALUES = {"true": 1.0, "false": 0.0}


class ScoreFiltersV3(ScoreTimes):
    """The filters of version 3."""

    id = CommaFilter("id")
    name = CommaFilter("name")
    environment = CommaFilter("environment")
    configId = CommaFilter("config_id")
    queueId = CommaFilter("queue_id")
    traceId = CommaFilter("trace_id")
    sessionId = CommaIdFilter("session_id")
    observationId = CommaFilter("span_id")
    source = CommaFilter("source", method="of_sources")
    dataType = CommaFilter("data_type", method="of_types")
    authorUserId = CommaFilter("author_id", method="of_authors")
    experimentId = TextFilter(method="nothing")
    value = CommaFilter("value", method="by_values")
    valueMin = NumberFilter(field_name="value__gte", method="within")
    valueMax = NumberFilter(field_name="value__lte", method="within")

    def of_sources(self, rows: QuerySet[Any], name: str, values: list[str]) -> QuerySet[Any]:
        """Return the scores of any of these sources, in capitals or not."""
        return rows.filter(source__in=[value.lower() for value in values])

    def of_types(self, rows: QuerySet[Any], name: str, values: list[str]) -> QuerySet[Any]:
        """Return the scores of any of these types; a correction is a text."""
        return rows.filter(data_type__in=[value.upper().replace("CORRECTION", "TEXT") for value in values])

    def of_authors(self, rows: QuerySet[Any], name: str, values: list[str]) -> QuerySet[Any]:
        """Return the scores that any of these people gave."""
        return rows.filter(author_id__in=[number for text in values if (number := whole_number(text)) is not None])

    def by_values(self, rows: QuerySet[Any], name: str, values: list[str]) -> QuerySet[Any]:
        """Return the scores with any of these values, which the type reads. Raise ValidationError without a type."""
        match self.data.get("dataType", "").upper():
            case "CATEGORICAL":
                return rows.filter(string_value__in=values)
            case "BOOLEAN" | "NUMERIC":
                return rows.filter(value__in=[_number(text) for text in values])
        raise ValidationError({"value": ["needs dataType=NUMERIC, BOOLEAN or CATEGORICAL"]})

    def within(self, rows: QuerySet[Any], name: str, value: float) -> QuerySet[Any]:
        """Return the numbers on one side of a bound."""
        return rows.filter(**{name: value}, data_type="NUMERIC")


class ScorePages(PagesByPosition):
    """Pages by position as version 3 shows them."""

    most = MAX_LANGFUSE_LIMIT
    reason = "a whole number from 1 to {most}"

    def get_paginated_response(self, data: Any) -> Response:
        """Return the page with the cursor of the next one, if there is one."""
        meta: dict[str, Any] = {"limit": self.limit} | ({"cursor": self.page.next} if self.page.next else {})
        return WireResponse(Done({"data": data, "meta": meta}))


class LangfuseScoresV3(LangfuseList):
    """The scores of the project, the newest first."""

    filterset_class = ScoreFiltersV3
    pagination_class = ScorePages
    own_parameters = ("fields",)
    order = NEWEST_SCORES_FIRST

    def get_queryset(self) -> QuerySet[Any]:
        """Return the scores that have a value to read. Raise ValidationError for an unknown group of fields."""
        self._groups()
        return readable(self.project)

    def shaped(self, rows: list[Score]) -> list[dict[str, Any]]:
        """Return the scores of a page, with the groups that are asked for."""
        groups = self._groups()
        return [_shape(row, groups) for row in rows]

    def _groups(self) -> set[str]:
        return asked_groups(self.request, SCORE_GROUPS, ("core",))


def _number(text: str) -> float:
    try:
        found = number(TRUTH_VALUES.get(text) if text in TRUTH_VALUES else float(text))
    except ValueError:
        found = None
    if found is None:
        raise ValidationError({"value": ["a number"]})
    return found


def _shape(score: Score, groups: set[str]) -> dict[str, Any]:
    value: Any = score.value
    if score.data_type == "BOOLEAN":
        value = bool(score.value)
    elif score.data_type != "NUMERIC":
        value = score.string_value or ""
    shaped = {
        "id": score.id,
        "projectId": str(score.project_id),
        "name": score.name,
        "value": value,
        "dataType": score.data_type,
        "source": score.source.upper(),
        "environment": score.environment,
        "timestamp": stamp(score.scored_at),
        "createdAt": stamp(score.created_at),
        "updatedAt": stamp(score.updated_at),
    }
    if "details" in groups:
        shaped |= {"comment": score.comment, "configId": score.config_id, "metadata": score.metadata}
    if "annotation" in groups:
        author = None if score.author_id is None else str(score.author_id)
        shaped |= {"authorUserId": author, "queueId": score.queue_id}
    return shaped | {"subject": _subject(score)} if "subject" in groups else shaped


def _subject(score: Score) -> dict[str, Any]:
    if score.session_id is not None:
        return {"kind": "session", "id": score.session_id}
    if score.span_id is None:
        return {"kind": "trace", "id": score.trace_id}
    return {"kind": "observation", "id": score.span_id, "traceId": score.trace_id}
