"""Spans that report the totals of the run so far, and those that only look like it."""

from decimal import Decimal
from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.tracing.naive import naive_branches
from tests.tracing.reports import NOON, at, call, span
from tracing.records import Kind, SpanRecord, Usage
from tracing.store.rows import priced, row_of
from tracing.store.trace_totals import Totals, roll_up


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
