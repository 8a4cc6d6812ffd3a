"""Judges, their verdicts, and what they say of a session."""

from rest_framework import serializers

from sessions.api.v1.shapes.operations import moment, money, number, text
from sessions.models import JudgeVersion, Verdict


class JudgeShape(serializers.Serializer[None]):
    """A judge with the version in force, or with its first draft."""

    id = serializers.UUIDField()
    name = text()
    query = text("Which sessions it judges; empty is every session.")
    quiet_seconds = number("It waits until nothing new was said for this.")
    sample_percent = number("Of the sessions, drawn by their ids.")
    score_config_id = text("The score config of its answers.")
    score_name = text("The name of its score.", is_known=False)
    version = number("0 before the first was switched on.")
    kind = serializers.ChoiceField(JudgeVersion.Kind.choices, allow_null=True)
    monthly_cap = money("USD; null: no cap.")
    is_on = serializers.BooleanField()
    is_archived = serializers.BooleanField()
    created_at = moment()
    updated_at = moment()


class VerdictShape(serializers.Serializer[None]):
    """What a version of a judge answered about one state of a session, or how far it is with that."""

    judge_id = serializers.UUIDField()
    session_id = text()
    version = number()
    state = serializers.ChoiceField(Verdict.State.choices)
    is_current = serializers.BooleanField(help_text="Whether the session's score repeats it.")
    answer = text("In words; empty while there is none.")
    reason = text()
    turns = serializers.ListField(child=serializers.IntegerField(), help_text="Numbers of the turns that it rests on.")
    model = text("Empty for a rule.")
    part_count = number("The parts in which the conversation was read.")
    input_tokens = number(is_known=False)
    output_tokens = number(is_known=False)
    cost = money("USD, of all attempts; null: unknown, or a rule.")
    attempt_count = number()
    error = text("Why it failed, or waits.")
    created_at = moment()
    finished_at = moment(is_known=False)


class StandingShape(serializers.Serializer[None]):
    """What a judge says of a session now, or why it says nothing."""

    judge_id = serializers.UUIDField()
    judge_name = text()
    answer = text("In words; empty if the present state of the session is not judged.")
    reason = text("The reason of the answer, or why there is none.")
    former_answer = text("The last answer about an earlier state, or by an earlier version.", is_known=False)


class StandingParameters(serializers.Serializer[None]):
    """Which session."""

    session_id = serializers.CharField()
