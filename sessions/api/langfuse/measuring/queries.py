"""The statement of a metrics call: rows `c` of traces, observations or scores, in groups."""

from typing import Any

from django.db.models import QuerySet

from projects.models import Project
from projects.named_sql import named_sql
from sessions.api.langfuse.columns import scores_that, spans_said, traces_that
from sessions.api.langfuse.measuring.asking import TIME_WORD, MetricsAsked
from sessions.api.langfuse.measuring.words import MODEL_WORD, SPAN_WORDS, VIEWS_OF_SCORES
from sessions.api.langfuse.scores import readable
from tracing.models import Score, Span, Trace

MEASURED_TRACE_FIELDS = (
    "bucket", "trace_id", "name", "user_id", "session_id", "environment", "release", "version", "tags", "started_at",
    "ended_at", "span_count", "input_tokens", "output_tokens", "total_tokens", "total_cost", "unmeasured_count",
    "unpriced_count",
)  # fmt: skip
MEASURED_SPAN_FIELDS = (
    "bucket", "trace_id", "name", "said_kind", "said_level", "model", "latency_s", "first_token_s", "ended_at",
    "completion_started_at",
)  # fmt: skip
MEASURED_SCORE_FIELDS = (
    "name",
    "source",
    "data_type",
    "environment",
    "config_id",
    "string_value",
    "value",
    "scored_at",
)
TRACE_COLUMNS_SQL = """t.name AS trace_name, t.user_id, t.session_id, t.environment, t.release, t.version, {tag} AS tag,
        t.started_at AS at"""
EACH_TAG_SQL = " LEFT JOIN LATERAL unnest(t.tags) AS g(tag) ON true"
# A sum of which nothing is known is null, as in the answers of /api/v1.
MEASURED_TRACES_SQL = """
    SELECT {of_trace}, 1 AS number, t.span_count, extract(epoch FROM t.ended_at - t.started_at) * 1000 AS latency,
        CASE WHEN t.total_tokens > 0 OR t.unmeasured_count = 0 THEN t.input_tokens END AS input_tokens,
        CASE WHEN t.total_tokens > 0 OR t.unmeasured_count = 0 THEN t.output_tokens END AS output_tokens,
        CASE WHEN t.total_tokens > 0 OR t.unmeasured_count = 0 THEN t.total_tokens END AS total_tokens,
        CASE WHEN t.total_cost > 0 OR t.unpriced_count = 0 THEN t.total_cost END AS total_cost
    FROM chosen t{tags}"""
MEASURED_SPANS_SQL = """
    SELECT {of_trace}, 1 AS number, s.name AS span_name, s.said_kind AS kind, s.said_level AS level, s.model,
        s.latency_s * 1000 AS latency, s.first_token_s * 1000 AS first_token,
        extract(epoch FROM s.ended_at - s.completion_started_at) * 1000 AS streaming,
        NULL::bigint AS call_count, NULL::numeric AS input_tokens, NULL::numeric AS output_tokens,
        NULL::numeric AS total_tokens, NULL::numeric AS total_cost
    FROM chosen t JOIN ({spans}) s ON s.bucket = t.bucket AND s.trace_id = t.trace_id{tags}"""
MEASURED_USAGE_SQL = """
    SELECT {of_trace}, NULL::integer AS number, NULL::text AS span_name, NULL::smallint AS kind,
        NULL::smallint AS level, v.model, NULL::float8 AS latency, NULL::float8 AS first_token,
        NULL::numeric AS streaming,
        (v.used->>'call_count')::bigint AS call_count,
        CASE WHEN v.is_measured THEN (v.used->>'input_tokens')::numeric END AS input_tokens,
        CASE WHEN v.is_measured THEN (v.used->>'output_tokens')::numeric END AS output_tokens,
        CASE WHEN v.is_measured THEN (v.used->>'total_tokens')::numeric END AS total_tokens,
        CASE WHEN v.is_priced THEN (v.used->>'total_cost')::numeric END AS total_cost
    FROM chosen t CROSS JOIN LATERAL (
        SELECT e.key AS model, e.value AS used,
            (e.value->>'total_tokens')::numeric > 0 OR (e.value->>'unmeasured_count')::numeric = 0 AS is_measured,
            (e.value->>'total_cost')::numeric > 0 OR (e.value->>'unpriced_count')::numeric = 0 AS is_priced
        FROM jsonb_each(t.usage_by_model) AS e) v{tags}{where}"""
MEASURED_SCORES_SQL = """
    SELECT t.*, t.scored_at AS at, 1 AS number, t.value = 1 AS truth FROM chosen t"""
