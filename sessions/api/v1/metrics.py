"""Numbers of many sessions: a measure, by the values of a split and over time, as boards show them."""

from collections.abc import Collection, Mapping
from decimal import Decimal
from typing import Any

from rest_framework import serializers
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from projects.models import Project
from sessions.api.v1.shapes.lists import SessionParameters
from sessions.api.v1.shapes.operations import Operation
from sessions.api.v1.shapes.work import MetricShape
from sessions.api.v1.views import Endpoint
from sessions.boards.reading import Measured, TileNumbers, read_tile, timed
from sessions.boards.specs import SCORE_PREFIX, TileSpec, split_properties, typed
from sessions.charts.units import ChartUnit
from sessions.conversations.representation import plain
from sessions.dashboard.measures import MEASURES
from sessions.dashboard.page import edges
from sessions.dashboard.steps import TimeStep, steps_between
from sessions.listing.listing import Listing
from sessions.query.period import TIMES

SCORE_MEASURE = "score."  # before the name of a score, as in the sort of sessions
MAX_METRIC_VALUES = 100
UNITS_OF_PROGRAMS = {
    ChartUnit.COUNT: "count",
    ChartUnit.MONEY: "usd",
    ChartUnit.DURATION: "ms",
    ChartUnit.SHARE: "share",
    ChartUnit.NUMBER: "number",
}


class MetricSerializer(serializers.Serializer[None]):
    """What is measured, beside the filters of the list of sessions."""

    measure = serializers.CharField(help_text="One of the measures, or `score.NAME`: the mean of a score.")
    split = serializers.ChoiceField(
        sorted(split_properties()), required=False, help_text="The property by whose values to split."
    )
    steps = serializers.BooleanField(default=False, help_text="Whether to answer with each hour or day, too.")
    limit = serializers.IntegerField(
        min_value=1, max_value=MAX_METRIC_VALUES, default=10, help_text="The number of values of a split."
    )

    def validate_measure(self, name: str) -> str:
        """Return the measure as boards name it. Raise ValidationError for one that does not exist."""
        if name.startswith(SCORE_MEASURE) and len(name) > len(SCORE_MEASURE):
            return SCORE_PREFIX + name.removeprefix(SCORE_MEASURE)
        if name not in MEASURES:
            raise serializers.ValidationError(f"There is no measure “{name}”. Use {', '.join(MEASURES)} or score.NAME.")
        return name


class MetricParameters(SessionParameters, MetricSerializer):  # type: ignore[misc,valid-type]
    """What is measured, of which sessions."""

    sort = cursor = None


class MetricsEndpoint(Endpoint):
    """One measure of the sessions that match a filter."""

    operations = {"GET": Operation(says="Measure sessions", parameters=MetricParameters, answers={200: MetricShape})}

    def get(self, request: Request) -> Response:
        """Answer with the totals, by value of the split and by step. Without a time, those of the last 30 days."""
        asked = MetricSerializer(data=request.query_params)
        asked.is_valid(raise_exception=True)
        listing = measured_sessions(self.project, request, MetricSerializer().fields)
        given = asked.validated_data
        spec = typed(TileSpec(measure=given["measure"], split=given.get("split", "")), self.project.pk)
        first, last = edges(self.project, listing)
        steps = steps_between(first, last) if given["steps"] else []
        found = read_tile(listing, spec, steps, most=given["limit"], is_ranking=True)
        return Response(
            {
                "measure": request.query_params["measure"],
                "unit": UNITS_OF_PROGRAMS[spec.measured.unit],
                "split": spec.split or None,
                "from": plain(first),
                "to": plain(last),
                "data": _rows(spec, found, steps),
                "value_count": found.value_count if spec.split else 1,
                "sample": found.sample,
            }
        )


def measured_sessions(project: Project, request: Request, mine: Collection[str]) -> Listing:
    """Return the list of sessions that all parameters but `mine` describe. Raise ValidationError.

    Without a time, it is that of the last 30 days."""
    params = timed(request.query_params)
    for name, values in request.query_params.lists():
        if name not in mine and name not in TIMES:
            params.setlist(name, [str(value) for value in values])
    refused = {name: ["There is no such parameter."] for name in ("sort", "cursor") if name in params}
    listing = Listing(project, params)
    if errors := {**listing.errors, **refused}:
        raise ValidationError(errors)
    return listing


def _rows(spec: TileSpec, found: TileNumbers, steps: list[TimeStep]) -> list[dict[str, Any]]:
    order = sorted(found.totals, key=lambda value: (-float(found.totals[value].value or 0), value))
    rows = []
    for value in order or ([] if spec.split else [""]):
        row: dict[str, Any] = {"value": value or None, **_measured(spec, found.totals.get(value, Measured(0)))}
        if steps:
            course = zip(steps, found.course(value, len(steps)), strict=True)
            row["steps"] = [
                {"start": plain(step.start), "end": plain(step.end), **_measured(spec, one)} for step, one in course
            ]
        rows.append(row)
    return rows


def _measured(spec: TileSpec, one: Measured) -> Mapping[str, Any]:
    """Return a total: null if nothing of it is known, and a lower bound while `unknown_count` is not 0."""
    value = one.value
    if value is None and spec.measured.is_additive:
        value = Decimal()
    if value is None or (not value and one.unknown):
        total = None
    elif spec.measured.unit == ChartUnit.MONEY:
        total = plain(Decimal(value))
    else:
        total = int(value) if spec.measured.unit == ChartUnit.COUNT else float(value)
    return {"total": total, "unknown_count": int(one.unknown)}
