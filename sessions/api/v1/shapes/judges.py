"""Judges, their verdicts, and what they say of a session."""

from typing import Any

from rest_framework import serializers

from sessions.api.v1.shapes.operations import moment, money, number, text
from sessions.models import JudgeRun, JudgeVersion, Verdict
from sessions.models.judges import MAX_JUDGE_NAME_CHARACTERS, MAX_PROMPT_CHARACTERS
from sessions.query.parsing import MAX_QUERY_CHARACTERS

OPTIONAL_QUERY: dict[str, Any] = {"max_length": MAX_QUERY_CHARACTERS, "required": False, "allow_blank": True}
OPTIONAL_ANSWER: dict[str, Any] = {"max_length": 1_000, "required": False, "allow_blank": True}


class JudgeSettingsShape(serializers.Serializer[None]):
    """What is set of a judge; what is left out stays, or is as usual."""

    name = serializers.CharField(max_length=MAX_JUDGE_NAME_CHARACTERS, required=False)
    query = serializers.CharField(help_text="Which sessions it judges; empty is every session.", **OPTIONAL_QUERY)
    quiet_seconds = serializers.IntegerField(required=False, help_text="It waits until nothing new was said for this.")
    sample_percent = serializers.IntegerField(required=False, help_text="Of the sessions, drawn by their ids.")
    score_config_id = serializers.CharField(required=False, help_text="The score config of its answers.")
    monthly_cap = serializers.DecimalField(12, 4, required=False, allow_null=True, help_text="USD; null: no cap.")
    rule = serializers.CharField(help_text="A query, of a judge of the kind rule.", **OPTIONAL_QUERY)
    value = serializers.CharField(help_text="The answer for sessions that match the rule.", **OPTIONAL_ANSWER)
    otherwise = serializers.CharField(help_text="The answer for the others; empty: none.", **OPTIONAL_ANSWER)
    prompt = serializers.CharField(
        max_length=MAX_PROMPT_CHARACTERS, required=False, allow_blank=True, help_text="The question for a model."
    )
    model = serializers.CharField(
        max_length=120, required=False, allow_blank=True, help_text="Empty: the one of the project's settings."
    )


class JudgeChangeShape(JudgeSettingsShape):
    """What is to change of a judge. Another way to decide is a draft until it is switched on."""

    is_on = serializers.BooleanField(required=False, help_text="true puts the latest version in force.")
    is_archived = serializers.BooleanField(required=False, help_text="An archived judge is off.")


class GivenJudgeShape(JudgeSettingsShape):
    """A new judge, which is off."""

    name = serializers.CharField(max_length=MAX_JUDGE_NAME_CHARACTERS)
    score_config_id = serializers.CharField(help_text="The score config of its answers.")
    kind = serializers.ChoiceField(JudgeVersion.Kind.choices)


class JudgeShape(serializers.Serializer[None]):
    """A judge, and how its latest version decides."""

    id = serializers.UUIDField()
    name = text()
    query = text("Which sessions it judges; empty is every session.")
    quiet_seconds = number("It waits until nothing new was said for this.")
    sample_percent = number("Of the sessions, drawn by their ids.")
    score_config_id = text("The score config of its answers.")
    score_name = text("The name of its score.", is_known=False)
    version = number("The one in force; 0 before the first was switched on.")
    latest_version = number("A draft if it is not the one in force.")
    kind = serializers.ChoiceField(JudgeVersion.Kind.choices)
    rule = text("A query; empty if a model is asked.")
    value = text("The answer for sessions that match the rule.")
    otherwise = text("The answer for the others; empty: none.")
    prompt = text("The question for a model; empty for a rule.")
    model = text("Empty: the one of the project's settings.")
    monthly_cap = money("USD; null: no cap.")
    is_on = serializers.BooleanField()
    is_archived = serializers.BooleanField()
    created_at = moment()
    updated_at = moment()


class BackfillParameters(serializers.Serializer[None]):
    """Which sessions of the past."""

    query = serializers.CharField(help_text="Of the judge's scope; empty is all of it.", default="", **OPTIONAL_QUERY)
    sample_percent = serializers.IntegerField(default=100, help_text="Of these, drawn by their ids.")


class GivenBackfillShape(BackfillParameters):
    """A backfill by the version in force."""


class BackfillPriceShape(serializers.Serializer[None]):
    """What a backfill would judge and cost now."""

    session_count = number()
    request_count = number()
    input_tokens = number()
    output_tokens = number()
    cost = money("USD; null: the model has no price.")
    low = money("The cost is above this and below `high` 9 of 10 times; null: unknown, or all sessions were read.")
    high = money()
    left_of_cap = money("USD; null: no cap.")
    minutes = number("At least, as often as the model may be asked.")


class BackfillShape(serializers.Serializer[None]):
    """A backfill, and how far it is."""

    id = serializers.UUIDField()
    version = number()
    query = text()
    sample_percent = number()
    state = serializers.ChoiceField(JudgeRun.State.choices)
    expected_count = number("Sessions to judge when it was ordered.")
    expected_cost = money("USD, as it was said then; null: unknown.")
    done_count = number("Sessions that it has judged.")
    failed_count = number("Sessions that were given up.")
    cost = money("USD, so far; null: unknown.")
    error = text("Why it ended early, or waits.")
    requested_at = moment()
    finished_at = moment(is_known=False)


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
