"""The counting rule against a second, naive implementation, and the decisions about a trace one by one."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from itertools import permutations

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from tests.tracing.naive import is_above, naive_branches, told_calls, used
from tests.tracing.reports import NOON, at, call, span
from tracing.records import Claims, Kind, Level, Origin, SpanRecord
from tracing.store.rows import SpanRow, priced, row_of
from tracing.store.span_tree import parents_of
from tracing.store.trace_totals import Totals, roll_up
from tracing.store.witnesses import COST_FIELDS
from tracing.token_usage import Usage


def totals_of(*records: SpanRecord) -> Totals:
    return roll_up([priced(row_of(record, NOON)) for record in records], {})


TOLD_KINDS = (Kind.GENERATION, Kind.GENERATION, Kind.EMBEDDING, Kind.AGENT)


@st.composite
def tellings_of(draw: st.DrawFn, known: SpanRecord, span_id: str) -> SpanRecord:
    """The report of another instrumentation on nearly the same work."""
    assert known.started_at is not None
    assert known.ended_at is not None
    return replace(
        known,
        span_id=span_id,
        parent_id=draw(st.sampled_from([known.parent_id, known.parent_id, known.span_id])),
        scope=draw(st.sampled_from(["one", "other", "third"])),
        response_id=draw(st.sampled_from([None, known.response_id])),
        usage=draw(st.sampled_from([None, known.usage])),
        started_at=known.started_at + timedelta(milliseconds=draw(st.integers(-9, 9))),
        ended_at=known.ended_at + timedelta(milliseconds=draw(st.integers(0, 20))),
    )


@st.composite
def trees(draw: st.DrawFn) -> list[SpanRecord]:
    """Spans whose parents stand before them, may be missing, and come in any order."""
    count = draw(st.integers(1, 14))
    is_told_twice = draw(st.booleans())
    records = []
    for n in range(count):
        if is_told_twice and records and draw(st.booleans()):
            records.append(draw(tellings_of(records[-1], str(n))))
            continue
        parent = draw(st.one_of(st.none(), st.just("missing"), st.integers(0, n - 1).map(str) if n else st.none()))
        tokens = draw(st.one_of(st.none(), st.tuples(st.integers(0, 500), st.integers(0, 500))))
        records.append(
            SpanRecord(
                "t",
                str(n),
                parent,
                kind=draw(st.sampled_from(TOLD_KINDS if is_told_twice else Kind)),
                level=draw(st.sampled_from([None, Level.DEFAULT, Level.ERROR])),
                model=draw(st.sampled_from([None, "gpt-4o", "gpt-4o-mini", "no-such-model"])),
                usage=None if tokens is None else Usage(*tokens, draw(st.sampled_from([None, 0, 700]))),
                output=draw(st.sampled_from([None, "done"])),
                total_cost=draw(st.one_of(st.none(), st.decimals(0, 2, places=6))),
                started_at=at(start := draw(st.integers(0, 100))),
                ended_at=at(start + draw(st.integers(0, 9))),
                scope=draw(st.sampled_from(["one", "other"])) if is_told_twice else None,
                response_id=draw(st.sampled_from([None, None, "r1", "r2"])) if is_told_twice else None,
            )
        )
    return draw(st.permutations(records))


def reports(row: SpanRow) -> bool:
    return bool(used(row)) or row.total_cost is not None or row.kind in (Kind.GENERATION, Kind.EMBEDDING)


def reports_again_inside(told: list[SpanRow], rows: list[SpanRow]) -> bool:
    """Whether there are wrappers or calls around the spans of one call: their sums need a common span to meet."""
    others = [row for row in rows if row not in told and (reports(row) or row.level == Level.ERROR)]
    return any(is_above(other, span, rows) or is_above(span, other, rows) for other in others for span in told)


@settings(max_examples=400, deadline=None)
@given(trees())
def test_the_sums_equal_a_naive_count_whatever_the_order(records: list[SpanRecord]) -> None:
    rows = [priced(row_of(record, NOON)) for record in records]
    assume(not any(reports_again_inside(call, rows) for call in told_calls(rows)))
    totals = roll_up(rows, {})

    tops = naive_branches(rows)
    for name in ("input_tokens", "output_tokens", "total_tokens"):
        assert getattr(totals, name) == sum(top.tokens[name] for top in tops)
        assert sum(usage[name] for usage in totals.usage_by_model.values()) == getattr(totals, name)
    assert totals.total_cost == sum(top.cost for top in tops)
    assert totals.call_count == sum(len(top.calls) for top in tops)
    assert totals.unmeasured_count == sum(len(top.unmeasured) for top in tops)
    assert totals.unpriced_count == sum(len(top.unpriced) for top in tops)
    assert totals.error_count == sum(top.failures for top in tops)
    assert totals.total_tokens >= totals.input_tokens + totals.output_tokens
    assert totals.total_cost >= totals.input_cost + totals.output_cost
    assert all(Decimal(usage[cost]) >= 0 for usage in totals.usage_by_model.values() for cost in COST_FIELDS)
    assert sum(usage["call_count"] for usage in totals.usage_by_model.values()) == totals.call_count
    assert sum(Decimal(usage["total_cost"]) for usage in totals.usage_by_model.values()) == totals.total_cost
    assert roll_up(list(reversed(rows)), {}) == totals


def test_a_wrapper_that_repeats_its_childrens_usage_is_not_counted_again() -> None:
    totals = totals_of(
        call("t", "agent", tokens=(300, 60)), call("t", "1", "agent"), call("t", "2", "agent", tokens=(200, 40))
    )

    assert (totals.input_tokens, totals.output_tokens, totals.call_count) == (300, 60, 2)


def test_a_loop_of_parents_loses_nothing_and_has_a_root() -> None:
    totals = totals_of(call("t", "a", "c"), span("t", "b", "a"), span("t", "c", "b"), call("t", "self", "self"))

    assert totals.input_tokens == 200
    assert totals.root_span_id == "a", "the loop is cut above its smallest id, which is older than `self`"


def test_a_stated_total_beyond_the_parts_is_kept() -> None:
    assert totals_of(call("t", "a", usage=Usage(10, 5, 40))).total_tokens == 40
    assert totals_of(call("t", "a", usage=Usage(None, None, 40))).total_tokens == 40
    assert totals_of(call("t", "a", usage=Usage(10, 5, 3))).total_tokens == 15


def test_a_span_marked_as_root_is_the_root_although_its_parent_never_came() -> None:
    totals = totals_of(
        span("t", "early"), span("t", "marked", "elsewhere", is_root=True, name="turn", started_at=at(5))
    )

    assert (totals.root_span_id, totals.name) == ("marked", "turn")


def test_a_span_whose_end_is_missing_still_bounds_the_trace() -> None:
    totals = totals_of(
        span("t", "a", ended_at=None, started_at=at(9)), span("t", "b", "a", started_at=None, ended_at=None)
    )

    assert (totals.started_at, totals.ended_at) == (at(9), at(9))


def test_the_weightiest_claim_decides_and_sets_are_joined() -> None:
    totals = totals_of(
        span(
            "t",
            "child",
            "root",
            claims=Claims(user_id="late", tags=["b"], metadata={"k": 1, "own": 2}),
            started_at=at(-5),
        ),
        span("t", "root", claims=Claims(user_id="root", tags=["a"], metadata={"k": 0}, environment="staging")),
    )

    assert (totals.user_id, totals.environment, totals.tags) == ("root", "staging", ["a", "b"])
    assert totals.metadata == {"k": 0, "own": 2}


def test_of_two_session_ids_below_the_root_the_earliest_wins() -> None:
    totals = totals_of(
        span("t", "root"),
        span("t", "b", "root", started_at=at(2), claims=Claims(session_id="later", session_origin=Origin.APPLICATION)),
        span(
            "t", "a", "root", started_at=at(1), claims=Claims(session_id="earlier", session_origin=Origin.APPLICATION)
        ),
    )

    assert (totals.session_id, totals.other_session_ids) == ("earlier", ["later"])


def test_a_loop_is_cut_at_the_same_place_in_every_order() -> None:
    loop = (span("t", "a", "c"), span("t", "b", "a"), span("t", "c", "b"), span("t", "below", "b"))
    rows = [row_of(record, NOON) for record in loop]

    for order in permutations(rows):
        assert parents_of(order) == {"a": None, "b": "a", "c": "b", "below": "b"}
        assert roll_up(order, {}).root_span_id == "a"


def test_an_orphan_is_no_root_beside_a_span_without_a_parent() -> None:
    assert totals_of(span("t", "orphan", "elsewhere", started_at=at(-5)), span("t", "top")).root_span_id == "top"


def test_a_repeated_failure_alone_leaves_out_no_tokens() -> None:
    left = totals_of(call("t", "agent", level=Level.ERROR), span("t", "step", "agent", level=Level.ERROR)).left_out

    assert left == {"span_count": 1, "error_count": 1}


def test_each_wrapper_of_a_nest_adds_what_it_knows_beyond_all_below() -> None:
    left = totals_of(
        call("t", "top", tokens=(500, 0)),
        call("t", "mid", "top", tokens=(300, 0)),
        call("t", "1", "mid", tokens=(100, 0)),
        call("t", "2", "mid", tokens=(100, 0)),
    ).left_out

    assert (left["total_tokens"], left["not_itemised_tokens"]) == (500, 300)  # 200 + 300 and 100 + 200


def test_a_wrapper_that_reports_less_than_its_calls_adds_nothing() -> None:
    left = totals_of(call("t", "agent", tokens=(10, 0)), call("t", "1", "agent", tokens=(100, 0))).left_out

    assert (left["total_tokens"], left["not_itemised_tokens"]) == (10, 0)


def bill(
    wrapper: tuple[tuple[int, int], str | None],
    *below: tuple[tuple[int, int] | None, str | None],
    model: str = "gpt-4o",
) -> Totals:
    """Sum up a wrapper with calls below it; each has tokens and, where it states one, its cost."""
    (tokens, cost), calls = wrapper, enumerate(below)
    return totals_of(
        call("t", "agent", tokens=tokens, total_cost=None if cost is None else Decimal(cost)),
        *(
            call("t", str(n), "agent", tokens=used, total_cost=None if stated is None else Decimal(stated))
            if used
            else call("t", str(n), "agent", model="no-such-model", tokens=(100, 20))
            for n, (used, stated) in calls
        ),
    )


PRICE = Decimal("0.00045")  # of a `call` of 100 and 20 tokens


@pytest.mark.parametrize(
    ("wrapper", "below", "cost", "unpriced_count"),
    [
        (((200, 40), "2.42"), [((100, 20), None), ((100, 20), None)], "2.42", 0),
        (((200, 40), "0.0003"), [((100, 20), None), ((100, 20), None)], "0.0003", 0),
        (((200, 40), "0.5"), [((100, 20), "0.3"), ((100, 20), None)], "0.5", 0),
        (((200, 40), "0.5"), [((100, 20), "0.3"), ((100, 20), "0.4")], "0.7", 0),
        (((200, 40), "0.3"), [((100, 20), "0.3"), ((100, 20), None)], str(Decimal("0.3") + PRICE), 0),
        (((300, 60), None), [((100, 20), None), ((100, 20), None)], str(3 * PRICE), 0),
        (((300, 60), None), [((100, 20), "0.1"), ((100, 20), "0.1")], str(Decimal("0.2") + PRICE), 0),
        (((200, 40), None), [((100, 20), None), ((100, 20), None)], str(2 * PRICE), 0),
        (((200, 40), None), [((100, 20), None), (None, None)], str(2 * PRICE), 0),
        (((100, 20), None), [((200, 40), None), (None, None)], str(2 * PRICE), 1),
    ],
)
def test_a_bill_counts_by_the_table_of_the_documentation(
    wrapper: tuple[tuple[int, int], str | None],
    below: list[tuple[tuple[int, int] | None, str | None]],
    cost: str,
    unpriced_count: int,
) -> None:
    totals = bill(wrapper, *below)

    assert (totals.total_cost, totals.unpriced_count) == (Decimal(cost), unpriced_count)
    assert totals.call_count == len(below)


def test_a_call_without_usage_is_not_free() -> None:
    totals = totals_of(span("t", "a", kind=Kind.GENERATION, model="gpt-4o", output="Once upon a time"), call("t", "b"))

    assert (totals.call_count, totals.unmeasured_count, totals.unpriced_count) == (2, 1, 1)
    assert totals.usage_by_model["gpt-4o"]["unmeasured_count"] == 1


def test_a_wrapper_speaks_for_calls_that_report_no_usage() -> None:
    totals = totals_of(
        call("t", "agent", tokens=(100, 20), total_cost=Decimal(2)),
        span("t", "a", "agent", kind=Kind.GENERATION, model="gpt-4o", output="yes"),
    )

    assert (totals.call_count, totals.unmeasured_count, totals.unpriced_count) == (1, 0, 0)
    assert (totals.total_tokens, totals.total_cost) == (120, 2)


def test_a_failed_call_without_usage_is_only_a_failure() -> None:
    totals = totals_of(span("t", "a", kind=Kind.GENERATION, model="gpt-4o", level=Level.ERROR))

    assert (totals.call_count, totals.unmeasured_count, totals.error_count) == (0, 0, 1)


def test_a_call_that_failed_as_a_span_above_it_says_is_only_a_failure() -> None:
    agent = span("t", "agent", kind=Kind.AGENT, level=Level.ERROR)
    step, asked = span("t", "step", "agent", kind=Kind.CHAIN), {"kind": Kind.GENERATION, "model": "gpt-4o"}
    refused = span("t", "b", "step", started_at=at(2), **asked)

    totals = totals_of(agent, step, refused)
    assert (totals.call_count, totals.unmeasured_count, totals.error_count, totals.usage_by_model) == (0, 0, 1, {})
    earlier = span("t", "a", "step", started_at=at(1), **asked)
    assert totals_of(agent, step, earlier, refused).call_count == 1, "only the last one"
    assert totals_of(agent, step, replace(refused, output="no")).call_count == 1, "it was answered"
    failed_tool = span("t", "tool", "step", kind=Kind.TOOL, level=Level.ERROR)
    assert totals_of(agent, step, refused, failed_tool).call_count == 1, "something else failed"


def test_a_call_that_is_prepared_or_summed_up_in_another_span_is_one_call() -> None:
    prepared = span("t", "a", "root", kind=Kind.GENERATION, model="gpt-4o", started_at=at(1), ended_at=at(2))
    summary = call("t", "c", "root", started_at=at(9), ended_at=at(9))
    stream = span("t", "b", "root", kind=Kind.GENERATION, model="gpt-4o", started_at=at(5), ended_at=at(6))
    call_itself = call("t", "z", "root", started_at=at(2), ended_at=at(3))

    assert totals_of(span("t", "root"), prepared, call_itself, stream, summary).call_count == 2
    assert totals_of(span("t", "root"), stream, replace(summary, started_at=at(8))).call_count == 2
