"""What can be measured, by which dimensions: each view's words, and the columns of its rows `c` (queries.py)."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

from sessions.api.langfuse.columns import COLUMNS_OF_TRACE_LIST, COLUMNS_OF_TRACES, SCORE_COLUMNS, SPAN_COLUMNS
from sessions.api.langfuse.conditions import Column

AGGREGATE_SQL = {
    "sum": "sum({0})", "avg": "avg({0})", "count": "count({0})", "max": "max({0})", "min": "min({0})",
    "uniq": "count(DISTINCT {0})",
    **{f"p{share}": f"percentile_cont(0.{share}) WITHIN GROUP (ORDER BY {{0}})" for share in (50, 75, 90, 95, 99)},
}  # fmt: skip
NUMBER_AGGREGATIONS = tuple(name for name in AGGREGATE_SQL if name != "uniq")
COUNT_AGGREGATIONS, SUM_AGGREGATIONS, UNIQUE_AGGREGATIONS = ("count", "sum"), ("sum",), ("uniq",)
GRANULARITY_SECONDS = {"minute": 60, "hour": 3_600, "day": 86_400, "week": 604_800, "month": 2_678_400}  # seconds
TRACE_WORDS = ("environment", "userId", "sessionId", "release", "version", "tags")
WIDE_WORDS = ("userId", "sessionId", "traceId", "id")  # too many values to group by in version 2
SPAN_ONLY_WORDS = ("name", "type", "level")  # which only spans have, and no sum
MODEL_WORD = "providedModelName"
SPAN_WORDS = (*SPAN_ONLY_WORDS, MODEL_WORD)
VIEWS_OF_SCORES = {"scores-numeric": ("NUMERIC", "BOOLEAN"), "scores-boolean": ("BOOLEAN",),
                   "scores-categorical": ("CATEGORICAL", "TEXT")}  # fmt: skip


class MeasureWord(NamedTuple):
    """A measure: the column that has it, the aggregations that make sense of it, and whether it counts model usage."""

    column: str
    aggregations: tuple[str, ...] = NUMBER_AGGREGATIONS
    is_usage: bool = False


@dataclass(frozen=True)
class MetricView:
    """One view: its measures, the columns to group by, and those that conditions may name."""

    measures: Mapping[str, MeasureWord]
    dimensions: Mapping[str, str]
    columns: Mapping[str, Column]


TRACE_DIMENSIONS = {
    "environment": "environment", "userId": "user_id", "sessionId": "session_id", "release": "release",
    "version": "version", "tags": "tag",
}  # fmt: skip
COUNT_MEASURE = MeasureWord("number", COUNT_AGGREGATIONS)
USAGE_MEASURES = {
    name: MeasureWord(column, SUM_AGGREGATIONS, is_usage=True)
    for name, column in (
        ("inputTokens", "input_tokens"), ("outputTokens", "output_tokens"), ("totalTokens", "total_tokens"),
        ("totalCost", "total_cost"),
    )
}  # fmt: skip
TRACE_VIEW = MetricView(
    measures={
        "count": COUNT_MEASURE,
        "observationsCount": MeasureWord("span_count"),
        "latency": MeasureWord("latency"),
        **{name: MeasureWord(one.column) for name, one in USAGE_MEASURES.items()},
        "uniqueUserIds": MeasureWord("user_id", UNIQUE_AGGREGATIONS),
        "uniqueSessionIds": MeasureWord("session_id", UNIQUE_AGGREGATIONS),
    },
    dimensions={"name": "trace_name", **TRACE_DIMENSIONS},
    columns={name: COLUMNS_OF_TRACE_LIST[name] for name in ("id", "name", "metadata", *TRACE_WORDS)},
)
OBSERVATION_VIEW = MetricView(
    measures={
        "count": COUNT_MEASURE,
        "latency": MeasureWord("latency"),
        "timeToFirstToken": MeasureWord("first_token"),
        "streamingLatency": MeasureWord("streaming"),
        **USAGE_MEASURES,
    },
    dimensions={
        "name": "span_name", "type": "kind", "level": "level", MODEL_WORD: "model",
        "traceName": "trace_name", "traceRelease": "release", "traceVersion": "version", **TRACE_DIMENSIONS,
    },
    columns={**COLUMNS_OF_TRACES, **{name: SPAN_COLUMNS[name] for name in SPAN_WORDS}},
)  # fmt: skip
SCORE_VIEW = MetricView(
    measures={"count": COUNT_MEASURE, "value": MeasureWord("value")},
    dimensions={"name": "name", "source": "source", "dataType": "data_type", "environment": "environment",
                "configId": "config_id"},
    columns={name: SCORE_COLUMNS[name] for name in SCORE_COLUMNS if name not in ("timestamp", "metadata")},
)  # fmt: skip
CATEGORY_VIEW = MetricView(
    {"count": COUNT_MEASURE}, {**SCORE_VIEW.dimensions, "stringValue": "string_value"}, SCORE_VIEW.columns
)
TRUTH_VIEW = MetricView(SCORE_VIEW.measures, {**SCORE_VIEW.dimensions, "booleanValue": "truth"}, SCORE_VIEW.columns)
VIEWS_OF_BOTH = {
    "observations": OBSERVATION_VIEW,
    "scores-numeric": SCORE_VIEW,
    "scores-boolean": TRUTH_VIEW,
    "scores-categorical": CATEGORY_VIEW,
}
VIEWS_V1 = {"traces": TRACE_VIEW, **VIEWS_OF_BOTH}
VIEWS_V2 = {
    name: MetricView(
        view.measures, {word: sql for word, sql in view.dimensions.items() if word not in WIDE_WORDS}, view.columns
    )
    for name, view in VIEWS_OF_BOTH.items()
}
