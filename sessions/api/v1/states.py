"""What people set of a session, as a program changes it."""

from collections.abc import Callable
from typing import Any

from rest_framework import serializers
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request

from projects.access import people_of
from sessions.api.v1.versions import MATCH_HEADER, check_match
from sessions.conversations import states
from sessions.conversations.representation import state_json
from sessions.models import SessionState
from sessions.models.state import MAX_LABELS

ASSIGNEE_LENGTH = 254
# The field of the state, and how what is given for it is read.
STATE_READERS: dict[str, tuple[str, Callable[[int, Any], Any]]] = {
    "labels": ("labels", lambda project_id, given: states.read_labels(given)),
    "status": ("status", lambda project_id, given: states.read_status(given or "")),
    "assignee": ("assignee_id", lambda project_id, given: states.read_assignee(project_id, given or "")),
    "title": ("title", lambda project_id, given: states.read_title(given or "")),
    "note": ("note", lambda project_id, given: states.read_note(given or "")),
    "is_bookmarked": ("is_bookmarked", lambda project_id, given: given),
}


class StateSerializer(serializers.Serializer[None]):
    """What people set of a session. What is left out stays; null is no status, nobody, no title and no note."""

    labels = serializers.ListField(child=serializers.CharField(), max_length=MAX_LABELS, required=False)
    status = serializers.CharField(allow_null=True, required=False)
    assignee = serializers.CharField(max_length=ASSIGNEE_LENGTH, allow_null=True, required=False)
    title = serializers.CharField(allow_null=True, allow_blank=True, required=False)
    note = serializers.CharField(allow_null=True, allow_blank=True, trim_whitespace=False, required=False)
    is_bookmarked = serializers.BooleanField(required=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Return the fields. Raise ValidationError for one that does not exist, which must not look like a change."""
        if unknown := [name for name in self.initial_data if name not in self.fields]:
            raise ValidationError({name: ["There is no such field."] for name in unknown})
        if not attrs:
            raise ValidationError({"body": [f"Give one of {', '.join(self.fields)}."]})
        return attrs


def matching(request: Request, edit: states.StateEdit) -> states.StateEdit:
    """Return the edit, which raises Changed where the request names another state than the present one."""

    def checked(state: SessionState) -> None:
        if state.session_id and MATCH_HEADER in request.headers:  # an edit is first tried on an empty state
            state.assignee = people_of(state.project_id).filter(pk=state.assignee_id or 0).first()
            check_match(request, state_json(state))
        edit(state)

    return checked


def read_edit(project_id: int, body: Any) -> states.StateEdit:
    """Return the edit that a body asks for. Raise ValidationError."""
    asked = StateSerializer(data=body)
    asked.is_valid(raise_exception=True)
    values: dict[str, Any] = {}
    for name, given in asked.validated_data.items():
        field, read = STATE_READERS[name]
        try:
            values[field] = read(project_id, given)
        except states.StateRefused as refusal:
            raise ValidationError({name: [str(refusal)]}) from refusal
    return states.setting(**values)
