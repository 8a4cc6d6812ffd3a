"""Hours, days and metering against a naive sum, whatever came late, was corrected, moved or deleted."""

from collections import defaultdict
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from projects.models import JobRun, Project
from tests.tracing.reports import at, call, failed, in_session, span
from tracing import tasks
from tracing.ingest.pipeline import ingest
from tracing.models import Activity, DirtyMark, Metering, Score, Span, SpanIO, Trace
from tracing.records import Claims, ScoreRecord, SpanRecord
from tracing.store import activity, retention, selfcheck
from tracing.store.deletion import delete_traces
from tracing.store.partitions import PARTITIONED_TABLES, ensure_partition
from tracing.store.retention import drop_empty_partitions, forget_expired
from tracing.token_usage import Usage

ADDED = ("trace_count", "span_count", "call_count", "error_count", "input_tokens", "total_cost")


def naive(project: Project, period: str) -> dict[tuple[Any, ...], dict[str, Any]]:
    """Trace by trace, one dictionary entry at a time."""
    cells: dict[tuple[Any, ...], dict[str, Any]] = defaultdict(lambda: dict.fromkeys(ADDED, 0) | {"users": set()})
    for trace in Trace.objects.for_project(project):
        start = trace.started_at.replace(minute=0, second=0, microsecond=0)
        start = start.replace(hour=0) if period == "day" else start
        total = cells[start, trace.environment, ""]
        total["trace_count"] += 1
        total["users"] |= {trace.user_id} - {None}
        for name in ADDED[1:]:
            total[name] += getattr(trace, name)
        for model, usage in trace.usage_by_model.items():
            own = cells[start, trace.environment, model]
            own["trace_count"] += 1
            own["users"] |= {trace.user_id} - {None}
            own["call_count"] += usage["call_count"]
            own["input_tokens"] += usage["input_tokens"]
            own["total_cost"] += Decimal(usage["total_cost"])
    return {key: {**cell, "users": len(cell["users"])} for key, cell in cells.items()}


def stored(project: Project, period: str) -> dict[tuple[Any, ...], dict[str, Any]]:
    return {
        (row.starts_at, row.environment, row.model): {
            **{name: getattr(row, name) for name in ADDED},
            "users": row.user_count,
        }
        for row in Activity.objects.for_project(project).filter(period=period)
    }


@st.composite
def reports(draw: st.DrawFn) -> SpanRecord:
    start = at(draw(st.integers(-40, 40)) * 3600)
    return SpanRecord(
        f"t{draw(st.integers(0, 4))}",
        f"{draw(st.integers(0, 2))}",
        model=draw(st.sampled_from([None, "gpt-4o", "home-made"])),
        usage=draw(st.sampled_from([None, Usage(100, 20), Usage(7, 3)])),
        level=draw(st.sampled_from([None, 3])),
        started_at=start,
        ended_at=start + timedelta(seconds=1),
        claims=Claims(
            user_id=draw(st.sampled_from([None, "ana", "ben"])), environment=draw(st.sampled_from([None, "staging"]))
        ),
    )


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    steps=st.lists(st.one_of(reports(), st.sampled_from(["sum up", "delete t0", "delete t1"])), min_size=2, max_size=20)
)
def test_hours_and_days_equal_a_naive_sum(project: Project, steps: list[SpanRecord | str]) -> None:
    for model in (Span, SpanIO, Trace, Activity, DirtyMark):
        model.objects.for_project(project).delete()
    for step in [*steps, "sum up"]:
        if isinstance(step, SpanRecord):
            ingest(project.pk, [step])
        elif step == "sum up":
            activity.recompute_dirty(DirtyMark.Target.HOUR)
            activity.recompute_dirty(DirtyMark.Target.DAY)
        else:
            delete_traces(project.pk, [step.removeprefix("delete ")])

    assert stored(project, "hour") == naive(project, "hour")
    assert stored(project, "day") == naive(project, "day")
    assert not DirtyMark.objects.for_project(project).filter(target__in=["hour", "day"]).exists()


def test_metering_counts_what_arrived(project: Project, other_project: Project) -> None:
    ingest(project.pk, [call("t", "a", input="12345", output="123"), span("u", "b")])
    ingest(other_project.pk, [span("t", "a", input="x")])
    today = timezone.now().date()

    activity.meter(project.pk, [today, today - timedelta(days=1)])
    activity.meter(project.pk, [today])

    [day] = Metering.objects.for_project(project)
    assert (day.day, day.trace_count, day.span_count, day.text_size) == (today, 2, 2, 8)
    delete_traces(project.pk, ["t", "u"])
    activity.meter(project.pk, [today])
    assert not Metering.objects.for_project(project).exists()


def test_retention_deletes_what_is_older_and_the_numbers_follow(project: Project, other_project: Project) -> None:
    for tenant in (project, other_project):
        ingest(tenant.pk, [call("old", "a", claims=in_session("s")), call("new", "a", claims=in_session("s"))])
        ingest(tenant.pk, [ScoreRecord("1", "helpful", "NUMERIC", 1.0, trace_id="old")])
    today = timezone.now().date()
    long_ago = today - timedelta(days=31)
    ensure_partition(long_ago)
    for model in (Trace, Span, SpanIO):
        model.objects.for_project(project).filter(trace_id="old").update(bucket=long_ago)
    project.retention_days = 30
    project.save()

    assert forget_expired(project.pk, today) == 1
    assert forget_expired(other_project.pk, today) == 0

    assert list(Trace.objects.for_project(project).values_list("trace_id", flat=True)) == ["new"]
    assert not Score.objects.for_project(project).exists()
    assert Span.objects.for_project(project).count() == SpanIO.objects.for_project(project).count() + 1 == 1
    assert Trace.objects.for_project(other_project).count() == 2
    assert DirtyMark.objects.for_project(project).filter(target="session", key="s").exists()


def test_only_months_that_no_trace_uses_are_dropped(project: Project) -> None:
    today = timezone.now().date()
    used, empty = today - timedelta(days=400), today - timedelta(days=800)
    for day in (used, empty):
        ensure_partition(day)
    ingest(project.pk, [span("t", "a")])
    Trace.objects.for_project(project).update(bucket=used)

    assert drop_empty_partitions(today) == len(PARTITIONED_TABLES)
    assert retention._is_used(used.replace(day=1))


def test_every_job_leaves_a_row_with_its_error(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    ingest(project.pk, [failed("t", "a")])
    project.retention_days = 30
    project.save()
    for kind in (tasks.hours, tasks.days, tasks.expiry, tasks.self_check):
        kind.drain()

    jobs = {run.name: run for run in JobRun.objects.all()}
    assert set(jobs) == {"sum up hours", "sum up days", "retention", "self-check"}
    assert (jobs["sum up hours"].rows, jobs["sum up days"].rows, jobs["self-check"].rows) == (2, 2, 1)
    # Yesterday's hour, and that of the arrival, where the trace stood before its first span was read.
    assert all(run.finished_at and run.duration_ms is not None and not run.error for run in jobs.values())

    Trace.objects.for_project(project).update(error_count=7)
    with pytest.raises(selfcheck.WrongSums):
        tasks.self_check.drain()
    assert "1 of 1 traces had wrong sums" in JobRun.objects.get(name="self-check").error
    assert Trace.objects.for_project(project).get().error_count == 1
