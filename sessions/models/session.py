"""The product's noun: a session is the traces of one project that carry the same session id."""

from django.contrib.postgres.fields import ArrayField
from django.db import models

from projects.tenancy import TenantQuerySet
from sessions.models import aggregates
from sessions.models.indexes import INDEXES
from sessions.models.properties import PropertyKind, from_traces
from tracing.models import IdField, cost_field


class Session(models.Model):
    """A whole conversation: every number here is recomputed from its traces, never incremented."""

    pk = models.CompositePrimaryKey("project_id", "session_id")
    project_id = models.BigIntegerField()
    session_id = from_traces(
        IdField(),
        sql="t.session_id",
        name="id",
        aliases=("session",),
        label="Session",
        help="The id that your code gave the conversation. Unique within the project.",
        kind=PropertyKind.ID,
    )
    created_at = from_traces(
        models.DateTimeField(),
        sql="min(t.started_at)",
        label="Created at",
        help="When the first trace of the session started.",
        kind=PropertyKind.TIME,
        aliases=("created", "started"),
    )
    updated_at = from_traces(
        models.DateTimeField(),
        sql="max(t.ended_at)",
        label="Last activity",
        help="When the last span of the session ended.",
        kind=PropertyKind.TIME,
        aliases=("updated", "ended"),
    )
    duration_ms = from_traces(
        models.BigIntegerField(),
        sql=aggregates.DURATION,
        label="Duration",
        help="From the start of the first trace to the end of the last, waiting included, in milliseconds.",
        kind=PropertyKind.DURATION,
        aliases=("duration",),
    )
    active_ms = from_traces(
        models.BigIntegerField(default=0),
        sql=aggregates.ACTIVE,
        label="Active",
        help="The part of the duration in which at least one trace was running, in milliseconds.",
        kind=PropertyKind.DURATION,
        aliases=("active",),
    )
    idle_ms = from_traces(
        models.BigIntegerField(default=0),
        sql=aggregates.IDLE,
        label="Idle",
        help="The rest of the duration: waiting between traces, in milliseconds.",
        kind=PropertyKind.DURATION,
        aliases=("idle",),
    )
    environments = from_traces(
        ArrayField(models.TextField(), default=list),
        sql="array_agg(DISTINCT t.environment)",
        label="Environments",
        help="Every environment that a trace of the session ran in.",
        kind=PropertyKind.SET,
        aliases=("env", "environment"),
    )
    user_ids = from_traces(
        ArrayField(models.TextField(), default=list),
        sql="coalesce(array_agg(DISTINCT t.user_id::text) FILTER (WHERE t.user_id IS NOT NULL), '{}')",
        label="Users",
        help="Every user id that a trace of the session carries.",
        kind=PropertyKind.SET,
        aliases=("user",),
    )
    trace_count = from_traces(
        models.IntegerField(default=0),
        sql="count(*)",
        label="Traces",
        help="How many traces carry this session id.",
        kind=PropertyKind.NUMBER,
        aliases=("traces", "turns"),
    )
    span_count = from_traces(
        models.IntegerField(default=0),
        sql="sum(t.span_count)",
        label="Spans",
        help="How many spans these traces have.",
        kind=PropertyKind.NUMBER,
        aliases=("spans",),
    )
    error_count = from_traces(
        models.IntegerField(default=0),
        sql="sum(t.error_count)",
        label="Errors",
        help="Failed steps. A failure is counted where it happened, not again at each ancestor that repeats it.",
        kind=PropertyKind.NUMBER,
        aliases=("errors",),
    )
    input_cost = from_traces(
        cost_field(default=0),
        sql="sum(t.input_cost)",
        label="Input cost",
        help="USD for the tokens that models read.",
        kind=PropertyKind.MONEY,
    )
    output_cost = from_traces(
        cost_field(default=0),
        sql="sum(t.output_cost)",
        label="Output cost",
        help="USD for the tokens that models wrote.",
        kind=PropertyKind.MONEY,
    )
    total_cost = from_traces(
        cost_field(default=0),
        sql="sum(t.total_cost)",
        label="Total cost",
        help="USD of all model calls: as the SDK stated it, otherwise computed from model and tokens.",
        kind=PropertyKind.MONEY,
        aliases=("cost",),
    )
    input_tokens = from_traces(
        models.BigIntegerField(default=0),
        sql="sum(t.input_tokens)",
        label="Input tokens",
        help="Tokens that models read, cached ones included, each call counted once.",
        kind=PropertyKind.NUMBER,
    )
    output_tokens = from_traces(
        models.BigIntegerField(default=0),
        sql="sum(t.output_tokens)",
        label="Output tokens",
        help="Tokens that models wrote, reasoning included, each call counted once.",
        kind=PropertyKind.NUMBER,
    )
    total_tokens = from_traces(
        models.BigIntegerField(default=0),
        sql="sum(t.total_tokens)",
        label="Total tokens",
        help="Input and output tokens together, or the total that the SDK stated when it gave no parts.",
        kind=PropertyKind.NUMBER,
        aliases=("tokens",),
    )
    usage_by_model = from_traces(
        models.JSONField(default=dict),
        sql=aggregates.USAGE_BY_MODEL,
        label="Usage by model",
        help="Calls, tokens and cost of each model.",
        kind=PropertyKind.USAGE,
        aliases=("usage",),
    )
    tags = from_traces(
        ArrayField(models.TextField(), default=list),
        sql=aggregates.TAGS_SQL,
        label="Trace tags",
        help="Every tag that a trace of the session carries.",
        kind=PropertyKind.SET,
        aliases=("tag",),
    )
    model_names = from_traces(
        ArrayField(models.TextField(), default=list),
        sql=aggregates.MODEL_NAMES,
        label="Models",
        help="Every model that answered a call of the session.",
        kind=PropertyKind.SET,
        aliases=("model",),
    )
    tool_names = from_traces(
        ArrayField(models.TextField(), default=list),
        sql=aggregates.TOOL_NAMES,
        label="Tools",
        help="Every tool that the session called.",
        kind=PropertyKind.SET,
        aliases=("tool",),
    )
    releases = from_traces(
        ArrayField(models.TextField(), default=list),
        sql="coalesce(array_agg(DISTINCT t.release) FILTER (WHERE t.release IS NOT NULL), '{}')",
        label="Releases",
        help="Every release of your application that served the session.",
        kind=PropertyKind.SET,
        aliases=("release",),
    )
    unpriced_count = from_traces(
        models.IntegerField(default=0),
        sql="sum(t.unpriced_count)",
        label="Unpriced calls",
        help="Model calls whose cost is unknown: neither stated by the SDK nor found in the price list.",
        kind=PropertyKind.NUMBER,
        aliases=("unpriced",),
    )
    scores = from_traces(
        models.JSONField(default=dict),
        sql=aggregates.SCORES_SQL,
        label="Scores",
        help="Of each score's name: how many there are, their mean, and how often each category was given.",
        kind=PropertyKind.SCORES,
    )
    first_input = from_traces(
        models.TextField(default=""),
        sql=aggregates.FIRST_INPUT,
        label="First input",
        help="The beginning of what was said first.",
        kind=PropertyKind.TEXT,
        aliases=("input",),
    )
    last_output = from_traces(
        models.TextField(default=""),
        sql=aggregates.LAST_OUTPUT,
        label="Last output",
        help="The beginning of what was answered last.",
        kind=PropertyKind.TEXT,
        aliases=("output",),
    )
    computed_at = models.DateTimeField()

    objects = TenantQuerySet.as_manager()

    class Meta:
        db_table = "session"
        indexes = INDEXES

    def __str__(self) -> str:
        return str(self.session_id)
