"""Deletions, exports, translations, numbers of many sessions, and who asks."""

from rest_framework import serializers

from projects.models import Role, Scope
from sessions.api.v1.shapes.conversations import ModelUsageShape
from sessions.api.v1.shapes.operations import anything, moment, money, number, text, texts
from sessions.models import Erasure, ExportFile
from tracing.reading.explained import IssueEffect


class ErasureShape(serializers.Serializer[None]):
    """What was deleted."""

    id = serializers.UUIDField()
    subject = serializers.ChoiceField(Erasure.Subject.choices)
    key = text("The id; of a person, a pseudonym once it is done.")
    requested_at = moment()
    finished_at = moment("Null while a worker has it.", is_known=False)
    expected_traces = number()
    trace_count = number()
    span_count = number()
    score_count = number()
    session_count = number("Sessions that lost traces.")


class ExportFileShape(serializers.Serializer[None]):
    """An export as a file."""

    id = serializers.UUIDField()
    state = serializers.ChoiceField(ExportFile.State.choices)
    format = text()
    requested_at = moment()
    finished_at = moment(is_known=False)
    deleted_at = moment("When the file will be deleted.", is_known=False)
    row_count = number(is_known=False)
    size = number("Bytes.", is_known=False)
    sha256 = text(is_known=False)
    file = text("The address of the file, once it is ready.", is_known=False)
    error = text(is_known=False)


class TranslationShape(serializers.Serializer[None]):
    """A translation of a trace, as far as it is."""

    trace_id = text()
    to = text("The language.")
    provider = text()
    state = text()
    done = number("Texts that are translated.")
    total = number("All texts.")
    error_code = text(is_known=False)
    error = text(is_known=False)
    kept = number("Texts that stayed as they were.")
    left_out = number("Characters beyond the budget.")
    input = text(is_known=False)
    output = text(is_known=False)
    status_url = text()


# `from` is a word of Python.
TranslationShape._declared_fields["from"] = texts("The languages that were found.")


class IssueShape(serializers.Serializer[None]):
    """What was rejected, cut or dropped for one reason, of one SDK."""

    reason = text()
    title = text()
    effect = serializers.ChoiceField([effect.name.lower() for effect in IssueEffect])
    lost = text("What happened to the data.")
    advice = text("What to do.")
    sdk_name = text()
    sdk_version = text()
    count = number()
    sample = text("The latest value, cut.")
    trace_ids = texts("The latest traces.")
    first_seen = moment()
    last_seen = moment()


class ExplainedTotalsShape(serializers.Serializer[None]):
    """The totals that are explained."""

    trace_count = number()
    call_count = number("Model calls.")
    total_tokens = number(is_known=False)
    total_cost = money()
    unmeasured_count = number("Model calls that reported no usage: tokens are then lower bounds.")
    unpriced_count = number("Model calls without a known cost: costs are then lower bounds.")


class ExplanationLineShape(serializers.Serializer[None]):
    """One correction or one doubt."""

    name = text()
    value = text("A decimal text.")
    meaning = text()


class ExplanationShape(serializers.Serializer[None]):
    """What the numbers of a session consist of."""

    session_id = text()
    totals = ExplainedTotalsShape()
    usage_by_model = serializers.DictField(child=ModelUsageShape())
    unpriced_models = texts("Models whose price is unknown.")
    data = ExplanationLineShape(many=True)  # type: ignore[assignment]


class StepShape(serializers.Serializer[None]):
    """A total of one hour or day."""

    start = moment()
    end = moment()
    total = anything()
    unknown_count = number()


class MetricRowShape(serializers.Serializer[None]):
    """A total, of all sessions or of those with a value."""

    value = text("The value of the split.", is_known=False)
    total = anything("A number, or for money a decimal text; null if nothing of it is known.")
    unknown_count = number("Calls that the total lacks: while it is not 0, the total is a lower bound.")
    steps = StepShape(many=True, required=False)


class MetricShape(serializers.Serializer[None]):
    """One measure of sessions."""

    measure = text()
    unit = serializers.ChoiceField(["count", "usd", "ms", "share", "number"])
    split = text(is_known=False)
    to = moment()
    data = MetricRowShape(many=True)  # type: ignore[assignment]
    value_count = number("How many values there are.")
    sample = number("How many sessions each session that was read stands for.")


MetricShape._declared_fields["from"] = moment()


class ProjectShape(serializers.Serializer[None]):
    """A project."""

    id = number()
    name = text()
    organization = text()
    archived_at = moment(is_known=False)


class KeyShape(serializers.Serializer[None]):
    """A key, without its secret."""

    name = text()
    public_key = text()
    owner = text("The person whose key it is; null for a key of the project.", is_known=False)
    role = serializers.ChoiceField(Role.choices, allow_null=True, help_text="What the person may do in the project.")
    scopes = serializers.ListField(child=serializers.ChoiceField(Scope.choices))
    expires_at = moment(is_known=False)


class LimitsShape(serializers.Serializer[None]):
    """What a key may send; null where there is no limit."""

    requests_per_second = number(is_known=False)
    monthly_spans = number(is_known=False)
    monthly_spans_used = number(is_known=False)


class MeShape(serializers.Serializer[None]):
    """The key of a request: its project, its scopes and its limits."""

    project = ProjectShape()
    key = KeyShape()
    limits = LimitsShape()


class EndUserShape(serializers.Serializer[None]):
    """An end user of the product, with the sums of their sessions."""

    id = text()
    session_count = number()
    first_seen_at = moment()
    last_seen_at = moment()
    trace_count = number()
    total_tokens = number(is_known=False)
    total_cost = money()
    error_count = number("Failed spans.")
    unmeasured_count = number("Model calls that reported no usage: tokens are then lower bounds.")
    unpriced_count = number("Model calls without a known cost: costs are then lower bounds.")
    score = serializers.FloatField(allow_null=True, help_text="The mean of the score that was asked for.")


class CurrentPriceShape(serializers.Serializer[None]):
    """What a million tokens of a model cost now, in USD."""

    seller = text("Whose price it is in the price list; null for the project's own price.", is_known=False)
    input_price = money()
    output_price = money()
    cached_price = money("Of tokens read from a cache.")
    cache_write_price = money("Of tokens written to a cache.")


class ModelInUseShape(ModelUsageShape):
    """A model, with what it did in the sessions that match."""

    model = text()
    session_count = number("Sessions in which it answered.")
    price = CurrentPriceShape(allow_null=True, help_text="Null if nobody lists a price.")


class SavedViewShape(serializers.Serializer[None]):
    """A state of the list of sessions under a name."""

    id = serializers.UUIDField()
    name = text()
    query = text("The parameters of the list of sessions.")
    columns = texts()
    is_shared = serializers.BooleanField(help_text="Whether everybody in the project sees it.")
    is_default = serializers.BooleanField(help_text="Whether the project's list opens with it.")
    owner = text("The e-mail address of the person who saved it.")
    updated_at = moment()


class PriceShape(serializers.Serializer[None]):
    """A price that the project set itself, in USD for a million tokens."""

    id = text()
    pattern = text("The name of a model; * stands for anything.")
    starts_on = serializers.DateField(allow_null=True, help_text="The first day (UTC); null: always.")
    above_input_tokens = number("For calls that read more tokens than this.")
    input_price = money()
    output_price = money()
    cached_price = money("Of tokens read from a cache; null: as input.")
    cache_write_price = money("Of tokens written to a cache; null: as input.")
