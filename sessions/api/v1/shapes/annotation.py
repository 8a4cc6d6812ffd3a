"""Scores, score configs, comments and review queues."""

from rest_framework import serializers

from sessions.annotation.configs import MAX_CONFIG_NAME_CHARACTERS
from sessions.annotation.queues import MOST_REVIEWERS
from sessions.api.v1.shapes.operations import anything, moment, number, text, texts
from sessions.models import DataType, ObjectType, ReviewItem
from tracing.models import Score

SCORE_TYPES = [value for value in DataType.values if value != "CORRECTION"]


class ScoreShape(serializers.Serializer[None]):
    """A score of a session, a trace or a span."""

    id = text()
    name = text()
    data_type = text()
    value = serializers.FloatField(allow_null=True)
    string_value = text("The category or the text.", is_known=False)
    is_unsure = serializers.BooleanField(help_text="“Can't tell”: looked at, and left out of means.")
    session_id = text(is_known=False)
    trace_id = text(is_known=False)
    span_id = text(is_known=False)
    source = serializers.ChoiceField(Score.Source.choices)  # type: ignore[assignment]
    author_id = number("The person who gave it.", is_known=False)
    comment = text(is_known=False)
    metadata = anything()
    environment = text()
    config_id = text(is_known=False)
    queue_id = text(is_known=False)
    scored_at = moment()
    created_at = moment()
    updated_at = moment()


class GivenScoreShape(serializers.Serializer[None]):
    """A score to write; one with the same `id` is replaced. It names a session, or a trace and perhaps its span."""

    id = serializers.CharField(required=False)
    name = serializers.CharField()
    value = serializers.JSONField(help_text="A number, a text, or true or false.")
    data_type = serializers.ChoiceField(SCORE_TYPES, required=False)
    session_id = serializers.CharField(required=False)
    trace_id = serializers.CharField(required=False)
    span_id = serializers.CharField(required=False)
    comment = serializers.CharField(required=False)
    metadata = serializers.DictField(required=False)
    environment = serializers.CharField(required=False)
    config_id = serializers.CharField(required=False)
    timestamp = serializers.DateTimeField(required=False)


class CategoryShape(serializers.Serializer[None]):
    """A category of a score config."""

    label = text()  # type: ignore[assignment]
    value = serializers.FloatField()


class ConfigShape(serializers.Serializer[None]):
    """A score config: which scores people can give."""

    id = text()
    name = text()
    data_type = serializers.ChoiceField(DataType.choices)
    min_value = serializers.FloatField(allow_null=True)
    max_value = serializers.FloatField(allow_null=True)
    categories = CategoryShape(many=True, allow_null=True)
    description = text()
    is_archived = serializers.BooleanField()
    created_at = moment()
    updated_at = moment()


class ConfigChangeShape(serializers.Serializer[None]):
    """A change of a score config. What is left out stays."""

    name = serializers.CharField(required=False)
    description = serializers.CharField(required=False)
    min_value = serializers.FloatField(required=False)
    max_value = serializers.FloatField(required=False)
    categories = CategoryShape(many=True, required=False)
    is_archived = serializers.BooleanField(required=False)


class GivenConfigShape(ConfigChangeShape):
    """A score config to create."""

    name = serializers.CharField()
    data_type = serializers.ChoiceField(DataType.choices)


class CommentShape(serializers.Serializer[None]):
    """A comment on a session, a trace or a span."""

    id = text()
    object_type = serializers.ChoiceField(ObjectType.choices)
    object_id = text()
    thread_id = text("The comment that this one answers.", is_known=False)
    content = text()
    author = text()
    created_at = moment()
    updated_at = moment()
    resolved_at = moment(is_known=False)
    resolved_by = text()


class GivenCommentShape(serializers.Serializer[None]):
    """A comment to add."""

    object_type = serializers.ChoiceField(ObjectType.choices)
    object_id = serializers.CharField(max_length=200)
    content = serializers.CharField()
    author = serializers.CharField(required=False, help_text="The name to show.")


class QueueShape(serializers.Serializer[None]):
    """A review queue and its progress."""

    id = text()
    name = text()
    description = text()
    score_config_ids = texts()
    user_ids = serializers.ListField(
        child=serializers.IntegerField(), help_text="People who review; empty: every member."
    )
    reviewers_per_item = number()
    created_at = moment()
    updated_at = moment()
    completed = number("Items that are done.")
    total = number("All items.")


class GivenQueueShape(serializers.Serializer[None]):
    """A review queue to create."""

    name = serializers.CharField(max_length=MAX_CONFIG_NAME_CHARACTERS)
    description = serializers.CharField(required=False, allow_blank=True, max_length=4_000)
    score_config_ids = serializers.ListField(
        child=serializers.CharField(max_length=200), required=False, max_length=50, help_text="Which scores to give."
    )
    user_ids = serializers.ListField(
        child=serializers.IntegerField(min_value=1, max_value=2**63 - 1),
        required=False,
        max_length=500,
        help_text="People who review; without them, every member.",
    )
    reviewers_per_item = serializers.IntegerField(min_value=1, max_value=MOST_REVIEWERS, required=False)


class ItemShape(serializers.Serializer[None]):
    """An item of a review queue."""

    id = text()
    object_type = serializers.ChoiceField(ObjectType.choices)
    object_id = text()
    status = serializers.ChoiceField(ReviewItem.Status.choices)
    completed_at = moment(is_known=False)
    created_at = moment()


class GivenItemsShape(serializers.Serializer[None]):
    """Sessions to add to a review queue."""

    session_ids = serializers.ListField(child=serializers.CharField(max_length=200))


class ReviewedItemShape(serializers.Serializer[None]):
    """An item with the values of every reviewer."""

    object_type = serializers.ChoiceField(ObjectType.choices)
    object_id = text()
    status = serializers.ChoiceField([status.lower() for status in ReviewItem.Status.values])
    completed_at = moment(is_known=False)
    reviewers = serializers.ListField(child=anything())
    values = serializers.DictField(child=anything(), help_text="By the name of the score config.")
    agreement = serializers.DictField(child=anything(), help_text="By the name of the score config.")


class ResultsShape(serializers.Serializer[None]):
    """The results of a review queue."""

    items = ReviewedItemShape(many=True)
    agreement = serializers.DictField(child=anything(), help_text="By the name of the score config.")


class AddedShape(serializers.Serializer[None]):
    """How many items a queue got."""

    added = number("Sessions that were not in the queue yet.")
