"""The record of what was rejected, cut or dropped, counted per project, reason and SDK version."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime

from django.db import connection

from tracing.limits.fitting import clean
from tracing.records import Issue, Reason, Sdk

UPSERT = """
INSERT INTO ingestion_issue (project_id, reason, sdk_name, sdk_version, count, sample, first_seen, last_seen)
VALUES (%(project)s, %(reason)s, %(sdk_name)s, %(sdk_version)s, %(count)s, %(sample)s, %(now)s, %(now)s)
ON CONFLICT (project_id, reason, sdk_name, sdk_version) DO UPDATE SET count = ingestion_issue.count + EXCLUDED.count,
    sample = EXCLUDED.sample, last_seen = EXCLUDED.last_seen
"""


def record(project_id: int, issues: Sequence[Issue], sdk: Sdk, now: datetime) -> None:
    """Add `issues` to the counts, in a fixed order, so that two requests cannot deadlock."""
    if not issues:
        return
    counts = Counter(issue.reason for issue in issues)
    samples: dict[Reason, str] = {issue.reason: issue.sample for issue in reversed(issues) if issue.sample}
    rows: list[dict[str, str | int | datetime]] = [
        {
            "project": project_id,
            "reason": reason,
            "sdk_name": clean(sdk.name)[:80],
            "sdk_version": clean(sdk.version)[:40],
            "count": count,
            "sample": clean(samples.get(reason, ""))[:200],
            "now": now,
        }
        for reason, count in sorted(counts.items())
    ]
    with connection.cursor() as cursor:
        cursor.executemany(UPSERT, rows)
