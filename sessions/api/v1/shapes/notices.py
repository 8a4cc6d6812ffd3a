"""What people were told."""

from rest_framework import serializers

from projects.models import NoticeKind
from sessions.api.v1.shapes.operations import moment, number, text


class NoticeShape(serializers.Serializer[None]):
    """One notice of a person. It names ids, and none of what was said."""

    id = serializers.UUIDField()
    kind = serializers.ChoiceField(NoticeKind.choices)
    actor = text("The address of a person, or the name of a program or rule.")
    said = text("What the inbox says.")
    url = text("The page that it is about.")
    object_type = text("SESSION, TRACE or OBSERVATION; empty for several sessions.")
    object_id = text()
    trace_id = text("The trace of a span.", is_known=False)
    comment_id = text(is_known=False)
    queue_id = text(is_known=False)
    firing_id = serializers.UUIDField(allow_null=True)
    session_count = number()
    created_at = moment()
    read_at = moment(is_known=False)


class NoticeChangeShape(serializers.Serializer[None]):
    """Whether it was read."""

    is_read = serializers.BooleanField()
