"""What a trace's usage by model says, added up by hand: kinds of tokens, sides of costs, and who is not itemised."""

from decimal import Decimal
from itertools import permutations
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.tracing.reports import NOON, at, call, span, usd
from tracing.records import Claims, Kind, Level, Origin, SpanRecord
from tracing.store.rows import priced, row_of
from tracing.store.span_tree import children_first, parents_of
from tracing.store.trace_totals import Totals, roll_up
from tracing.token_usage import Usage

CACHED, WRITTEN, REASONING = "cached_tokens", "cache_write_tokens", "reasoning_tokens"


def totals_of(*records: SpanRecord, claims: dict[str, Any] | None = None) -> Totals:
    return roll_up([priced(row_of(record, NOON)) for record in records], claims or {})


def usage_of(totals: Totals) -> dict[str, dict[str, Any]]:
    """The usage by model with its costs as numbers, whatever their trailing zeros."""
    return {
        model: {name: Decimal(value) if name.endswith("cost") else value for name, value in usage.items()}
        for model, usage in totals.usage_by_model.items()
    }


def stated(span_id: str, parent: str | None = None, *, usage: Usage | None = None, **fields: Any) -> SpanRecord:
    """A call of a model without a price."""
    return call("t", span_id, parent, usage=usage, **{"model": "m"} | fields)


def test_every_kind_of_tokens_and_costs_is_summed_by_model() -> None:
    costs = [{f"{side}_cost": usd(cost) for side, cost in zip(("input", "output", "total"), three, strict=True)}
             for three in (("0.1", "0.2", "0.4"), ("1.1", "1.2", "3"), ("5", "6", "11"))]  # fmt: skip
    found = totals_of(
        stated("1", usage=Usage(100, 10, 111, 40, 20, 3), **costs[0]),
        stated("2", usage=Usage(1_000, 200, None, 500, 60, 7), **costs[1]),
        stated("3", usage=Usage(5, 6, None, 1, 2, 4), model=None, **costs[2]),
    )

    assert usage_of(found) == {
        "m": {
            "call_count": 2, "unmeasured_count": 0, "unpriced_count": 0, "input_tokens": 1_100, "output_tokens": 210,
            "total_tokens": 1_311, CACHED: 540, WRITTEN: 80, REASONING: 10, "not_itemised_tokens": 0,
            "input_cost": usd("1.2"), "output_cost": usd("1.4"), "total_cost": usd("3.4"),
        },
        "unknown": {
            "call_count": 1, "unmeasured_count": 0, "unpriced_count": 0, "input_tokens": 5, "output_tokens": 6,
            "total_tokens": 11, CACHED: 1, WRITTEN: 2, REASONING: 4, "not_itemised_tokens": 0,
            "input_cost": 5, "output_cost": 6, "total_cost": 11,
        },
    }  # fmt: skip
    assert (found.input_tokens, found.output_tokens, found.total_tokens) == (1_105, 216, 1_322)
    assert (found.input_cost, found.output_cost, found.total_cost) == (usd("6.2"), usd("7.4"), usd("14.4"))


def test_a_wrapper_adds_of_each_kind_what_it_knows_beyond() -> None:
    found = totals_of(
        stated("agent", model="w", usage=Usage(300, 30, None, 120, 5, 9)),
        stated("1", "agent", usage=Usage(100, 20, None, 50, 5, 4)),
        stated("2", "agent", usage=Usage(100, 20, None, 50, 3, 0)),
    ).usage_by_model

    kinds = ("input_tokens", "output_tokens", "total_tokens", CACHED, WRITTEN, REASONING, "not_itemised_tokens")
    assert [found["m"][kind] for kind in kinds] == [200, 40, 240, 100, 8, 4, 0]
    assert [found["w"][kind] for kind in kinds] == [100, 0, 100, 20, 0, 5, 100]
    assert (found["m"]["call_count"], found["w"]["call_count"]) == (2, 0)
    assert (found["m"]["unpriced_count"], found["w"]["unpriced_count"]) == (2, 0)


def test_a_silent_call_is_unmeasured_and_unpriced_under_its_model() -> None:
    found = totals_of(stated("1", output="x"), stated("2", usage=Usage(1, 1)), stated("3", total_cost=usd("2")))
    usage = usage_of(found)["m"]
    assert (usage["call_count"], usage["unmeasured_count"], usage["unpriced_count"]) == (3, 2, 2)
    assert (usage["total_tokens"], usage["total_cost"]) == (2, 2)


@pytest.mark.parametrize(
    ("kind", "model", "level", "calls"),
    [
        (Kind.GENERATION, None, None, 1), (Kind.GENERATION, "m", Level.WARNING, 1), (Kind.EMBEDDING, "m", None, 1),
        (Kind.EMBEDDING, None, None, 0), (Kind.TOOL, "m", None, 0), (Kind.GENERATION, "m", Level.ERROR, 0),
    ],
)  # fmt: skip
def test_what_is_a_model_call_without_usage(kind: Kind, model: str | None, level: Level | None, calls: int) -> None:
    found = totals_of(span("t", "a", kind=kind, model=model, level=level))
    assert (found.call_count, found.unmeasured_count, found.unpriced_count) == (calls, calls, calls)
    assert found.error_count == (level == Level.ERROR)


def test_a_bill_is_shared_out_among_the_prices_below() -> None:
    """Two calls of 0.00045 and 0.0009 (a third and two thirds), and a bill of 0.0003 for both."""
    found = totals_of(
        span("t", "agent", total_cost=usd("0.0003")),
        call("t", "1", "agent"),
        call("t", "2", "agent", tokens=(200, 40), model="gpt-4o-2024-08-06"),
    )
    shared = {model: Decimal(usage["total_cost"]) for model, usage in found.usage_by_model.items()}
    assert shared == {"gpt-4o": usd("0.0001"), "gpt-4o-2024-08-06": usd("0.0002")}
    assert found.total_cost == usd("0.0003")
    assert found.usage_by_model["gpt-4o"]["input_cost"] == "0.000055555556"  # 0.00025 / 0.00135 * 0.0003


