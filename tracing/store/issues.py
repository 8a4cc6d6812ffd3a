"""The record of what was rejected, cut or dropped, counted per project, reason and SDK version."""

from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from django.db import connection

from projects.metrics.table import INGESTION_ISSUES
from tracing.limits.fitting import clean
from tracing.records import Issue, Reason, Sdk

UPSERT = """
INSERT INTO ingestion_issue
    (project_id, reason, sdk_name, sdk_version, count, sample, trace_ids, first_seen, last_seen)
VALUES (%(project)s, %(reason)s, %(sdk_name)s, %(sdk_version)s, %(count)s, %(sample)s, %(traces)s, %(now)s, %(now)s)
ON CONFLICT (project_id, reason, sdk_name, sdk_version) DO UPDATE SET count = ingestion_issue.count + EXCLUDED.count,
    sample = EXCLUDED.sample, last_seen = EXCLUDED.last_seen,
    trace_ids = trim_array(EXCLUDED.trace_ids || ingestion_issue.trace_ids,
        greatest(cardinality(EXCLUDED.trace_ids) + cardinality(ingestion_issue.trace_ids) - 20, 0))
"""
UPSERT_DAY = """
INSERT INTO issue_day (project_id, day, reason, count)
VALUES (%(project)s, %(day)s, %(reason)s, %(count)s)
ON CONFLICT (project_id, day, reason) DO UPDATE SET count = issue_day.count + EXCLUDED.count
"""
MAX_ISSUE_TRACES = 20


def record(project_id: int, issues: Sequence[Issue], sdk: Sdk, now: datetime) -> None:
    """Add `issues` to the counts, in a fixed order, so that two requests cannot deadlock."""
    if not issues:
        return
    counts = Counter(issue.reason for issue in issues)
    samples: dict[Reason, str] = {issue.reason: issue.sample for issue in reversed(issues) if issue.sample}
    traces: dict[Reason, dict[str, None]] = {}
    for issue in issues:
        if trace_id := clean(getattr(issue.record, "trace_id", None) or ""):
            traces.setdefault(issue.reason, {})[trace_id] = None
    rows: list[dict[str, Any]] = [
        {
            "project": project_id,
            "reason": reason,
            "sdk_name": clean(sdk.name)[:80],
            "sdk_version": clean(sdk.version)[:40],
            "count": count,
            "sample": clean(samples.get(reason, ""))[:200],
            "traces": list(traces.get(reason, ()))[-MAX_ISSUE_TRACES:][::-1],
            "now": now,
            "day": now.astimezone(UTC).date(),
        }
        for reason, count in sorted(counts.items())
    ]
    with connection.cursor() as cursor:
        cursor.executemany(UPSERT, rows)
        cursor.executemany(UPSERT_DAY, rows)
    for reason, count in counts.items():
        INGESTION_ISSUES.add(count, reason=reason)
