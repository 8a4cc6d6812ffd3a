"""Reads the `query` of a metrics call: every word is known, or the request is refused with what there is."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import orjson

from projects.values import FIRST_YEAR, LAST_YEAR, in_calendar
from sessions.api.langfuse.conditions import Condition, read_conditions, refusal
from sessions.api.langfuse.measuring.words import (
    AGGREGATE_SQL,
    GRANULARITY_SECONDS,
    SPAN_ONLY_WORDS,
    MeasureWord,
    MetricView,
)
from tracing.wire.fields import moment

METRICS_QUERY_WORDS = (
    "view", "dimensions", "metrics", "filters", "timeDimension", "fromTimestamp", "toTimestamp", "orderBy", "config",
)  # fmt: skip
MAX_DIMENSIONS, MAX_MEASURES = 10, 20
DEFAULT_METRIC_ROWS, MAX_METRIC_ROWS = 100, 1_000
AUTOMATIC_STEPS = 50
TIME_WORD = "time_dimension"


@dataclass(frozen=True, kw_only=True)
class MetricsAsked:
    """A query that was checked. `measures` are by the names that they have in the answer."""

    view: MetricView
    view_name: str
    since: datetime
    until: datetime
    dimensions: tuple[str, ...] = ()
    measures: Mapping[str, tuple[MeasureWord, str]]
    conditions: tuple[Condition, ...] = ()
    granularity: str = ""
    order: tuple[tuple[str, bool], ...] = ()  # names of the answer, and whether the highest comes first
    limit: int = DEFAULT_METRIC_ROWS

    @property
    def has_usage(self) -> bool:
        """Return whether it counts what model calls used."""
        return any(measure.is_usage for measure, _ in self.measures.values())

    @property
    def has_others(self) -> bool:
        """Return whether it measures rows themselves."""
        return any(not measure.is_usage for measure, _ in self.measures.values())


def read_query(text: str, views: Mapping[str, MetricView]) -> MetricsAsked:
    """Return what a query asks for. Raise ValidationError for what cannot be followed."""
    try:
        told = orjson.loads(text)
    except orjson.JSONDecodeError:
        raise refusal("query", "a JSON object") from None
    _known_words(told, METRICS_QUERY_WORDS, "query")
    name = _word(told.get("view"), views, "view")
    view = views[name]
    since, until = (_moment(told, word) for word in ("fromTimestamp", "toTimestamp"))
    if since >= until:
        raise refusal("toTimestamp", "a time after fromTimestamp")
    dimensions = tuple(_dimension(one, view) for one in _list(told, "dimensions", MAX_DIMENSIONS))
    measures = dict(_measure(one, view) for one in _list(told, "metrics", MAX_MEASURES))
    if not measures:
        raise refusal("metrics", "at least one measure with its aggregation")
    granularity = _granularity(told.get("timeDimension"), until - since)
    asked = MetricsAsked(
        view=view, view_name=name, since=since, until=until, dimensions=dimensions, measures=measures,
        conditions=tuple(read_conditions(told.get("filters") or [], view.columns, "filters")),
        granularity=granularity, limit=_limit(told.get("config")),
        order=_order(told, [*measures, *dimensions, *([TIME_WORD] if granularity else [])], bool(granularity)),
    )  # fmt: skip
    return _fitting(asked)


def _fitting(asked: MetricsAsked) -> MetricsAsked:
    """Return a query whose parts go together. Raise ValidationError: what calls used is known by trace and model."""
    named = [*asked.dimensions, *(condition.name for condition in asked.conditions)]
    if asked.has_usage and asked.view_name == "observations" and (wrong := [w for w in named if w in SPAN_ONLY_WORDS]):
        raise refusal(
            wrong[0],
            "tokens and costs count once what several observations report, by trace and model: leave this out,"
            " or measure count or latency",
        )
    return asked


def _known_words(told: Any, words: Collection[str], name: str) -> None:
    if not isinstance(told, dict):
        raise refusal(name, "an object")
    if unknown := [word for word in told if word not in words]:
        raise refusal(name, f"{unknown[0][:100]!r} is none of {', '.join(words)}")


def _list(told: Mapping[str, Any], name: str, most: int) -> list[Any]:
    found = told.get(name) or []
    if not isinstance(found, list) or len(found) > most:
        raise refusal(name, f"a list of at most {most}")
    return found


def _word(told: Any, words: Collection[str], name: str) -> str:
    if not isinstance(told, str) or told not in words:
        raise refusal(name, f"{str(told)[:100]!r} is none of {', '.join(words)}")
    return told


def _moment(told: Mapping[str, Any], name: str) -> datetime:
    at = moment(told.get(name))
    if at is None or not in_calendar(at):
        raise refusal(name, f"an ISO 8601 time in the years {FIRST_YEAR} to {LAST_YEAR}")
    return at


def _dimension(told: Any, view: MetricView) -> str:
    _known_words(told, ("field",), "dimensions")
    return _word(told.get("field"), view.dimensions, "dimensions")


def _measure(told: Any, view: MetricView) -> tuple[str, tuple[MeasureWord, str]]:
    _known_words(told, ("measure", "aggregation"), "metrics")
    name = _word(told.get("measure"), view.measures, "measure")
    measure = view.measures[name]
    aggregation = told.get("aggregation")
    if aggregation not in measure.aggregations:
        raise refusal("aggregation", f"that of {name} is one of {', '.join(measure.aggregations)}")
    return f"{aggregation}_{name}", (measure, AGGREGATE_SQL[aggregation])


def _granularity(told: Any, span: timedelta) -> str:
    """Return the step of time, nothing without one. An automatic one makes at most 50 rows, or is a month."""
    if told is None:
        return ""
    _known_words(told, ("granularity",), "timeDimension")
    asked = _word(told.get("granularity"), ("auto", *GRANULARITY_SECONDS), "granularity")
    if asked != "auto":
        return asked
    fitting = (
        name for name, seconds in GRANULARITY_SECONDS.items() if span.total_seconds() <= AUTOMATIC_STEPS * seconds
    )
    return next(fitting, "month")


def _limit(told: Any) -> int:
    if told is None:
        return DEFAULT_METRIC_ROWS
    _known_words(told, ("row_limit",), "config")
    limit = told.get("row_limit", DEFAULT_METRIC_ROWS)
    if isinstance(limit, bool) or not isinstance(limit, int) or not 1 <= limit <= MAX_METRIC_ROWS:
        raise refusal("row_limit", f"a whole number from 1 to {MAX_METRIC_ROWS:,}")
    return limit


def _order(told: Mapping[str, Any], names: list[str], is_timed: bool) -> tuple[tuple[str, bool], ...]:
    """Return the order that is asked for, else that of time, else the highest of the first measure first."""
    asked = []
    for one in _list(told, "orderBy", len(names)):
        _known_words(one, ("field", "direction"), "orderBy")
        way = _word(one.get("direction", "asc"), ("asc", "desc"), "direction")
        asked.append((_word(one.get("field"), names, "orderBy"), way == "desc"))
    return tuple(asked) or ((TIME_WORD, False),) if is_timed else tuple(asked) or ((names[0], True),)
