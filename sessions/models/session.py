"""The product's noun: a session is the traces of one project that carry the same session id."""

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models

from projects.tenancy import TenantQuerySet
from sessions.properties import PropertyKind, from_traces
from tracing.models import IdField, cost_field

# Traces of one session, merged model by model. `t` is the trace table grouped by project_id and session_id.
USAGE_BY_MODEL = """coalesce((
    SELECT jsonb_object_agg(model, totals) FROM (
        SELECT model, jsonb_build_object(
            'call_count', sum((u->>'call_count')::bigint),
            'input_tokens', sum((u->>'input_tokens')::bigint),
            'output_tokens', sum((u->>'output_tokens')::bigint),
            'total_tokens', sum((u->>'total_tokens')::bigint),
            'cached_tokens', sum((u->>'cached_tokens')::bigint),
            'cache_write_tokens', sum((u->>'cache_write_tokens')::bigint),
            'reasoning_tokens', sum((u->>'reasoning_tokens')::bigint),
            'unpriced_count', sum((u->>'unpriced_count')::bigint),
            'input_cost', sum((u->>'input_cost')::numeric)::text,
            'output_cost', sum((u->>'output_cost')::numeric)::text,
            'total_cost', sum((u->>'total_cost')::numeric)::text) AS totals
        FROM trace m CROSS JOIN LATERAL jsonb_each(m.usage_by_model) AS e(model, u)
        WHERE m.project_id = t.project_id AND m.session_id = t.session_id
        GROUP BY model) merged), '{}'::jsonb)"""


DURATION = "round(extract(epoch FROM max(t.ended_at) - min(t.started_at)) * 1000)::bigint"
# The union of the traces' intervals, so that what runs side by side counts once.
ACTIVE = """(SELECT round(sum(extract(epoch FROM upper(r) - lower(r))) * 1000)::bigint
    FROM unnest(range_agg(tstzrange(t.started_at, t.ended_at, '[]'))) AS r)"""


# What sessions/rollup.py has just summed up, name by name.
SCORES = """coalesce((
    SELECT jsonb_object_agg(n.name, jsonb_build_object('count', n.count, 'mean', n.mean, 'shares', n.shares))
    FROM session_score n WHERE n.project_id = t.project_id AND n.session_id = t.session_id), '{}'::jsonb)"""


# Every sort that is offered has an index, so that any page of two million sessions is one short walk.
ORDERS = {
    "updated_at": "updated",
    "created_at": "created",
    "duration_ms": "duration",
    "active_ms": "active",
    "idle_ms": "idle",
    "trace_count": "traces",
    "span_count": "spans",
    "error_count": "errors_most",
    "input_cost": "input_cost",
    "output_cost": "output_cost",
    "total_cost": "cost",
    "input_tokens": "input_tokens",
    "output_tokens": "output_tokens",
    "total_tokens": "tokens",
    "unpriced_count": "unpriced",
}
SETS = ("tags", "user_ids", "environments", "model_names", "tool_names", "releases")


def in_order(column: str, *, name: str) -> models.Index:
    return models.Index("project_id", models.F(column).desc(), models.F("session_id").desc(), name=name)


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
        sql=DURATION,
        label="Duration",
        help="From the start of the first trace to the end of the last, waiting included, in milliseconds.",
        kind=PropertyKind.DURATION,
        aliases=("duration",),
    )
    active_ms = from_traces(
        models.BigIntegerField(default=0),
        sql=ACTIVE,
        label="Active",
        help="The part of the duration in which at least one trace was running, in milliseconds.",
        kind=PropertyKind.DURATION,
        aliases=("active",),
    )
    idle_ms = from_traces(
        models.BigIntegerField(default=0),
        sql=f"{DURATION} - {ACTIVE}",
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
        sql=USAGE_BY_MODEL,
        label="Usage by model",
        help="Calls, tokens and cost of each model.",
        kind=PropertyKind.USAGE,
        aliases=("usage",),
    )
    tags = from_traces(
        ArrayField(models.TextField(), default=list),
        sql="coalesce((SELECT array_agg(DISTINCT tag ORDER BY tag) FROM trace g CROSS JOIN LATERAL unnest(g.tags) tag"
        " WHERE g.project_id = t.project_id AND g.session_id = t.session_id), '{}')",
        label="Trace tags",
        help="Every tag that a trace of the session carries.",
        kind=PropertyKind.SET,
        aliases=("tag",),
    )
    model_names = from_traces(
        ArrayField(models.TextField(), default=list),
        sql="coalesce((SELECT array_agg(DISTINCT model ORDER BY model) FROM trace g"
        " CROSS JOIN LATERAL jsonb_object_keys(g.usage_by_model) model"
        " WHERE g.project_id = t.project_id AND g.session_id = t.session_id), '{}')",
        label="Models",
        help="Every model that answered a call of the session.",
        kind=PropertyKind.SET,
        aliases=("model",),
    )
    tool_names = from_traces(
        ArrayField(models.TextField(), default=list),
        sql="coalesce((SELECT array_agg(DISTINCT tool ORDER BY tool) FROM trace g CROSS JOIN LATERAL"
        " unnest(g.tool_names) tool WHERE g.project_id = t.project_id AND g.session_id = t.session_id), '{}')",
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
        sql=SCORES,
        label="Scores",
        help="Of each score's name: how many there are, their mean, and how often each category was given.",
        kind=PropertyKind.SCORES,
    )
    first_input = from_traces(
        models.TextField(default=""),
        sql="coalesce((array_agg(t.input_preview ORDER BY t.started_at, t.trace_id)"
        " FILTER (WHERE t.input_preview <> ''))[1], '')",
        label="First input",
        help="The beginning of what was said first.",
        kind=PropertyKind.TEXT,
        aliases=("input",),
    )
    last_output = from_traces(
        models.TextField(default=""),
        sql="coalesce((array_agg(t.output_preview ORDER BY t.started_at DESC, t.trace_id DESC)"
        " FILTER (WHERE t.output_preview <> ''))[1], '')",
        label="Last output",
        help="The beginning of what was answered last.",
        kind=PropertyKind.TEXT,
        aliases=("output",),
    )
    computed_at = models.DateTimeField()

    objects = TenantQuerySet.as_manager()

    class Meta:
        db_table = "session"
        indexes = [
            *[in_order(column, name=f"session_{name}") for column, name in ORDERS.items()],
            models.Index(
                "project_id",
                models.F("updated_at").desc(),
                models.F("session_id").desc(),
                name="session_errors",
                condition=models.Q(error_count__gt=0),
            ),
            models.Index("project_id", models.F("computed_at").desc(), name="session_computed"),
            # One for all sets: a session's update then fills one pending list.
            GinIndex("project_id", *SETS, name="session_sets"),
        ]

    def __str__(self) -> str:
        return str(self.session_id)
