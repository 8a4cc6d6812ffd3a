"""Traces, their spans and texts. Every key begins with `project_id`.

There are no foreign keys between these tables, because reports arrive in any order."""

from functools import cached_property

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex, OpClass
from django.db import models

from projects.tenancy import TenantQuerySet
from tracing.models.columns import IdField, cost_field
from tracing.models.fields import CompressedJSONField, CompressedTextField
from tracing.records import Kind, Level


class Trace(models.Model):
    """One turn or run: the spans with the same trace id, summed up in the transaction that stored them."""

    pk = models.CompositePrimaryKey("project_id", "trace_id")
    project_id = models.BigIntegerField()
    trace_id = IdField()
    bucket = models.DateField(help_text="The day of first sight (UTC): the partition of all its spans.")
    received_at = models.DateTimeField(help_text="When the first report arrived.")
    updated_at = models.DateTimeField(help_text="When the last report arrived.")
    # Decided from claims (tracing/store/trace_totals.py)
    session_id = IdField(null=True)
    user_id = IdField(null=True)
    name = models.TextField(null=True)
    environment = models.CharField(max_length=40, default="default")
    release = models.TextField(null=True)
    version = models.TextField(null=True)
    public = models.BooleanField(default=False)
    tags = ArrayField(models.TextField(), default=list)
    metadata = models.JSONField(default=dict)
    claims = models.JSONField(default=dict, help_text="What was reported about the trace outside any span.")
    # Summed up from spans
    started_at = models.DateTimeField()
    ended_at = models.DateTimeField()
    root_span_id = IdField(null=True)
    input_span_id = IdField(
        null=True, help_text="The span whose input is the trace's; null if there is none, or a claim has it."
    )
    output_span_id = IdField(null=True)
    input_preview = models.TextField(default="", help_text="At most 500 characters of what was asked.")
    output_preview = models.TextField(default="")
    span_count = models.IntegerField(default=0)
    call_count = models.IntegerField(default=0, help_text="Model calls: spans whose usage, cost or failure counts.")
    error_count = models.IntegerField(default=0, help_text="Failed calls, not the ancestors that repeat the failure.")
    unmeasured_count = models.IntegerField(
        default=0, db_default=0, help_text="Model calls whose tokens nobody reported."
    )
    unpriced_count = models.IntegerField(default=0, help_text="Model calls whose cost is unknown.")
    input_tokens = models.BigIntegerField(default=0)
    output_tokens = models.BigIntegerField(default=0)
    total_tokens = models.BigIntegerField(default=0)
    input_cost = cost_field(default=0)
    output_cost = cost_field(default=0)
    total_cost = cost_field(default=0)
    usage_by_model = models.JSONField(default=dict)
    tool_names = ArrayField(models.TextField(), default=list)
    latencies = models.JSONField(
        default=dict,
        db_default={},
        help_text="How long its model calls took: counts by slot (tracing/store/latency.py).",
    )
    left_out = models.JSONField(
        default=dict,
        help_text="What wrappers repeated of the calls inside them (total_tokens, total_cost, error_count: not counted)"
        " and what they said beyond these calls (not_itemised_tokens, not_itemised_cost: counted); and what is counted"
        " at another seller's price (guessed_count, guessed_cost), or too much if reports that grow are running totals"
        " (doubtful_tokens, doubtful_cost).",
    )
    run_reports = models.JSONField(
        null=True,
        help_text="What spans above model calls report, and what these calls report (tracing/store/running_totals.py).",
    )
    has_open_run = models.BooleanField(
        default=False, db_default=False, help_text="Some of these reports may be running totals over several traces."
    )
    earlier_use = models.JSONField(
        null=True, help_text="What running totals of this trace repeat of traces before it (tracing/store/earlier.py)."
    )
    repeat_count = models.IntegerField(
        default=0, help_text="Reports that said nothing new, such as an exporter's retry."
    )
    turn_count = models.IntegerField(default=1, db_default=1, help_text="Exchanges of a conversation, otherwise 1.")
    exchanges = models.JSONField(
        null=True, help_text="Of a trace with several turns: each one's texts, times and sums, in order."
    )
    content_hash = models.BigIntegerField(
        null=True, help_text="Of all its spans' texts: tells whether it still says the same."
    )
    rollup_due = models.BooleanField(
        default=False, help_text="Too large to sum up while storing, so the worker does it."
    )

    objects = TenantQuerySet.as_manager()

    place = 0  # of a turn within its trace
    exchange_span_id = ""  # the span that began it, if it is a part of its trace

    class Meta:
        db_table = "trace"
        indexes = [
            models.Index(
                fields=["project_id", "session_id", "started_at"],
                name="trace_session",
                condition=models.Q(session_id__isnull=False),
            ),
            models.Index(
                fields=["project_id", "session_id"], name="trace_open_run", condition=models.Q(has_open_run=True)
            ),
            models.Index("project_id", models.F("started_at").desc(), models.F("trace_id").desc(), name="trace_time"),
            models.Index(fields=["bucket", "project_id"], name="trace_bucket"),
            # Without a pending list, which the request that fills it would have to empty.
            GinIndex("project_id", OpClass("metadata", "jsonb_path_ops"), name="trace_metadata", fastupdate=False),
        ]

    def __str__(self) -> str:
        return self.name or self.trace_id

    @cached_property
    def turn_id(self) -> str:
        """Return the id of the turn that the trace is; a turn that is a part of a trace has one of its own."""
        trace_id: str = self.trace_id
        return trace_id

    @cached_property
    def whole(self) -> "Trace":
        """Return the trace of which a turn is a part (tracing/reading/exchanges.py), otherwise the trace itself."""
        return self

    @property
    def duration_ms(self) -> int:
        """Return the time from the first start to the last end."""
        return round((self.ended_at - self.started_at).total_seconds() * 1000)


