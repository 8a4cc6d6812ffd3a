"""The parameters of lists."""

from typing import Any

from rest_framework import serializers

from sessions.api.v1.shapes.operations import Shape
from sessions.dashboard.queries import MODEL_SUMS
from sessions.export.formats import EXPORT_FORMATS
from sessions.listing.filters import WAYS, filters_of, may_repeat
from sessions.listing.list_query import MAX_LIST_LIMIT
from sessions.models import Session
from sessions.models.properties import Property, PropertyKind, properties_of
from sessions.users.queries import MAX_GROUPED_SESSIONS
from tracing.lists.trace_listing import SORTABLE_TRACE_COLUMNS

USER_SORTS = (
    "session_count", "first_seen_at", "last_seen_at", "trace_count", "total_tokens", "total_cost", "error_count",
    "score",
)  # fmt: skip
MAX_MODELS_SKIPPED = 10_000
MAX_PART_LIMIT = 500  # traces of a session, spans of a trace
LISTED_TIME = "A time such as 24h, 7d, 30d, today or all. `from` and `to` name its ends instead."


class ListParameters(serializers.Serializer[None]):
    """What every list takes that is asked by a query."""

    q = serializers.CharField(required=False, help_text="A query, see the query language.")
    range = serializers.CharField(required=False, help_text=LISTED_TIME)
    to = serializers.CharField(required=False, help_text="The end: a day, or a time of ISO 8601.")
    sort = serializers.CharField(required=False, help_text="A property, with a minus before it for descending order.")
    limit = serializers.IntegerField(required=False, min_value=1, max_value=MAX_LIST_LIMIT)
    cursor = serializers.CharField(required=False, help_text="`next` or `previous` of an answer.")


# `from` is a word of Python.
ListParameters._declared_fields["from"] = serializers.CharField(
    required=False, help_text="The beginning: a day, or a time of ISO 8601."
)


def _filter_field(declared: Property, name: str, words: str) -> Any:
    options: dict[str, Any] = {"required": False, "help_text": f"{declared.label} {words}."}
    if may_repeat(name):
        return serializers.ListField(child=serializers.CharField(), **options)
    match declared.kind:
        case PropertyKind.TIME:
            return serializers.DateTimeField(**options)
        case PropertyKind.NUMBER | PropertyKind.DURATION:
            return serializers.IntegerField(**options)
        case PropertyKind.MONEY:
            return serializers.CharField(**options)
    return serializers.CharField(**options)


FILTER_FIELDS: dict[str, Any] = {
    name: _filter_field(declared, name, way.words)
    for declared in properties_of(Session).values()
    for way, name in zip(WAYS[declared.kind], filters_of(declared), strict=True)
} | {"cohort": serializers.UUIDField(required=False, help_text="The sessions of a fixed cohort.")}
SessionParameters: Shape = type("SessionParameters", (ListParameters,), {"__doc__": "The filters.", **FILTER_FIELDS})
ListedSessionParameters: Shape = type(
    "ListedSessionParameters",
    (SessionParameters,),
    {
        "__doc__": "The filters, and which fields to answer.",
        "fields": serializers.CharField(required=False, help_text="Names between commas: only these fields."),
    },
)


class TraceParameters(ListParameters):
    """The filters."""

    sort = serializers.ChoiceField(  # type: ignore[assignment]
        [name for column in SORTABLE_TRACE_COLUMNS for name in (column, f"-{column}")], required=False
    )


class SessionTraceParameters(serializers.Serializer[None]):
    """Which traces of a session to answer."""

    traces_limit = serializers.IntegerField(required=False, min_value=1, max_value=MAX_PART_LIMIT)
    traces_cursor = serializers.CharField(required=False, help_text="`traces_next` of an answer.")


class SpanParameters(serializers.Serializer[None]):
    """Which spans of a trace to answer."""

    spans_limit = serializers.IntegerField(required=False, min_value=1, max_value=MAX_PART_LIMIT)
    spans_cursor = serializers.CharField(required=False, help_text="`spans_next` of an answer.")


class ExportParameters(SessionParameters):  # type: ignore[misc,valid-type]
    """What to export."""

    format = serializers.ChoiceField(list(EXPORT_FORMATS))
    id = serializers.ListField(child=serializers.CharField(), required=False, help_text="Only these sessions.")
    limit = serializers.IntegerField(required=False, min_value=1, help_text="The maximum number of sessions.")
    after = serializers.CharField(required=False, help_text="A cursor, or the id of the last session.")
    cursor = None


class UserSerializer(serializers.Serializer[None]):
    """The order of users, and the part of their list."""

    sort = serializers.ChoiceField(
        [sign + field for field in USER_SORTS for sign in ("", "-")],
        default="-last_seen_at",
        help_text="A field, with a minus before it for descending order.",
    )
    score = serializers.CharField(default="", max_length=200, help_text="The score of which to answer the mean.")
    limit = serializers.IntegerField(min_value=1, max_value=MAX_LIST_LIMIT, default=50)
    cursor = serializers.IntegerField(
        min_value=0, max_value=MAX_GROUPED_SESSIONS, default=0, help_text="`next` or `previous` of an answer."
    )


class ModelSerializer(serializers.Serializer[None]):
    """The order of models, and the part of their list."""

    sort = serializers.ChoiceField(
        [sign + field for field in ("model", *MODEL_SUMS) for sign in ("", "-")],
        default="-call_count",
        help_text="A field, with a minus before it for descending order.",
    )
    limit = serializers.IntegerField(min_value=1, max_value=MAX_LIST_LIMIT, default=50)
    cursor = serializers.IntegerField(
        min_value=0, max_value=MAX_MODELS_SKIPPED, default=0, help_text="`next` or `previous` of an answer."
    )


class ModelListParameters(SessionParameters, ModelSerializer):  # type: ignore[misc,valid-type]
    """The models of the sessions that match."""


class UserListParameters(SessionParameters, UserSerializer):  # type: ignore[misc,valid-type]
    """Whose sums to answer: the users of the sessions that match."""