def test_the_parts_of_a_surplus_are_no_more_than_the_whole() -> None:
    costs = {"input_cost": usd("3"), "output_cost": usd("4"), "total_cost": usd("5")}
    found = totals_of(stated("a", usage=Usage(1, 1), **costs))
    assert (found.input_cost, found.output_cost, found.total_cost) == (3, 2, 5)
    below = {"input_cost": usd("1"), "output_cost": usd("1"), "total_cost": usd("2")}
    found = totals_of(stated("a", usage=Usage(2, 2), **costs), stated("b", "a", usage=Usage(1, 1), **below))
    assert (found.input_cost, found.output_cost, found.total_cost) == (3, 2, 5)


def test_a_trace_lasts_from_its_first_start_to_its_last_end() -> None:
    found = totals_of(
        span("t", "a", started_at=at(5), ended_at=at(6)),
        span("t", "b", started_at=at(2), ended_at=None),
        span("t", "c", started_at=None, ended_at=at(9)),
        span("t", "d", started_at=None, ended_at=None),
    )
    assert (found.started_at, found.ended_at, found.span_count) == (at(2), at(9), 4)
    open_ended = totals_of(span("t", "a"), span("t", "b", started_at=at(7), ended_at=None))
    assert open_ended.ended_at == at(7), "a start is an end as well as long as no end is known"
    nothing = totals_of(span("t", "a", started_at=None, ended_at=None))
    assert (nothing.started_at, nothing.ended_at) == (None, None)


def test_tools_are_those_that_ran_and_those_that_were_called() -> None:
    found = totals_of(
        span("t", "a", name="search", kind=Kind.TOOL),
        span("t", "b", name="no tool", kind=Kind.CHAIN),
        span("t", "c", name=None, kind=Kind.TOOL),
        span("t", "d", claims=Claims(tool_names=["pay", "search"])),
    )
    assert found.tool_names == ["pay", "search"]


def test_an_applications_session_wins_over_a_librarys_and_rivals_are_named() -> None:
    library = Claims(session_id="lib", session_origin=Origin.LIBRARY)
    late = Claims(session_id="app-2", session_origin=Origin.APPLICATION)
    found = totals_of(
        span("t", "root", claims=library),
        span("t", "b", "root", started_at=at(2), claims=late),
        span("t", "a", "root", started_at=at(1), claims=Claims(session_id="app-1")),
    )
    assert (found.session_id, found.other_session_ids) == ("app-1", ["app-2"])
    only = totals_of(span("t", "root", claims=library))
    assert (only.session_id, only.other_session_ids) == ("lib", [])
    said = totals_of(span("t", "root", claims=late), claims={"session_id": "trace"})
    assert (said.session_id, said.other_session_ids) == ("trace", ["app-2"])


def test_of_what_spans_say_the_stronger_word_counts_and_sets_are_joined() -> None:
    first = Claims(user_id="u1", tags=["b"], metadata={"k": 1, "x": 1}, public=False)
    second = Claims(user_id="u2", release="r2", tags=["a", "b"], metadata={"k": 2, "y": 2}, public=True)
    found = totals_of(span("t", "root", claims=first), span("t", "a", "root", name="n", claims=second))
    assert (found.user_id, found.release, found.public, found.environment) == ("u1", "r2", False, "default")
    assert (found.tags, found.metadata) == (["a", "b"], {"k": 1, "x": 1, "y": 2})


@pytest.mark.parametrize(
    ("kinds", "source"),
    [
        ({"root": Kind.SPAN, "agent": Kind.AGENT, "call": Kind.GENERATION}, "root"),
        ({"agent": Kind.AGENT, "call": Kind.GENERATION}, "agent"),
        ({"agent": Kind.CHAIN, "call": Kind.GENERATION}, "agent"),
        ({"agent": Kind.TOOL, "call": Kind.GENERATION}, "call"),
        ({"agent": Kind.TOOL}, "agent"),  # a turn of a tool alone shows what there is
    ],
)
def test_the_texts_of_a_trace_are_those_of_its_outermost_speaker(kinds: dict[str, Kind], source: str | None) -> None:
    spans = [span("t", "root")] if "root" not in kinds else []
    spans += [
        span("t", name, None if name == "root" else "root", kind=kind, input="in", output="out")
        for name, kind in kinds.items()
    ]
    for order in permutations(spans):
        found = totals_of(*order)
        assert (found.root_span_id, found.input_span_id, found.output_span_id) == ("root", source, source)


PARENTS = st.lists(st.sampled_from([None, "gone", *"012345"]), min_size=1, max_size=6)


@settings(max_examples=100)
@given(PARENTS)
def test_any_parents_form_trees_that_hold_every_span(named: list[str | None]) -> None:
    rows = [row_of(span("t", str(n), parent), NOON) for n, parent in enumerate(named)]
    parents = parents_of(rows)

    assert parents == dict(reversed(parents_of(list(reversed(rows))).items()))
    for row in rows:
        assert parents[row.span_id] in (None, row.parent_id)
        path, here = [], row.span_id
        while here is not None:
            assert here not in path, "a loop"
            path.append(here)
            here = parents[here]  # type: ignore[assignment]
    order = [row.span_id for row in children_first(rows, parents)]
    assert sorted(order) == sorted(parents)
    assert all(order.index(child) < order.index(parent) for child, parent in parents.items() if parent is not None)
