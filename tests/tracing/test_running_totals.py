"""Spans that report the totals of the run so far, and those that only look like it."""

from dataclasses import replace
from decimal import Decimal
from random import Random

import pytest
from django.utils import timezone
from hypothesis import given, settings
from hypothesis import strategies as st

from projects.models import Project
from sessions.models import Session
from sessions.replay.account import compute_account
from sessions.rollup.tasks import recompute_dirty
from tests.tracing.naive import naive_branches, naive_session
from tests.tracing.reports import NOON, at, call, in_session, span
from tracing.ingest.pipeline import ingest
from tracing.models import Trace
from tracing.records import Kind, Level, SpanRecord
from tracing.store.deletion import erase_traces
from tracing.store.earlier import earlier_uses
from tracing.store.rows import priced, row_of
from tracing.store.run_reports import RunReport
from tracing.store.trace_totals import Totals, roll_up
from tracing.token_usage import Usage


def totals_of(*records: SpanRecord) -> Totals:
    rows = [priced(row_of(record, NOON)) for record in records]
    assert roll_up(rows[::-1], {}) == roll_up(rows, {})
    return roll_up(rows, {})


def turn(n: int, usage: tuple[int, int] | None, cost: str | None = None) -> SpanRecord:
    return span(
        "t", f"turn {n}", "root", kind=Kind.AGENT, started_at=at(n), ended_at=at(n + 0.9), model="gpt-4o",
        usage=Usage(*usage) if usage else None, total_cost=None if cost is None else Decimal(cost),
    )  # fmt: skip


ROOT = span("t", "root", ended_at=at(60))
CALLS = st.lists(st.lists(st.tuples(st.integers(1, 900), st.integers(1, 90)), min_size=1, max_size=3), min_size=2)


@settings(max_examples=100)
@given(CALLS, st.integers(0, 2), st.randoms(use_true_random=False))
def test_running_totals_count_what_each_step_adds(
    turns: list[list[tuple[int, int]]], before: int, mixed: Random
) -> None:
    """Each turn has its calls inside, and reports all calls so far and what came before."""
    so_far, records = [before, 0], [ROOT]
    for n, calls in enumerate(turns):
        so_far = [so_far[side] + sum(used[side] for used in calls) for side in (0, 1)]
        records.append(turn(n, (so_far[0], so_far[1]), str(so_far[0])))
        records += [call("t", f"{n}.{m}", f"turn {n}", tokens=used) for m, used in enumerate(calls)]
    mixed.shuffle(records)
    totals = totals_of(*records)

    assert (totals.input_tokens, totals.output_tokens) == tuple(so_far)
    assert totals.total_cost == so_far[0], "the bills are running totals, too"
    assert totals.call_count == sum(map(len, turns))
    tops = naive_branches([priced(row_of(record, NOON)) for record in records])
    assert totals.total_tokens == sum(top.tokens["total_tokens"] for top in tops)


@st.composite
def sessions(draw: st.DrawFn) -> tuple[list[list[SpanRecord]], tuple[int, int]]:
    """Turns of an agent that counts since it was created, each a trace. Turns fail, and the agent is created anew."""
    traces, true, so_far = [], (0, 0), (0, 0)
    asks_another = draw(st.booleans())
    for n, calls in enumerate(draw(CALLS)):
        so_far = (0, 0) if n and draw(st.integers(0, 5)) == 0 else so_far
        used = tuple(sum(call[side] for call in calls) for side in (0, 1))
        so_far = so_far[0] + used[0], so_far[1] + used[1]
        is_told = draw(st.integers(0, 4)) > 0
        agent = {"kind": Kind.AGENT, "name": "agent", "started_at": at(n), "ended_at": at(n + 0.9), "model": "gpt-4o"}
        told = span(f"t{n}", "agent", **agent, usage=Usage(*so_far) if is_told else None)
        records = [told if is_told else replace(told, level=Level.ERROR)]
        records += [call(f"t{n}", f"{m}", "agent", tokens=used) for m, used in enumerate(calls)]
        true = true[0] + used[0], true[1] + used[1]
        if asks_another:  # which the agent does not count, and which has calls and a total of its own
            other = {"kind": Kind.AGENT, "name": "other", "started_at": at(n + 0.1), "ended_at": at(n + 0.2)}
            records.append(span(f"t{n}", "other", "agent", **other, usage=Usage(7 * (n + 1), 3 * (n + 1))))
            records.append(call(f"t{n}", "inner", "other", tokens=(7, 3)))
            true = true[0] + 7, true[1] + 3
        traces.append(records)
    return traces, true


