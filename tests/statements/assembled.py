"""Assembles every statement that is made of fragments, by the name of its golden file."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from itertools import pairwise
from textwrap import wrap

from django.utils import timezone

from projects.models import Project
from sessions.api.langfuse.measuring.asking import read_query
from sessions.api.langfuse.measuring.queries import metrics_statement
from sessions.api.langfuse.measuring.words import VIEWS_V1
from sessions.boards import queries as boards
from sessions.cohorts import queries as cohorts
from sessions.dashboard import queries as dashboard
from sessions.dashboard.measures import MEASURES
from sessions.models import Session
from sessions.models.properties import properties_of
from sessions.rollup.session_rows import recompute_statement
from tracing.store import activity, statements

PROJECT_ID = 1
DAYS = [datetime(2026, 11, day, tzinfo=UTC) for day in (20, 21, 22)]


def stored() -> dict[str, Callable[[], str]]:
    """Return the statements of ingestion."""
    declared = {name: one for name, one in vars(statements).items() if isinstance(one, statements.Statement)}
    declared |= {f"LOAD_TEXTS_{column}": one for column, one in statements.LOAD_TEXTS_BY_COLUMN.items()}
    return {f"store_{name.lower()}": lambda one=one: one.sql for name, one in declared.items()}  # type: ignore[misc]


def readable(sql: str) -> str:
    """Return the statement in lines that a reviewer can read."""
    lines = (line for text in sql.strip().splitlines() for line in wrap(text, 120, drop_whitespace=False) or [""])
    return "".join(f"{line.rstrip()}\n" for line in lines)


def _dashboard(
    wanted: dashboard.Wanted = dashboard.Wanted.EVERYTHING, *, is_brief: bool = False, has_days: bool = False
) -> str:
    known = [
        dashboard.KnownDay(place=place, since=since, until=until, mark="")
        for place, (since, until) in enumerate(pairwise(DAYS), start=1)
    ]
    rows = Session.objects.for_project(PROJECT_ID).filter(created_at__gte=DAYS[0])
    sql, _ = dashboard.dashboard_statement(
        PROJECT_ID, rows, starts=DAYS, days=known if has_days else [], wanted=wanted, is_brief=is_brief
    )
    return sql


def _latencies() -> str:
    rows = Session.objects.for_project(PROJECT_ID)
    return dashboard.latencies_statement(PROJECT_ID, rows, starts=DAYS, until=timezone.now(), sample=10)[0]


def _groups() -> cohorts.Groups:
    rows = Session.objects.for_project(PROJECT_ID)
    return [rows.filter(error_count__gt=0), rows.filter(tags__contains=["vip"])]


def _tile(*, split: str = "", score: str = "", over_users: bool = False) -> boards.TileRows:
    rows = Session.objects.for_project(PROJECT_ID).filter(error_count__gt=0)
    return boards.TileRows(
        project_id=PROJECT_ID, rows=rows, starts=DAYS, split=split, score=score, over_users=over_users
    )


def _project() -> Project:
    return Project(pk=PROJECT_ID)


def _metrics(view: str, *measures: tuple[str, str], **more: object) -> str:
    told = {
        "view": view, "fromTimestamp": DAYS[0].isoformat(), "toTimestamp": DAYS[2].isoformat(),
        "metrics": [{"measure": measure, "aggregation": aggregation} for measure, aggregation in measures], **more,
    }  # fmt: skip
    return metrics_statement(_project(), read_query(json.dumps(told), VIEWS_V1))[0]


OF_GPT = {"column": "providedModelName", "type": "string", "operator": "starts with", "value": "gpt"}


ASSEMBLED: dict[str, Callable[[], str]] = {
    **stored(),
    "store_fill_activity": lambda: activity.FILL,
    "rollup_recompute": recompute_statement,
    "dashboard": _dashboard,
    "dashboard_brief": lambda: _dashboard(is_brief=True),
    "dashboard_with_days": lambda: _dashboard(has_days=True),
    "dashboard_figures": lambda: _dashboard(dashboard.Wanted.FIGURES),
    "dashboard_details": lambda: _dashboard(dashboard.Wanted.DETAILS),
    "dashboard_latencies": _latencies,
    "dashboard_models": lambda: dashboard.models_statement(
        Session.objects.for_project(PROJECT_ID), "total_cost", is_falling=True
    )[0],
    "boards_whole": lambda: boards.tile_statement(_tile(), MEASURES["sessions"], most=1)[0],
    "boards_split": lambda: boards.tile_statement(_tile(split="tags", score="s"), MEASURES["p95"], most=5)[0],
    "boards_by_model": lambda: boards.tile_statement(_tile(split="model_names"), MEASURES["cost"], most=5)[0],
    "boards_ranking": lambda: boards.tile_statement(
        _tile(split="tags", over_users=True), MEASURES["users"], most=9, is_ranking=True
    )[0],
    "boards_parts": lambda: boards.parts_statement(_tile(score="s"), boards.PARTS_OF_CATEGORIES_SQL)[0],
    "langfuse_traces": lambda: _metrics(
        "traces", ("latency", "p95"), ("totalCost", "sum"), dimensions=[{"field": "tags"}]
    ),
    "langfuse_observations": lambda: _metrics(
        "observations",
        ("count", "count"),
        ("totalCost", "sum"),
        dimensions=[{"field": "providedModelName"}],
        filters=[OF_GPT],
        timeDimension={"granularity": "day"},
    ),
    "langfuse_scores": lambda: _metrics("scores-numeric", ("value", "avg"), dimensions=[{"field": "name"}]),
    "cohorts_comparison": lambda: cohorts.comparison_statement(_project(), _groups())[0],
    "cohorts_frequent": lambda: cohorts.frequent_statement(_groups()[0], properties_of(Session)["tags"], 5)[0],
    "cohorts_numbers_by_stratum": lambda: cohorts.numbers_by_stratum(_groups(), "tags")[0],
    "cohorts_scores_by_stratum": lambda: cohorts.scores_by_stratum(_project(), _groups(), "tags")[0],
}
