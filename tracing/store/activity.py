"""Sums of hours and days for dashboards and metering. A changed trace marks its hour, which is then recomputed.

Late, corrected, moved and deleted traces mark both the hour that they leave and the one that they enter."""

import math
import time
from collections.abc import Iterable
from datetime import UTC, date, datetime

from django.db import connection, transaction
from django.utils import timezone

from tracing.models import Activity, DirtyMark, Metering, Span
from tracing.store import dirty

CELLS_AT_ONCE = 24
HOURS_BY_TARGET = {DirtyMark.Target.HOUR: 1, DirtyMark.Target.DAY: 24}

ACTIVITY_SUMS = (
    "span_count", "call_count", "error_count", "unpriced_count", "input_tokens", "output_tokens", "total_tokens",
    "input_cost", "output_cost", "total_cost",
)  # fmt: skip
OF_A_MODEL = ACTIVITY_SUMS[1:2] + ACTIVITY_SUMS[3:]  # a span or a failure belongs to no model

FILL = f"""
INSERT INTO activity (project_id, period, starts_at, environment, model, trace_count, session_count, user_count,
    duration_ms, {", ".join(ACTIVITY_SUMS)}, latencies)
WITH told AS (
    SELECT t.*, c.starts_at, round(extract(epoch FROM t.ended_at - t.started_at) * 1000)::bigint AS took
    FROM unnest(%(cells)s::timestamptz[]) AS c(starts_at)
    JOIN trace t ON t.project_id = %(project)s AND t.started_at >= c.starts_at
        AND t.started_at < c.starts_at + make_interval(hours => %(hours)s)),
slot AS (
    SELECT starts_at, environment, m.measure, s.slot, sum(s.number::bigint) AS number
    FROM told CROSS JOIN LATERAL jsonb_each(latencies) AS m(measure, slots)
        CROSS JOIN LATERAL jsonb_each_text(m.slots) AS s(slot, number)
    WHERE session_id IS NOT NULL GROUP BY 1, 2, 3, 4),
measure AS (
    SELECT starts_at, environment, measure, jsonb_object_agg(slot, number) AS slots FROM slot GROUP BY 1, 2, 3),
latency AS (
    SELECT starts_at, environment, jsonb_object_agg(measure, slots) AS latencies FROM measure GROUP BY 1, 2)
SELECT project_id, %(period)s, starts_at, environment, '', count(*), count(DISTINCT session_id),
    count(DISTINCT user_id), sum(took), {", ".join(f"sum({name})" for name in ACTIVITY_SUMS)},
    coalesce(l.latencies, '{{}}')
FROM told LEFT JOIN latency l USING (starts_at, environment)
GROUP BY project_id, starts_at, environment, l.latencies
UNION ALL
SELECT project_id, %(period)s, starts_at, environment, e.model, count(*), count(DISTINCT session_id),
    count(DISTINCT user_id), sum(took), 0, sum((e.u->>'call_count')::bigint), 0,
    {", ".join(f"sum((e.u->>'{name}')::numeric)" for name in OF_A_MODEL[1:])}, '{{}}'
FROM told CROSS JOIN LATERAL jsonb_each(usage_by_model) AS e(model, u)
WHERE e.model <> '' GROUP BY project_id, starts_at, environment, e.model
"""

# Compiling takes a second, and one hour's sums take ten milliseconds.
WITHOUT_JIT = "SET LOCAL jit = off"

METER = """
INSERT INTO metering (project_id, day, trace_count, span_count, text_size)
SELECT project_id, bucket, count(DISTINCT trace_id), count(*),
    sum(coalesce(input_size, 0)::bigint + coalesce(output_size, 0))
FROM span WHERE project_id = %(project)s AND bucket = ANY(%(days)s) GROUP BY project_id, bucket
ON CONFLICT (project_id, day) DO UPDATE SET trace_count = EXCLUDED.trace_count, span_count = EXCLUDED.span_count,
    text_size = EXCLUDED.text_size
"""


def recompute_cells(project_id: int, target: DirtyMark.Target, starts: Iterable[datetime]) -> None:
    """Recompute hours or days from the traces that started in them."""
    cells = sorted(set(starts))
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(WITHOUT_JIT)
        Activity.objects.for_project(project_id).filter(period=target.value, starts_at__in=cells).delete()
        hours = HOURS_BY_TARGET[target]
        cursor.execute(FILL, {"project": project_id, "cells": cells, "hours": hours, "period": target.value})


def recompute_dirty(target: DirtyMark.Target) -> int:
    """Recompute the marked hours or days of all projects. Return their number."""
    return sum(recompute_project(project_id, target) for project_id in dirty.waiting_projects([target]))


def recompute_project(project_id: int, target: DirtyMark.Target, until: float = math.inf) -> int:
    """Recompute the marked hours or days of a project until the time `until`. Return their number.

    A recomputed hour marks its day."""
    count = 0
    while claimed := dirty.claim(project_id, target, limit=CELLS_AT_ONCE):
        recompute_cells(project_id, target, [start_of(item.key) for item in claimed])
        if target is DirtyMark.Target.HOUR:
            days = {item.key[:10] for item in claimed}
            with transaction.atomic():
                dirty.mark(project_id, {DirtyMark.Target.DAY: days}, timezone.now())
        dirty.release(project_id, target, claimed)
        count += len(claimed)
        if time.monotonic() >= until:
            break
    return count


def start_of(key: str) -> datetime:
    """Return the start of a period from the key of its mark: `2026-11-21T09` or `2026-11-21`."""
    return datetime.fromisoformat(key if "T" not in key else f"{key}:00").replace(tzinfo=UTC)


def meter(project_id: int, days: Iterable[date]) -> None:
    """Count what arrived on these days. Days whose spans have all been deleted are removed."""
    wanted = sorted(set(days))
    with transaction.atomic(), connection.cursor() as cursor:
        Metering.objects.for_project(project_id).filter(day__in=wanted).exclude(
            day__in=Span.objects.for_project(project_id).filter(bucket__in=wanted).values("bucket").distinct()
        ).delete()
        cursor.execute(METER, {"project": project_id, "days": wanted})
