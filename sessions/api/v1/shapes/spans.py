"""Spans, and the texts that they share with traces."""

from rest_framework import serializers

from sessions.api.v1.shapes.operations import anything, moment, money, number, text
from tracing.records import Kind, Level


class TextsShape(serializers.Serializer[None]):
    """What was said, and how it was sent if that holds more."""

    input = text(is_known=False)
    output = text(is_known=False)
    input_sent = text(is_known=False)
    output_sent = text(is_known=False)


class SpanRowShape(serializers.Serializer[None]):
    """What a span says of itself, without its texts."""

    id = text()
    parent_id = text(is_known=False)
    name = text(is_known=False)
    kind = serializers.ChoiceField([kind.name.lower() for kind in Kind])
    level = serializers.ChoiceField([level.name.lower() for level in Level])
    status_message = text(is_known=False)
    started_at = moment(is_known=False)
    ended_at = moment(is_known=False)
    duration_ms = number(is_known=False)
    completion_started_at = moment(is_known=False)
    provider = text(is_known=False)
    model = text(is_known=False)
    input_tokens = number(is_known=False)
    output_tokens = number(is_known=False)
    total_tokens = number(is_known=False)
    cached_tokens = number(is_known=False)
    cache_write_tokens = number(is_known=False)
    reasoning_tokens = number(is_known=False)
    input_cost = money()
    output_cost = money()
    total_cost = money()
    input_size = number("The true length in characters.", is_known=False)
    output_size = number("The true length in characters.", is_known=False)


class ListedSpanShape(SpanRowShape):
    """A span in a list."""

    trace_id = text()


class SpanShape(SpanRowShape, TextsShape):
    """A span with its texts."""

    model_parameters = anything()
    metadata = anything()