METRICS_SQL = """
WITH chosen AS MATERIALIZED ({chosen}),
c AS ({rows})
SELECT {columns} FROM c{groups} ORDER BY {order} LIMIT %(limit)s"""
MODEL_CONDITION_SQL = {
    "=": "v.model = {0}", "contains": "position({0} IN v.model) > 0", "starts with": "starts_with(v.model, {0})",
    "ends with": "right(v.model, length({0})) = {0}", "does not contain": "position({0} IN v.model) = 0",
    "any of": "v.model = ANY({0})", "none of": "v.model <> ALL({0})", "is null": "v.model IS NULL",
    "is not null": "v.model IS NOT NULL",
}  # fmt: skip

Params = dict[str, Any]


def metrics_statement(project: Project, asked: MetricsAsked) -> tuple[str, Params]:
    """Return the statement and its parameters. Raise EmptyResultSet if nothing can meet the conditions.

    Its columns are the dimensions, the beginning of the step if there is one, and the measures."""
    if asked.view_name in VIEWS_OF_SCORES:
        chosen, params = named_sql(_scores(project, asked).values_list(*MEASURED_SCORE_FIELDS), "row")
        rows = MEASURED_SCORES_SQL
    else:
        used = ["usage_by_model"] if asked.has_usage else []
        chosen, params = named_sql(_traces(project, asked).values_list(*MEASURED_TRACE_FIELDS, *used), "row")
        rows, more = _rows(project, asked)
        params |= more
    columns = {name: f"c.{asked.view.dimensions[name]}" for name in asked.dimensions}
    if asked.granularity:
        columns[TIME_WORD] = f"date_trunc('{asked.granularity}', c.at, 'UTC')"
    groups = [str(place) for place in range(1, len(columns) + 1)]
    columns |= {name: sql.format(f"c.{measure.column}") for name, (measure, sql) in asked.measures.items()}
    places = {name: str(place) for place, name in enumerate(columns, start=1)}
    order = [f"{places[name]}{' DESC' if is_down else ''} NULLS LAST" for name, is_down in asked.order]
    statement = METRICS_SQL.format(
        chosen=chosen,
        rows=rows,
        columns=", ".join(f'{sql} AS "{name}"' for name, sql in columns.items()),
        groups=f" GROUP BY {', '.join(groups)}" if groups else "",
        order=", ".join([*order, *groups]),
    )
    return statement, params | {"limit": asked.limit}


def _rows(project: Project, asked: MetricsAsked) -> tuple[str, Params]:
    tag, tags = ("g.tag", EACH_TAG_SQL) if "tags" in asked.dimensions else ("NULL::text", "")
    parts = {"of_trace": TRACE_COLUMNS_SQL.format(tag=tag), "tags": tags}
    if asked.view_name == "traces":
        return MEASURED_TRACES_SQL.format(**parts), {}
    texts: list[str] = []
    params: Params = {}
    if asked.has_others:
        spans, params = named_sql(_spans(project, asked).values_list(*MEASURED_SPAN_FIELDS), "span")
        texts.append(MEASURED_SPANS_SQL.format(**parts, spans=spans))
    if asked.has_usage:
        where, more = _of_models(asked)
        texts.append(MEASURED_USAGE_SQL.format(**parts, where=where))
        params |= more
    return "\n    UNION ALL".join(texts), params


def _traces(project: Project, asked: MetricsAsked) -> QuerySet[Trace]:
    """Return the traces that began in the time: what belongs to a trace belongs to the time in which it began."""
    rows = Trace.objects.for_project(project).filter(started_at__gte=asked.since, started_at__lt=asked.until)
    of_traces = asked.view_name == "traces"
    return traces_that(rows, [one for one in asked.conditions if of_traces or one.name not in SPAN_WORDS])


def _spans(project: Project, asked: MetricsAsked) -> QuerySet[Span]:
    rows = spans_said(Span.objects.for_project(project))
    for condition in asked.conditions:
        if condition.name in SPAN_WORDS:
            rows = rows.filter(condition.q())
    return rows


def _scores(project: Project, asked: MetricsAsked) -> QuerySet[Score]:
    rows = readable(project).filter(scored_at__gte=asked.since, scored_at__lt=asked.until)
    return scores_that(rows.filter(data_type__in=VIEWS_OF_SCORES[asked.view_name]), [*asked.conditions])


def _of_models(asked: MetricsAsked) -> tuple[str, Params]:
    """Return the conditions on the model of a usage."""
    texts, params = [], {}
    for place, condition in enumerate(one for one in asked.conditions if one.name == MODEL_WORD):
        texts.append(MODEL_CONDITION_SQL[condition.operator].format(f"%(model{place})s"))
        params[f"model{place}"] = condition.value
    return f" WHERE {' AND '.join(texts)}" if texts else "", params
