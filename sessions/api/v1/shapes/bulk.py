"""Actions on many sessions."""

from rest_framework import serializers

from sessions.api.v1.shapes.operations import moment, number, text
from sessions.bulk.actions import BULK_ACTIONS
from sessions.bulk.jobs import MOST_IDS
from sessions.models import BulkJob
from tracing.limits.ids import MAX_ID_CHARACTERS


class GivenBulkJobShape(serializers.Serializer[None]):
    """An action, and the sessions that it is done to: either `session_ids`, or all that match `q` now."""

    action = serializers.ChoiceField(list(BULK_ACTIONS))
    session_ids = serializers.ListField(
        child=serializers.CharField(max_length=MAX_ID_CHARACTERS, trim_whitespace=False),
        min_length=1,
        max_length=MOST_IDS,
        required=False,
    )
    q = serializers.CharField(required=False, help_text="A query, as in the list of sessions.")
    label = serializers.CharField(required=False, help_text="Of `label`, `remove-label`.")  # type: ignore[assignment]
    status = serializers.CharField(required=False, allow_null=True, help_text="Of `status`; null for none.")
    assignee = serializers.CharField(
        required=False, allow_null=True, help_text="Of `assign`: the e-mail address of a member; null for nobody."
    )
    queue_id = serializers.CharField(required=False, help_text="Of `queue`.")
    cohort_id = serializers.CharField(required=False, help_text="Of `cohort`: one of chosen sessions.")

    def validate(self, attrs: dict[str, object]) -> dict[str, object]:
        """Return the values. Raise ValidationError unless exactly one of both says which sessions."""
        if ("q" in attrs) == ("session_ids" in attrs):
            raise serializers.ValidationError({"session_ids": ["Give either session_ids or q."]})
        return attrs


class BulkJobShape(serializers.Serializer[None]):
    """An action on many sessions, as far as it is."""

    id = serializers.UUIDField()
    action = text()
    state = serializers.ChoiceField(BulkJob.State.choices)
    requested_at = moment()
    requested_by = text("A person, or the public half of a key.")
    finished_at = moment(is_known=False)
    expected_count = number(f"Sessions selected at first; {BulkJob.MOST_COUNTED:,} also if there were more.")
    seen_count = number("Sessions that are done.")
    changed_count = number("Those of them that were not so already.")
    error = text("Why it ended early.", is_known=False)
