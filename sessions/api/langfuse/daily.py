"""Metrics by day, as the oldest client asks for them: only days with traces, the newest first."""

from collections.abc import Collection, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from django_filters import FilterSet
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from sessions.api.filtering import IdFilter, MomentFilter, RepeatedFilter, TextFilter
from sessions.api.langfuse.conditions import Condition
from sessions.api.langfuse.faces import LangfuseView, Many
from sessions.api.langfuse.measuring.asking import MAX_METRIC_ROWS, TIME_WORD, MetricsAsked
from sessions.api.langfuse.measuring.words import AGGREGATE_SQL, MODEL_WORD, OBSERVATION_VIEW, TRACE_VIEW, MeasureWord
from sessions.api.langfuse.metrics import measured
from sessions.api.paging import DEFAULT_PAGE_LIMIT, HIGHEST_PAGE, MAX_LANGFUSE_LIMIT, asked_number
from tracing.ingest.rest.wires import WireResponse
from tracing.models import Trace

EARLIEST_METRIC_DAY, LATEST_METRIC_DAY = datetime(1970, 1, 1, tzinfo=UTC), datetime(2999, 1, 1, tzinfo=UTC)
SUM_SQL, COUNT_SQL = AGGREGATE_SQL["sum"], AGGREGATE_SQL["count"]
DAILY_CONDITIONS = {  # by parameter: the column, the type and the operator of its condition
    "traceName": ("traceName", "string", "="),
    "userId": ("userId", "string", "="),
    "tags": ("tags", "arrayOptions", "all of"),
    "environment": ("environment", "stringOptions", "any of"),
}
DAY_MEASURES = {
    "countTraces": (TRACE_VIEW.measures["count"], COUNT_SQL),
    "countObservations": (TRACE_VIEW.measures["observationsCount"], SUM_SQL),
    "totalCost": (TRACE_VIEW.measures["totalCost"], SUM_SQL),
}
MODEL_MEASURES = {
    "inputUsage": (OBSERVATION_VIEW.measures["inputTokens"], SUM_SQL),
    "outputUsage": (OBSERVATION_VIEW.measures["outputTokens"], SUM_SQL),
    "totalUsage": (OBSERVATION_VIEW.measures["totalTokens"], SUM_SQL),
    "totalCost": (OBSERVATION_VIEW.measures["totalCost"], SUM_SQL),
    "countTraces": (MeasureWord("model", is_usage=True), COUNT_SQL),
    "countObservations": (MeasureWord("call_count", is_usage=True), SUM_SQL),
}


class DailyFilters(FilterSet):  # type: ignore[misc]
    """Of which traces, and of which time."""

    traceName = TextFilter()
    userId = IdFilter()
    tags = RepeatedFilter()
    environment = RepeatedFilter()
    fromTimestamp = MomentFilter()
    toTimestamp = MomentFilter()


class LangfuseDaily(LangfuseView):
    """Traces, observations and costs of each day (UTC), and what each model used."""

    def parameters(self) -> Collection[str]:
        """Return the names of the filters, and those that lead through pages."""
        return {*DailyFilters.base_filters, "page", "limit"}

    def get(self, request: Request) -> Response:
        """Answer with a page of days. A sum of which nothing is known is 0: the client takes no null."""
        page = asked_number(request, "page", 1, HIGHEST_PAGE)
        limit = asked_number(request, "limit", DEFAULT_PAGE_LIMIT, MAX_LANGFUSE_LIMIT)
        asked = self._asked(request)
        days = [_known(day) for day in measured(self.project, asked)]
        shown = days[(page - 1) * limit : page * limit]
        meta = {"page": page, "limit": limit, "totalItems": len(days), "totalPages": -(-len(days) // limit)}
        return WireResponse(Many(list(self._days(asked, shown)), "metrics", meta))

    def _asked(self, request: Request) -> MetricsAsked:
        """Return the question for the days. Raise ValidationError."""
        given = DailyFilters(request.query_params, Trace.objects.for_project(self.project), request=request)
        if not given.is_valid():
            raise ValidationError(given.errors)
        told = given.form.cleaned_data
        return MetricsAsked(
            view=TRACE_VIEW, view_name="traces", measures=DAY_MEASURES, granularity="day", order=((TIME_WORD, True),),
            limit=MAX_METRIC_ROWS, since=told["fromTimestamp"] or EARLIEST_METRIC_DAY,
            until=told["toTimestamp"] or LATEST_METRIC_DAY,
            conditions=tuple(
                Condition(column, OBSERVATION_VIEW.columns[column], kind, operator, told[name])
                for name, (column, kind, operator) in DAILY_CONDITIONS.items()
                if told[name]
            ),
        )  # fmt: skip

    def _days(self, asked: MetricsAsked, days: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
        """Yield the days with what each model used, which one statement reads for all of them."""
        if not days:
            return
        first, last = (datetime.fromisoformat(days[place][TIME_WORD]) for place in (-1, 0))
        of_models = measured(self.project, replace(
            asked, view=OBSERVATION_VIEW, view_name="observations", measures=MODEL_MEASURES, dimensions=(MODEL_WORD,),
            since=max(asked.since, first), until=min(asked.until, last + timedelta(days=1)),
            limit=MAX_METRIC_ROWS * MAX_LANGFUSE_LIMIT,
        ))  # fmt: skip
        for day in days:
            began = day.pop(TIME_WORD)
            used = [_known(row) for row in of_models if row[TIME_WORD] == began]
            usage = [{"model": row.pop(MODEL_WORD)} | {name: row[name] for name in MODEL_MEASURES} for row in used]
            yield {"date": began[:10], **day, "usage": usage}


def _known(row: dict[str, Any]) -> dict[str, Any]:
    return {name: 0 if value is None and name != MODEL_WORD else value for name, value in row.items()}