class Span(models.Model):
    """One step of a trace, such as a model call or a tool call. Partitioned by the month of `bucket`."""

    pk = models.CompositePrimaryKey("project_id", "bucket", "trace_id", "span_id")
    project_id = models.BigIntegerField()
    bucket = models.DateField()
    trace_id = IdField()
    span_id = IdField()
    parent_id = IdField(null=True)
    is_root = models.BooleanField(default=False)
    name = models.TextField(null=True)
    kind = models.SmallIntegerField(choices=[(kind.value, kind.name.lower()) for kind in Kind], null=True)
    level = models.SmallIntegerField(choices=[(level.value, level.name.lower()) for level in Level], null=True)
    status_message = models.TextField(null=True)
    started_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    completion_started_at = models.DateTimeField(null=True)
    provider = models.TextField(null=True)
    model = models.TextField(null=True)
    input_tokens = models.BigIntegerField(null=True)
    output_tokens = models.BigIntegerField(null=True)
    total_tokens = models.BigIntegerField(null=True)
    cached_tokens = models.BigIntegerField(null=True)
    cache_write_tokens = models.BigIntegerField(null=True)
    reasoning_tokens = models.BigIntegerField(null=True)
    input_cost = cost_field(null=True)
    output_cost = cost_field(null=True)
    total_cost = cost_field(null=True)
    stated_costs = models.SmallIntegerField(
        default=0, help_text="Bits: 1 input, 2 output, 4 total; others were computed. 8: at another seller's price."
    )
    input_size = models.IntegerField(null=True, help_text="True length in characters, also when the text was cut.")
    output_size = models.IntegerField(null=True)
    response_id = models.TextField(null=True, help_text="The model provider's id of the answer.")
    scope = models.TextField(null=True, help_text="The instrumentation that reports the span.")
    price_details = models.JSONField(
        null=True, help_text="Parts of the usage that have prices of their own, and the service tier."
    )
    claims = models.JSONField(null=True)
    text_hash = models.BigIntegerField(
        null=True, help_text="Of the last report's texts: tells a repeat from a correction."
    )
    said = models.JSONField(null=True, help_text="Client time of each field's last report, in microseconds.")
    received_at = models.DateTimeField()

    objects = TenantQuerySet.as_manager()

    class Meta:
        db_table = "span"

    def __str__(self) -> str:
        return self.name or self.span_id

    @property
    def duration_ms(self) -> int | None:
        """Return the duration, or None if a time is missing."""
        if self.started_at is None or self.ended_at is None:
            return None
        return round((self.ended_at - self.started_at).total_seconds() * 1000)


class SpanIO(models.Model):
    """The long texts of a span, apart from the values that sums need. Partitioned like Span."""

    pk = models.CompositePrimaryKey("project_id", "bucket", "trace_id", "span_id")
    project_id = models.BigIntegerField()
    bucket = models.DateField()
    trace_id = IdField()
    span_id = IdField()
    input = CompressedTextField(null=True)
    output = CompressedTextField(null=True)
    raw = CompressedJSONField(null=True)

    objects = TenantQuerySet.as_manager()

    class Meta:
        db_table = "span_io"

    def __str__(self) -> str:
        return str(self.span_id)
