"""Spans of many traces."""

from collections.abc import Mapping
from typing import Any

from django.db.models import DateTimeField, Q, QuerySet, TextField, Value
from django.db.models.functions import Coalesce, Concat
from rest_framework import serializers
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from projects.date_range import RANGE_PARAMETERS, BadRange, date_range
from sessions.api.recent import NewestTraces, newest
from sessions.api.v1.parameters import chosen_fields, refuse_others
from sessions.api.v1.shapes.lists import MAX_PART_LIMIT, ListParameters
from sessions.api.v1.shapes.operations import Operation, page_of
from sessions.api.v1.shapes.spans import ListedSpanShape
from sessions.api.v1.views import Endpoint
from sessions.conversations.representation import plain, span_row_json
from tracing.lists.bounded import within
from tracing.lists.keyset import BadCursor, Order
from tracing.lists.trace_listing import TRACES_TIMEOUT_MS
from tracing.models import Span, Trace
from tracing.records import Kind, Level

DEFAULT_LISTED_SPANS = 100
NEWEST_SPANS = Order("-spans", "moment", "place", DateTimeField(), is_descending=True)
TRACE_EQUALITIES = ("trace_id", "session_id")
SPAN_EQUALITIES = ("name", "model")
SEARCHED_BACK_TO = serializers.DateTimeField(
    required=False, help_text="When the earliest trace began that was looked into: continue with `to=`."
)
KINDS_BY_WORD, LEVELS_BY_WORD = ({one.name.lower(): one for one in words} for words in (Kind, Level))


class SpanSerializer(serializers.Serializer[None]):
    """Which spans to list."""

    trace_id = serializers.CharField(required=False, trim_whitespace=False, help_text="Those of one trace.")
    session_id = serializers.CharField(required=False, trim_whitespace=False, help_text="Those of a session's traces.")
    kind = serializers.ChoiceField(list(KINDS_BY_WORD), required=False)
    level = serializers.ChoiceField(list(LEVELS_BY_WORD), required=False, help_text="`error` finds what failed.")
    name = serializers.CharField(required=False, trim_whitespace=False, help_text="The whole name.")
    model = serializers.CharField(required=False, trim_whitespace=False, help_text="The model, as it was reported.")
    fields = serializers.CharField(required=False, help_text="Names between commas: only these fields.")  # type: ignore[assignment]
    limit = serializers.IntegerField(min_value=1, max_value=MAX_PART_LIMIT, default=DEFAULT_LISTED_SPANS)
    cursor = serializers.CharField(required=False, help_text="`next` or `previous` of an answer.")


class ListedSpanParameters(SpanSerializer, ListParameters):
    """Which spans to list, and when their traces began."""

    q = sort = None  # type: ignore[assignment]


class SpansEndpoint(Endpoint):
    """The spans of the traces of a time, of a session or of one trace."""

    operations = {
        "GET": Operation(
            says="List spans",
            parameters=ListedSpanParameters,
            answers={200: page_of(ListedSpanShape, searched_back_to=SEARCHED_BACK_TO)},
        )
    }

    def get(self, request: Request) -> Response:
        """Answer with a page of spans, the latest first. If there are traces before those looked into, say so."""
        asked = SpanSerializer(data=request.query_params)
        asked.is_valid(raise_exception=True)
        refuse_others(request, {*SpanSerializer().get_fields(), *RANGE_PARAMETERS})
        given = asked.validated_data
        with within(TRACES_TIMEOUT_MS):
            looked_into = self._traces(request, given)
            spans = _matching(Span.objects.for_project(self.project).filter(looked_into.spans), given)
            try:
                page = NEWEST_SPANS.page(spans, cursor=given.get("cursor", ""), limit=given["limit"])
            except BadCursor as error:
                raise ValidationError({"cursor": [str(error)]}) from None
        rows = [{"trace_id": span.trace_id, **span_row_json(span)} for span in page.rows]
        part = {"searched_back_to": plain(looked_into.since)} if looked_into.has_more else {}
        data = chosen_fields(request, rows)
        return Response({"data": data, "next": page.next, "previous": page.previous, **part})

    def _traces(self, request: Request, given: Mapping[str, Any]) -> NewestTraces:
        """Return the latest traces that may have such spans. Raise ValidationError for a time that is none."""
        try:
            span = date_range(request.query_params)
        except BadRange as error:
            raise ValidationError({error.name: [str(error)]}) from None
        traces = Trace.objects.for_project(self.project).filter(
            **{name: given[name] for name in TRACE_EQUALITIES if name in given}
        )
        if span.start:
            traces = traces.filter(started_at__gte=span.start.start)
        if span.end:
            is_instant = span.end.start == span.end.end
            traces = traces.filter(**{f"started_at__{'lte' if is_instant else 'lt'}": span.end.end})
        return newest(traces)


def _matching(spans: QuerySet[Span], given: Mapping[str, Any]) -> QuerySet[Span]:
    conditions = Q(**{name: given[name] for name in SPAN_EQUALITIES if name in given})
    if "kind" in given:
        conditions &= _said("kind", KINDS_BY_WORD[given["kind"]], unsaid=Kind.SPAN)
    if "level" in given:
        conditions &= _said("level", LEVELS_BY_WORD[given["level"]], unsaid=Level.DEFAULT)
    place = Concat("trace_id", Value("/"), "span_id", output_field=TextField())
    return spans.filter(conditions).annotate(moment=Coalesce("started_at", "received_at"), place=place)


def _said(name: str, value: int, *, unsaid: int) -> Q:
    """Return the condition for a value, which is also that of spans that say nothing."""
    return Q(**{name: value}) | Q(**{name: None}) if value == unsaid else Q(**{name: value})
