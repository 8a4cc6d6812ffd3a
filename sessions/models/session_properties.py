"""The declaration of each property of a session."""

from django.contrib.postgres.fields import ArrayField
from django.db import models

from sessions.models import aggregates
from sessions.models.properties import PropertyKind, from_traces
from tracing.models import IdField, cost_field


class SessionProperties(models.Model):
    """The declared properties. Every value is recomputed from the session's traces, never incremented."""

    session_id = from_traces(
        IdField(),
        sql="t.session_id",
        name="id",
        aliases=("session",),
        label="Session",
        help="The id that your code gave to the conversation. It is unique within the project.",
        kind=PropertyKind.ID,
    )
    created_at = from_traces(
        models.DateTimeField(),
        sql="min(t.started_at)",
        label="Started",
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
        help="Time from the start of the first trace to the end of the last one, including waiting, in milliseconds.",
        kind=PropertyKind.DURATION,
        aliases=("duration",),
    )
    active_ms = from_traces(
        models.BigIntegerField(default=0),
        sql=aggregates.ACTIVE,
        label="Active",
        help="The part of the duration during which at least one trace was running, in milliseconds.",
        kind=PropertyKind.DURATION,
        aliases=("active",),
    )
    idle_ms = from_traces(
        models.BigIntegerField(default=0),
        sql=aggregates.IDLE,
        label="Idle",
        help="The rest of the duration, spent waiting between traces, in milliseconds.",
        kind=PropertyKind.DURATION,
        aliases=("idle",),
    )
    environments = from_traces(
        ArrayField(models.TextField(), default=list),
        sql="array_agg(DISTINCT t.environment)",
        trace_values="ARRAY[t.environment::text]",
        label="Environments",
        help="Every environment in which a trace of the session ran.",
        kind=PropertyKind.SET,
        aliases=("env", "environment"),
    )
    user_ids = from_traces(
        ArrayField(models.TextField(), default=list),
        sql="coalesce(array_agg(DISTINCT t.user_id::text) FILTER (WHERE t.user_id IS NOT NULL), '{}')",
        trace_values="ARRAY[t.user_id::text]",
        label="Users",
        help="Every user id in the session's traces.",
        kind=PropertyKind.SET,
        aliases=("user",),
    )
    trace_count = from_traces(
        models.IntegerField(default=0),
        sql="count(*)",
        label="Traces",
        help="Number of traces with this session id.",
        kind=PropertyKind.NUMBER,
        aliases=("traces",),
    )
    turn_count = from_traces(
        models.IntegerField(default=0, db_default=0),
        sql="sum(t.turn_count)",
        label="Turns",
        help="Number of turns: one for each trace, or one for each exchange of a trace that holds a conversation.",
        kind=PropertyKind.NUMBER,
        aliases=("turns",),
    )
    span_count = from_traces(
        models.IntegerField(default=0),
        sql="sum(t.span_count)",
        label="Spans",
        help="Number of spans in these traces.",
        kind=PropertyKind.NUMBER,
        aliases=("spans",),
    )
    error_count = from_traces(
        models.IntegerField(default=0),
        sql="sum(t.error_count)",
        label="Errors",
        help="Number of failed spans. A failure is counted once, where it happened, and not in parents that repeat it.",
        kind=PropertyKind.NUMBER,
        aliases=("errors",),
    )
    input_cost = from_traces(
        cost_field(default=0),
        sql="sum(t.input_cost)",
        label="Input cost",
        help="Cost in USD of the tokens that models read.",
        kind=PropertyKind.MONEY,
    )
    output_cost = from_traces(
        cost_field(default=0),
        sql="sum(t.output_cost)",
        label="Output cost",
        help="Cost in USD of the tokens that models wrote.",
        kind=PropertyKind.MONEY,
    )
    total_cost = from_traces(
        cost_field(default=0),
        sql="sum(t.total_cost)",
        label="Cost",
        help="Cost in USD of all model calls, as reported by the SDK, otherwise computed from model and tokens.",
        kind=PropertyKind.MONEY,
        aliases=("cost",),
    )
    input_tokens = from_traces(
        models.BigIntegerField(default=0),
        sql="sum(t.input_tokens)",
        label="Input tokens",
        help="Tokens that models read, including cached ones. Each call is counted once.",
        kind=PropertyKind.NUMBER,
    )
    output_tokens = from_traces(
        models.BigIntegerField(default=0),
        sql="sum(t.output_tokens)",
        label="Output tokens",
        help="Tokens that models wrote, including reasoning. Each call is counted once.",
        kind=PropertyKind.NUMBER,
    )
    total_tokens = from_traces(
        models.BigIntegerField(default=0),
        sql="sum(t.total_tokens)",
        label="Tokens",
        help="Input and output tokens together, or the reported total if the SDK reports no parts.",
        kind=PropertyKind.NUMBER,
        aliases=("tokens",),
    )
    usage_by_model = from_traces(
        models.JSONField(default=dict),
        sql=aggregates.USAGE_BY_MODEL,
        label="Usage by model",
        help="Calls, tokens and cost for each model.",
        kind=PropertyKind.USAGE,
        aliases=("usage",),
    )
    tags = from_traces(
        ArrayField(models.TextField(), default=list),
        sql=aggregates.TAGS_SQL,
        trace_values="t.tags",
        label="Tags",
        help="Every tag of the session's traces.",
        kind=PropertyKind.SET,
        aliases=("tag",),
    )
    model_names = from_traces(
        ArrayField(models.TextField(), default=list),
        sql=aggregates.MODEL_NAMES,
        trace_values="ARRAY(SELECT jsonb_object_keys(t.usage_by_model))",
        label="Models",
        help="Every model that answered a call in the session.",
        kind=PropertyKind.SET,
        aliases=("model",),
    )
    tool_names = from_traces(
        ArrayField(models.TextField(), default=list),
        sql=aggregates.TOOL_NAMES,
        trace_values="t.tool_names",
        label="Tools",
        help="Every tool that the session called.",
        kind=PropertyKind.SET,
        aliases=("tool",),
    )
    releases = from_traces(
        ArrayField(models.TextField(), default=list),
        sql="coalesce(array_agg(DISTINCT t.release) FILTER (WHERE t.release IS NOT NULL), '{}')",
        trace_values="ARRAY[t.release]",
        label="Releases",
        help="Every release of your application that took part in the session.",
        kind=PropertyKind.SET,
        aliases=("release",),
    )
    unmeasured_count = from_traces(
        models.IntegerField(default=0, db_default=0),
        sql="sum(t.unmeasured_count)",
        label="Calls without usage",
        help="Model calls whose tokens are unknown, because no span reports them.",
        kind=PropertyKind.NUMBER,
        aliases=("unmeasured",),
    )
    unpriced_count = from_traces(
        models.IntegerField(default=0),
        sql="sum(t.unpriced_count)",
        label="Unpriced calls",
        help="Model calls of unknown cost: neither reported by the SDK nor found in the price list.",
        kind=PropertyKind.NUMBER,
        aliases=("unpriced",),
    )
    scores = from_traces(
        models.JSONField(default=dict),
        sql=aggregates.SCORES_SQL,
        label="Scores",
        help="For each score name: the number of scores, their mean, and how often each category was given.",
        kind=PropertyKind.SCORES,
    )
    first_input = from_traces(
        models.TextField(default=""),
        sql=aggregates.FIRST_INPUT,
        label="First input",
        help="The beginning of the session's first input.",
        kind=PropertyKind.TEXT,
        aliases=("input",),
    )
    last_output = from_traces(
        models.TextField(default=""),
        sql=aggregates.LAST_OUTPUT,
        label="Last output",
        help="The beginning of the session's last output.",
        kind=PropertyKind.TEXT,
        aliases=("output",),
    )

    class Meta:
        abstract = True
