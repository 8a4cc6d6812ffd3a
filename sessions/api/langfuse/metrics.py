"""Metrics in the two versions of the clients' query, and by day as the oldest client asks for them."""

from collections.abc import Collection, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db import connection
from rest_framework.request import Request
from rest_framework.response import Response

from projects.models import Project
from sessions.api.langfuse.columns import KIND_WORDS, LEVEL_WORDS
from sessions.api.langfuse.conditions import refusal
from sessions.api.langfuse.faces import Done, LangfuseView, stamp
from sessions.api.langfuse.measuring.asking import MetricsAsked, read_query
from sessions.api.langfuse.measuring.queries import metrics_statement
from sessions.api.langfuse.measuring.words import VIEWS_V1, VIEWS_V2, MetricView
from sessions.api.paging import in_time
from tracing.ingest.rest.wires import WireResponse
from tracing.lists.bounded import SUMMING_SETTINGS

WORDS_BY_VALUE: dict[str, dict[Any, str]] = {
    "type": {number: word for word, number in KIND_WORDS.items()},
    "level": {number: word for word, number in LEVEL_WORDS.items()},
    "source": {"api": "API", "annotation": "ANNOTATION", "eval": "EVAL"},
}
METRICS_WAY_OUT = "Ask for a shorter time, or for fewer dimensions."


class LangfuseMetrics(LangfuseView):
    """Version 1: measures of traces, observations and scores."""

    metric_views: Mapping[str, MetricView] = VIEWS_V1

    def parameters(self) -> Collection[str]:
        """Return the one that has everything."""
        return ("query",)

    def get(self, request: Request) -> Response:
        """Answer with a row for each group. Raise ValidationError for a query that cannot be followed."""
        if "query" not in request.query_params:
            raise refusal("query", "what to measure, as a JSON object")
        asked = read_query(request.query_params["query"], self.metric_views)
        return WireResponse(Done({"data": measured(self.project, asked)}))


class LangfuseMetricsV2(LangfuseMetrics):
    """Version 2, which has no traces, and groups by nothing of which there are too many."""

    metric_views = VIEWS_V2


def measured(project: Project, asked: MetricsAsked) -> list[dict[str, Any]]:
    """Return the rows of an answer. Raise Invalid when they are not found in time."""
    try:
        statement, params = metrics_statement(project, asked)
    except EmptyResultSet:
        return []
    with in_time(METRICS_WAY_OUT, **SUMMING_SETTINGS), connection.cursor() as cursor:
        cursor.execute(statement, params)
        names = [column.name for column in cursor.description or ()]
        return [{name: _told(name, value) for name, value in zip(names, row, strict=True)} for row in cursor.fetchall()]


def _told(name: str, value: Any) -> Any:
    """Return a value as the clients read it."""
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() and "Cost" not in name else float(value)
    if isinstance(value, datetime):
        return stamp(value)
    return WORDS_BY_VALUE[name].get(value, value) if name in WORDS_BY_VALUE else value
