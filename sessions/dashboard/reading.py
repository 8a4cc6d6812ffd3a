"""Reads a dashboard from the database, step by step.

Days in the cache (sessions/dashboard/cached_days.py) are not read."""

import json
from array import array
from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from django.db import connection
from django.db.models import QuerySet

from sessions.cohorts.sampling import affordable
from sessions.dashboard.cached_days import CachedDay, days_of, keep
from sessions.dashboard.parts import DashboardPart, ModelCost, ScorePart, Tally, tally
from sessions.dashboard.queries import KnownDay, Wanted, dashboard_statement
from sessions.dashboard.steps import TimeStep
from sessions.listing.listing import Listing
from sessions.models import Session
from tracing.lists.bounded import SUMMING_SETTINGS, within

DASHBOARD_TIMEOUT_MS = 3_000  # ms for the statement
Found = dict[str, Any]


@dataclass(frozen=True)
class Sessions:
    """The sessions of a list that are read, and how many each of them stands for."""

    rows: QuerySet[Session]
    weight: int = 1


def choose_sessions(listing: Listing) -> Sessions:
    """Return all sessions of the list, or the sample."""
    one_in, [rows] = affordable(listing.project, [listing.matching.order_by()])
    return Sessions(rows, one_in)


def read(
    listing: Listing,
    sessions: Sessions,
    steps: Sequence[TimeStep],
    wanted: Wanted = Wanted.EVERYTHING,
    *,
    is_brief: bool = False,
) -> list[DashboardPart]:
    """Read what began before the steps, and each step. Raises TooLong.

    If brief, without costs by model, hours, means and categories, and of the sets at most users, unless days are
    cached."""
    days = days_of(listing, steps, wanted) if sessions.weight == 1 else []
    found = _fetch(listing.project.pk, sessions.rows, steps, days, wanted, is_brief=is_brief and not days)
    parts = _parts(found, len(steps) + 1)
    marks = {day.place: found["marks"][str(day.place)] for day in days}
    changed = {day.place for day in days if day.mark != marks[day.place]}
    for day in days:
        if day.place not in changed:
            parts[day.place] = day.part
    known = [replace(day, mark=marks[day.place], part=parts[day.place]) for day in days]
    keep(listing.project.pk, known, changed, wanted)
    return parts


def _fetch(
    project_id: int,
    rows: QuerySet[Session],
    steps: Sequence[TimeStep],
    days: Sequence[CachedDay],
    wanted: Wanted,
    *,
    is_brief: bool,
) -> Found:
    statement, params = dashboard_statement(
        project_id,
        rows,
        starts=[step.start for step in steps],
        days=[KnownDay(place=day.place, since=day.step.start, until=day.step.end, mark=day.mark) for day in days],
        wanted=wanted,
        is_brief=is_brief,
    )
    with within(DASHBOARD_TIMEOUT_MS, **SUMMING_SETTINGS), connection.cursor() as cursor:
        cursor.execute(statement, params)
        found: Found = json.loads(cursor.fetchone()[0])
    return found


def _parts(found: Found, count: int) -> list[DashboardPart]:
    values, means, categories = (_by_step(found.get(name)) for name in ("values", "means", "categories"))
    hours = {place: tally(counts) for place, counts in found.get("hours") or ()}
    scores: dict[int, dict[str, ScorePart]] = {}
    for place, name, number, mean_count, total in found.get("scores") or ():
        scores.setdefault(place, {})[name] = ScorePart(
            session_count=number,
            mean_count=mean_count,
            sum=Decimal(total),
            means=means.get(place, {}).get(name, {}),
            categories=categories.get(place, {}).get(name, {}),
        )
    costs: dict[int, dict[str, ModelCost]] = {}
    for place, model, cost, unpriced in found.get("costs") or ():
        costs.setdefault(place, {})[model] = ModelCost(Decimal(cost), unpriced)
    parts = [DashboardPart()] * count
    for place, number, failed, traces, turns, cost, unpriced, unmeasured, tokens, inputs, outputs, durations in (
        found["facts"] or ()
    ):
        parts[place] = DashboardPart(
            session_count=number,
            failed=failed,
            trace_count=traces,
            turn_count=turns,
            total_cost=Decimal(cost),
            unmeasured_count=unmeasured,
            unpriced_count=unpriced,
            total_tokens=tokens,
            input_tokens=inputs,
            output_tokens=outputs,
            costs=costs.get(place, {}),
            durations=[array("q", sorted(durations))],
            values=values.get(place, {}),
            hours=hours.get(place, {}),
            scores=scores.get(place, {}),
        )
    return parts


def _by_step(rows: Sequence[tuple[int, str, dict[str, int]]] | None) -> dict[int, dict[str, Tally]]:
    found: dict[int, dict[str, Tally]] = {}
    for place, name, counts in rows or ():
        found.setdefault(place, {})[name] = tally(counts)
    return found
