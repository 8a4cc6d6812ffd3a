"""Cohorts, and what differs between groups of sessions."""

from collections.abc import Iterator
from typing import Any
from zoneinfo import ZoneInfo

from django.utils import timezone
from rest_framework import serializers
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from sessions.api.v1.parameters import refuse_others
from sessions.api.v1.shapes.cohorts import CohortComparisonShape, CohortShape
from sessions.api.v1.shapes.operations import Operation, list_of
from sessions.api.v1.views import Endpoint, json_of
from sessions.cohorts.asked import ComparisonQuery
from sessions.cohorts.comparison import compare
from sessions.cohorts.groups import make_groups
from sessions.cohorts.making import CohortError
from sessions.cohorts.results import CohortComparison, Difference, Measure, Mix, Summary, ValueShares
from sessions.conversations.representation import plain
from sessions.models import Cohort

COHORT_FIELDS = (
    "id", "name", "description", "is_fixed", "query_string", "session_count", "counted_at", "owner", "updated_at",
)  # fmt: skip


class CohortsEndpoint(Endpoint):
    """The cohorts of the project."""

    operations = {"GET": Operation(says="List cohorts", answers={200: list_of(CohortShape)})}

    def get(self, request: Request) -> Response:
        """Answer with all of them, by name."""
        refuse_others(request, ())
        rows = Cohort.objects.for_project(self.project).order_by("name", "id")
        return Response({"data": [json_of(row, COHORT_FIELDS) | {"id": str(row.id)} for row in rows]})


class ComparisonSerializer(serializers.Serializer[None]):
    """Which groups to compare: cohorts, or one of them split by a property or into periods."""

    cohort = serializers.ListField(
        child=serializers.CharField(),
        required=False,
        help_text="Ids of cohorts, `all` for every session, or `?` and parameters of the list, such as `?q=has:error`.",
    )
    by = serializers.CharField(required=False, help_text="A property by whose values one cohort is split.")
    value = serializers.ListField(
        child=serializers.CharField(), required=False, help_text="Values of that property; the first is the baseline."
    )
    to = serializers.ListField(
        child=serializers.CharField(), required=False, help_text="The last days of periods, one for each `from`."
    )
    only = serializers.CharField(required=False, help_text="A query that holds for every group.")
    within = serializers.CharField(required=False, help_text="A time that holds for every group, such as 30d.")
    differing = serializers.BooleanField(default=False, help_text="Whether to answer only what differs significantly.")


# `from` is a word of Python.
ComparisonSerializer._declared_fields["from"] = serializers.ListField(
    child=serializers.CharField(), required=False, help_text="The first days of periods in which to compare one cohort."
)


class ComparisonEndpoint(Endpoint):
    """What differs between groups of sessions, with tests."""

    operations = {
        "GET": Operation(
            says="Compare groups of sessions", parameters=ComparisonSerializer, answers={200: CohortComparisonShape}
        )
    }

    def get(self, request: Request) -> Response:
        """Answer with every number and every share, group by group, and their differences from the first group."""
        refuse_others(request, ComparisonSerializer().fields)
        asked = ComparisonSerializer(data=request.query_params)
        asked.is_valid(raise_exception=True)
        try:
            with timezone.override(ZoneInfo(self.project.time_zone)):
                groups = make_groups(self.project, ComparisonQuery.read(request.query_params))
                if len(groups) < 2:
                    raise ValidationError({"cohort": ["Name two groups or more, or split one with `by` or periods."]})
                found = compare(self.project, groups)
        except CohortError as error:
            raise ValidationError({"cohort": [str(error)]}) from None
        rows = list(_rows(found))
        if asked.validated_data["differing"]:
            rows = [row for row in rows if any(one["is_significant"] for one in row["differences"])]
        return Response({**_head(found), "data": rows})


def _head(found: CohortComparison) -> dict[str, Any]:
    groups = zip(found.groups, found.sizes, strict=True)
    return {
        "groups": [
            {"label": group.label, "query_string": group.query_string, "session_count": size} for group, size in groups
        ],
        "overlaps": [
            {"first": first.place, "second": second.place, "session_count": number}
            for first, second, number in found.overlaps
        ],
        "sample": found.one_in,
        "test_count": found.tests,
        "confidence": found.confidence,
        "chosen_by": found.untested,
        "differently_mixed": [mix.name for mix in found.differently_mixed],
    }


def _rows(found: CohortComparison) -> Iterator[dict[str, Any]]:
    for measure in found.measures:
        yield _measure_json(measure)
    for mix in found.mixes:
        for value in mix.values:
            yield _share_json(mix, value)


def _measure_json(measure: Measure) -> dict[str, Any]:
    return {
        "name": measure.name,
        "value": None,
        "statistic": str(measure.statistic),
        "groups": [_summary_json(summary) for summary in measure.summaries],
        "differences": [_difference_json(one) for one in measure.differences],
    }


def _summary_json(summary: Summary) -> dict[str, Any]:
    return {
        "size": summary.size,
        "mean": None if summary.mean is None else float(summary.mean),
        "median": summary.median,
        "p95": summary.p95,
        "total": plain(summary.total),
        "unknown_count": summary.unknown_count,
        "share": None,
    }


def _share_json(mix: Mix, value: ValueShares) -> dict[str, Any]:
    empty = dict.fromkeys(("mean", "median", "p95"))
    return {
        "name": mix.name,
        "value": value.text,
        "statistic": "share",
        "groups": [
            {
                "size": cell.share.size,
                **empty,
                "total": str(cell.share.hits),
                "unknown_count": 0,
                "share": cell.share.value,
            }
            for cell in value.cells
        ],
        "differences": [_difference_json(one) for one in value.differences],
    }


def _difference_json(difference: Difference) -> dict[str, Any]:
    interval = difference.interval
    return {
        "group": difference.group.place,
        "estimate": difference.estimate,
        "low": interval.low if interval else None,
        "high": interval.high if interval else None,
        "p": difference.p,
        "is_significant": difference.is_notable,
    }
