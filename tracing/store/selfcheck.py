"""Nightly check of stored sums on real data: a sample is summed up again and compared."""

from typing import Any

from django.utils import timezone

from projects.models import Project
from tracing.models import Trace
from tracing.store.writing import recompute_traces

CHECKED_TRACES_PER_PROJECT = 100
NOT_SUMS = {"updated_at", "repeat_count", "rollup_due"}


class WrongSums(Exception):
    """Stored sums differed from those of the spans. The recomputation has corrected them."""


def check_sample() -> int:
    """Recompute a random sample of every project and return its size. Raises WrongSums if a number changed."""
    wrong: list[str] = []
    checked = 0
    for project in Project.objects.filter(deleted_at=None):
        traces = Trace.objects.for_project(project).filter(rollup_due=False)
        ids = list(traces.order_by("?").values_list("trace_id", flat=True)[:CHECKED_TRACES_PER_PROJECT])
        before = _sums(project, ids)
        recompute_traces(project.pk, ids, timezone.now())
        after = _sums(project, ids)
        wrong += [f"project {project.pk} trace {trace_id}" for trace_id in ids if before[trace_id] != after[trace_id]]
        checked += len(ids)
    if wrong:
        raise WrongSums(f"{len(wrong)} of {checked} traces had wrong sums, first {', '.join(wrong[:3])}")
    return checked


def _sums(project: Project, trace_ids: list[str]) -> dict[str, dict[str, Any]]:
    rows = Trace.objects.for_project(project).filter(trace_id__in=trace_ids).values()
    return {row["trace_id"]: {k: v for k, v in row.items() if k not in NOT_SUMS} for row in rows}
