"""Alerts, their firings and their channels."""

from typing import Any

from rest_framework import serializers

from sessions.api.v1.shapes.operations import anything, moment, number, text
from sessions.models import AlertChannel, AlertKind, AlertPace, AlertState
from sessions.models.alerts import MAX_ALERT_NAME_CHARACTERS
from sessions.query.parsing import MAX_QUERY_CHARACTERS

BOUND: dict[str, Any] = {"max_digits": 24, "decimal_places": 9, "allow_null": True, "required": False}


def exact(help_text: str = "") -> serializers.CharField:
    """Return the field of a number as a decimal text, never rounded; null where there is none."""
    return serializers.RegexField(r"^-?\d+(\.\d+)?$", help_text=help_text, allow_null=True)


class ActionShape(serializers.Serializer[None]):
    """What a rule does to the sessions that enter."""

    action = serializers.CharField(help_text="A bulk action, such as label or queue.")
    argument = serializers.CharField(required=False, allow_blank=True, help_text="The label, the queue's id, ...")
    share = serializers.IntegerField(required=False, help_text="Percent of the sessions.")


class AlertChangeShape(serializers.Serializer[None]):
    """What is to change of an alert; what is left out stays."""

    name = serializers.CharField(max_length=MAX_ALERT_NAME_CHARACTERS, required=False)
    query = serializers.CharField(max_length=MAX_QUERY_CHARACTERS, required=False, allow_blank=True)
    among = serializers.CharField(max_length=MAX_QUERY_CHARACTERS, required=False, allow_blank=True)
    measure = serializers.CharField(required=False, max_length=200, help_text="share, a measure, or score:NAME.")
    window_minutes = serializers.IntegerField(required=False)
    is_above = serializers.BooleanField(required=False)
    is_relative = serializers.BooleanField(required=False, help_text="Whether the bound is a change.")
    bound = serializers.DecimalField(**BOUND)
    least_sessions = serializers.IntegerField(required=False)
    recovery_bound = serializers.DecimalField(**BOUND)
    recovery_minutes = serializers.IntegerField(required=False)
    pace = serializers.ChoiceField(AlertPace.choices, required=False)
    tells_end = serializers.BooleanField(required=False)
    quotes = serializers.BooleanField(required=False, help_text="Whether messages may contain what was said.")
    channel_ids = serializers.ListField(child=serializers.UUIDField(), required=False)
    actions = ActionShape(many=True, required=False)
    days = serializers.ListField(child=serializers.IntegerField(), required=False)
    from_hour = serializers.IntegerField(required=False)
    until_hour = serializers.IntegerField(required=False)
    is_on = serializers.BooleanField(required=False)


class GivenAlertShape(AlertChangeShape):
    """A new alert."""

    name = serializers.CharField(max_length=MAX_ALERT_NAME_CHARACTERS)
    kind = serializers.ChoiceField(AlertKind.choices)


class AlertShape(serializers.Serializer[None]):
    """An alert, and how it stands."""

    id = serializers.UUIDField()
    name = text()
    kind = serializers.ChoiceField(AlertKind.choices)
    query = text()
    among = text("Of a share: the query of the whole.")
    measure = text()
    window_minutes = number()
    is_above = serializers.BooleanField()
    is_relative = serializers.BooleanField()
    bound = exact()
    least_sessions = number()
    recovery_bound = exact()
    recovery_minutes = number()
    pace = serializers.ChoiceField(AlertPace.choices)
    tells_end = serializers.BooleanField()
    quotes = serializers.BooleanField()
    channel_ids = serializers.ListField(child=serializers.UUIDField())
    actions = anything("What is done to the sessions.")
    days = serializers.ListField(child=serializers.IntegerField())
    from_hour = number()
    until_hour = number()
    is_on = serializers.BooleanField()
    state = serializers.ChoiceField(AlertState.choices)
    state_since = moment()
    value = exact("The number at the last look.")
    session_count = number("Sessions in that number.")
    checked_at = moment(is_known=False)
    muted_until = moment(is_known=False)
    fault = text("Why it could not be evaluated; empty when it could.")
    missed_count = number("Changes of sessions that could not be looked at.")
    created_at = moment()
    updated_at = moment()


class FiringShape(serializers.Serializer[None]):
    """One time that an alert fired. `firing=` and its id ask the list of sessions for exactly those of it."""

    id = serializers.UUIDField()
    alert_id = serializers.UUIDField()
    began_at = moment()
    ended_at = moment(is_known=False)
    told_at = moment("When its messages were made.", is_known=False)
    value = exact()
    bound = exact()
    measured_count = number("Sessions in the number.")
    session_count = number("Sessions that it is about.")


class GivenChannelShape(serializers.Serializer[None]):
    """A new channel."""

    name = serializers.CharField(max_length=MAX_ALERT_NAME_CHARACTERS)
    kind = serializers.ChoiceField(AlertChannel.Kind.choices)
    url = serializers.CharField(required=False, help_text="Of a webhook, Slack or Teams.")
    user_ids = serializers.ListField(child=serializers.IntegerField(), required=False, help_text="Of mail: members.")


class ChannelShape(serializers.Serializer[None]):
    """A channel; its address is never answered."""

    id = serializers.UUIDField()
    name = text()
    kind = serializers.ChoiceField(AlertChannel.Kind.choices)
    user_ids = serializers.ListField(child=serializers.IntegerField())
    host = text()
    created_at = moment()
    updated_at = moment()


class NewChannelShape(ChannelShape):
    """A new channel, with the secret of its signatures, which is not answered again."""

    secret = text("Empty but for a webhook.")
