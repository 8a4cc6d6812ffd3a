"""Cohorts and comparisons."""

from rest_framework import serializers

from sessions.api.v1.shapes.operations import moment, number, text, texts


class CohortShape(serializers.Serializer[None]):
    """A set of sessions under a name."""

    id = serializers.UUIDField()
    name = text()
    description = text()
    is_fixed = serializers.BooleanField(help_text="Whether it lists its sessions; otherwise it is a filter.")
    query_string = text("The parameters of the list of its sessions, if it is a filter.")
    session_count = number()
    counted_at = moment("When the sessions were counted.", is_known=False)
    owner = text("The e-mail address of the person who made it.")
    updated_at = moment()


class ComparedGroupShape(serializers.Serializer[None]):
    """A group of sessions; the first one is the baseline."""

    label = text()  # type: ignore[assignment]
    query_string = text("The parameters of the list of its sessions.")
    session_count = number("The sessions that were read.")


class OverlapShape(serializers.Serializer[None]):
    """Sessions that two groups share."""

    first = number("The place of a group, from 0.")
    second = number("The place of the other.")
    session_count = number()


class GroupNumbersShape(serializers.Serializer[None]):
    """One number of a group."""

    size = number("Sessions that have it.")
    mean = serializers.FloatField(allow_null=True)
    median = serializers.FloatField(allow_null=True)
    p95 = serializers.FloatField(allow_null=True)
    total = text("A decimal text; of a share, the sessions with the value.")
    unknown_count = number("Calls that lack it: while it is not 0, the others are lower bounds.")
    share = serializers.FloatField(allow_null=True, help_text="Of the sessions, from 0 to 1.")


class GroupDifferenceShape(serializers.Serializer[None]):
    """A group against the first one: second minus first."""

    group = number("The place of the group.")
    estimate = serializers.FloatField(allow_null=True)
    low = serializers.FloatField(allow_null=True, help_text="The lower end of the interval.")
    high = serializers.FloatField(allow_null=True, help_text="The upper end of the interval.")
    p = serializers.FloatField(allow_null=True, help_text="Adjusted for the number of tests.")
    is_significant = serializers.BooleanField()


class ComparedNumberShape(serializers.Serializer[None]):
    """A number of sessions, or the share of those with a value."""

    name = text("A property, a score, or `outcome`.")
    value = text("Of a share: the value.", is_known=False)
    statistic = serializers.ChoiceField(["mean", "median", "share"], help_text="What the difference is of.")
    groups = GroupNumbersShape(many=True)
    differences = GroupDifferenceShape(many=True)


class CohortComparisonShape(serializers.Serializer[None]):
    """Groups of sessions side by side."""

    groups = ComparedGroupShape(many=True)
    overlaps = OverlapShape(many=True)
    sample = number("How many sessions each session that was read stands for.")
    test_count = number()
    confidence = serializers.FloatField(help_text="Of the intervals.")
    chosen_by = texts("Properties by which the groups differ because they were chosen by them; not compared.")
    differently_mixed = texts("Properties of which the groups have other shares, which may explain differences.")
    data = ComparedNumberShape(many=True)  # type: ignore[assignment]