@settings(max_examples=150)
@given(sessions(), st.randoms(use_true_random=False))
def test_running_totals_over_traces_count_what_each_turn_adds(
    session: tuple[list[list[SpanRecord]], tuple[int, int]], mixed: Random
) -> None:
    records, true = session
    traces = [[priced(row_of(record, NOON)) for record in trace] for trace in records]
    told = [
        RunReport.from_json(rows[0].trace_id, stored)
        for rows in traces
        for stored in roll_up(rows, {}).run_reports or ()
    ]
    mixed.shuffle(told)
    uses = earlier_uses(told)
    sums = [roll_up(rows, {}, uses[rows[0].trace_id].as_json()) for rows in traces]

    assert (sum(t.input_tokens for t in sums), sum(t.output_tokens for t in sums)) == true
    assert sum(t.call_count for t in sums) == sum(row.kind == Kind.GENERATION for rows in traces for row in rows)
    assert sum(t.total_tokens for t in sums) == sum(b.tokens["total_tokens"] for b in naive_session(traces))


def told_turn(n: int, so_far: tuple[int, int], *calls: tuple[int, int]) -> list[SpanRecord]:
    agent = {"kind": Kind.AGENT, "name": "agent", "model": "gpt-4o", "started_at": at(9 * n), "ended_at": at(9 * n + 5)}
    inside = [call(f"t{n}", f"{m}", "agent", tokens=used, started_at=at(9 * n)) for m, used in enumerate(calls)]
    return [span(f"t{n}", "agent", **agent, usage=Usage(*so_far), claims=in_session("s")), *inside]


@pytest.mark.django_db
def test_a_session_counts_running_totals_once_whatever_arrives_first_and_is_deleted(project: Project) -> None:
    def settled() -> tuple[int, int, int]:
        recompute_dirty(project.pk)
        session = Session.objects.for_project(project).get()
        account = compute_account(session)
        return session.total_tokens, account.not_itemised_tokens, account.doubtful_tokens

    ingest(project.pk, told_turn(2, (540, 95), (180, 40), (240, 30)))
    assert settled() == (635, 145, 0), "what the agent used before is not itemised"
    ingest(project.pk, told_turn(1, (120, 25), (120, 25)))
    assert settled() == (635, 0, 0), "now it is"
    assert list(Trace.objects.for_project(project).order_by("trace_id").values_list("total_tokens", flat=True)) == [
        145,
        490,
    ]
    ingest(project.pk, told_turn(3, (540, 95), (540, 95)))
    assert settled() == (1_270, 0, 0), "an agent that was created anew"
    erase_traces(project.pk, ["t1"], timezone.now())
    assert settled() == (1_270, 145, 0)


@pytest.mark.django_db
def test_traces_that_only_grow_are_counted_and_doubted(project: Project) -> None:
    for n, so_far in enumerate([(100, 20), (250, 40), (420, 61), (700, 90)]):
        ingest(project.pk, told_turn(n, so_far))
    recompute_dirty(project.pk)
    session = Session.objects.for_project(project).get()
    account = compute_account(session)

    assert (session.total_tokens, account.tokens_without_doubt) == (1_681, 790)
    ingest(project.pk, told_turn(4, (710, 95)))
    recompute_dirty(project.pk)
    assert compute_account(session).doubtful_tokens == 0, "a running total grows by more on each turn"


def test_reports_that_are_not_the_one_before_and_the_calls_inside_are_no_running_totals() -> None:
    calls = [call("t", f"{n}", f"turn {n}", started_at=at(n)) for n in range(3)]
    steps = [turn(0, (100, 20)), turn(1, (200, 40)), turn(2, (300, 61))]

    assert totals_of(ROOT, *steps[:2], *calls[:2]).input_tokens == 200
    totals = totals_of(ROOT, *steps, *calls)
    assert (totals.input_tokens, totals.output_tokens) == (600, 121)
    assert totals.left_out["not_itemised_tokens"] == 361


def test_reports_that_only_grow_are_counted_and_doubted() -> None:
    totals = totals_of(ROOT, turn(0, (100, 20), "1"), turn(1, (250, 40), "3"), turn(2, (420, 61), "4"))

    assert (totals.total_tokens, totals.total_cost) == (891, 8)
    left = totals.left_out
    assert (left["doubtful_tokens"], Decimal(left["doubtful_cost"])) == (410, 4)
    assert "doubtful_tokens" not in totals_of(ROOT, turn(0, (100, 20)), turn(1, (250, 40)), turn(2, (420, 9))).left_out
    assert "doubtful_tokens" not in totals_of(ROOT, turn(0, (100, 20)), turn(1, (250, 40))).left_out
