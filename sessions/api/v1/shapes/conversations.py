"""Sessions, traces, spans and turns."""

from typing import Any

from rest_framework import serializers

from sessions.api.v1.shapes.operations import Shape, anything, moment, money, number, page_of, text, texts
from sessions.api.v1.shapes.spans import SpanShape, TextsShape
from sessions.models import Session, SessionStatus
from sessions.models.properties import Property, PropertyKind, lack_count_of, properties_of


class ModelUsageShape(serializers.Serializer[None]):
    """What one model did."""

    call_count = number()
    unmeasured_count = serializers.IntegerField(required=False, help_text="Calls that reported no usage.")
    unpriced_count = serializers.IntegerField(required=False, help_text="Calls without a known cost.")
    input_tokens = serializers.IntegerField(required=False, allow_null=True)
    output_tokens = serializers.IntegerField(required=False, allow_null=True)
    total_tokens = serializers.IntegerField(required=False, allow_null=True)
    cached_tokens = serializers.IntegerField(required=False, allow_null=True)
    cache_write_tokens = serializers.IntegerField(required=False, allow_null=True)
    reasoning_tokens = serializers.IntegerField(required=False, allow_null=True)
    not_itemised_tokens = serializers.IntegerField(
        required=False, allow_null=True, help_text="Those that a wrapper reports beyond the calls inside it."
    )
    input_cost = serializers.CharField(required=False, allow_null=True)
    output_cost = serializers.CharField(required=False, allow_null=True)
    total_cost = serializers.CharField(required=False, allow_null=True)


class ScoreSummaryShape(serializers.Serializer[None]):
    """The scores of one name."""

    count = number()
    mean = serializers.FloatField(allow_null=True, required=False)
    shares = serializers.DictField(child=serializers.IntegerField(), required=False)


def _field(declared: Property) -> Any:
    is_known = lack_count_of(declared.name) is None
    match declared.kind:
        case PropertyKind.TIME:
            return moment(declared.help)
        case PropertyKind.MONEY:
            return money(declared.help)
        case PropertyKind.NUMBER | PropertyKind.DURATION:
            return number(declared.help, is_known=is_known)
        case PropertyKind.SET:
            return texts(declared.help)
        case PropertyKind.USAGE:
            return serializers.DictField(child=ModelUsageShape(), help_text=declared.help)
        case PropertyKind.SCORES:
            return serializers.DictField(child=ScoreSummaryShape(), help_text=declared.help)
    return text(declared.help)


class StateShape(serializers.Serializer[None]):
    """What people set of a session."""

    labels = texts("Labels that people gave.")
    status = serializers.ChoiceField([value for value in SessionStatus.values if value], allow_null=True)
    assignee = text("The e-mail address of a member.", is_known=False)
    title = text("The title that people gave.", is_known=False)
    note = text("The note that people wrote.", is_known=False)
    is_bookmarked = serializers.BooleanField()


SessionShape: Shape = type(
    "SessionShape",
    (StateShape,),
    {
        "__doc__": "A session: its properties, and what people set.",
        **{declared.name: _field(declared) for declared in properties_of(Session).values()},
    },
)
SessionPageShape = page_of(
    SessionShape,
    searched_back_to=serializers.DateTimeField(
        required=False, help_text="Words were searched back to this time: continue with `to=`."
    ),
)


class TraceShape(serializers.Serializer[None]):
    """A trace."""

    id = text()
    session_id = text(is_known=False)
    name = text(is_known=False)
    user_id = text(is_known=False)
    environment = text()
    release = text(is_known=False)
    version = text(is_known=False)
    public = serializers.BooleanField(allow_null=True)
    tags = texts()
    metadata = anything()
    started_at = moment()
    ended_at = moment()
    duration_ms = number()
    span_count = number()
    call_count = number("Model calls.")
    error_count = number("Failed spans.")
    unmeasured_count = number("Model calls that reported no usage: tokens are then lower bounds.")
    unpriced_count = number("Model calls without a known cost: costs are then lower bounds.")
    input_cost = money()
    output_cost = money()
    total_cost = money()
    input_tokens = number(is_known=False)
    output_tokens = number(is_known=False)
    total_tokens = number(is_known=False)
    tool_names = texts()
    input_preview = text("The first 500 characters.", is_known=False)
    output_preview = text("The first 500 characters.", is_known=False)
    usage_by_model = serializers.DictField(child=ModelUsageShape())


TracePageShape = page_of(
    TraceShape,
    searched_back_to=serializers.DateTimeField(
        required=False, help_text="Traces were looked for back to this time, because no index serves what was asked."
    ),
)


class WholeTraceShape(TraceShape, TextsShape):
    """A trace with its texts and its spans."""

    spans = SpanShape(many=True)
    spans_next = text("The `spans_cursor` of the following spans.", is_known=False)


class WholeSessionShape(SessionShape):  # type: ignore[misc,valid-type]
    """A session with its traces."""

    value_counts = serializers.DictField(
        child=serializers.DictField(child=serializers.IntegerField()),
        help_text="How many traces have each value of a list property.",
    )
    traces = TraceShape(many=True)
    traces_next = text("The `traces_cursor` of the following traces.", is_known=False)


class TurnShape(serializers.Serializer[None]):
    """A turn of a conversation."""

    id = text()
    number = number("The place in the session, from 1.")
    trace_id = text()
    name = text(is_known=False)
    user_id = text(is_known=False)
    started_at = moment()
    ended_at = moment()
    duration_ms = serializers.IntegerField()
    span_count = serializers.IntegerField()
    error_count = serializers.IntegerField()
    unmeasured_count = serializers.IntegerField()
    unpriced_count = serializers.IntegerField()
    total_tokens = serializers.IntegerField(allow_null=True)
    total_cost = money()
    models = texts()
    messages = serializers.ListField(
        child=serializers.DictField(child=anything()),
        help_text="The messages that the turn adds, with `role` and `content`.",
    )


class TurnPageShape(page_of(TurnShape)):  # type: ignore[misc]
    """A page of the turns of a session."""

    session_id = text()


class OutlinedMessageShape(serializers.Serializer[None]):
    """The length of a message that did not fit."""

    role = text()
    characters = number("The length of the content.")
    tools = texts("The tools that it calls.")


class TranscribedTurnShape(serializers.Serializer[None]):
    """A turn with its messages, or with their outline where they did not fit."""

    number = number("The place in the session, from 1.")
    id = text()
    trace_id = text()
    started_at = moment()
    ended_at = moment()
    error_count = serializers.IntegerField()
    models = texts()
    tokens = serializers.IntegerField(help_text="About how many the messages take.")
    messages = serializers.ListField(
        child=serializers.DictField(child=anything()), allow_null=True, help_text="Null where they did not fit."
    )
    outline = OutlinedMessageShape(many=True, allow_null=True, help_text="Of messages that did not fit.")


class TranscriptShape(serializers.Serializer[None]):
    """Turns of a session by their numbers."""

    session_id = text()
    turn_count = number("The turns of the session.")
    tokens = number("About how many the turns of this answer take.")
    outlined = serializers.ListField(
        child=serializers.IntegerField(), help_text="The numbers of turns that did not fit."
    )
    data = TranscribedTurnShape(many=True)  # type: ignore[assignment]
    next = number("The `first` of the turns that follow.", is_known=False)
