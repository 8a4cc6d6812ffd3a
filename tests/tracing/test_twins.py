"""One call that several spans tell: by its response id, or by two instrumentations at the same time."""

from decimal import Decimal
from itertools import permutations
from typing import Any

import pytest

from tests.tracing.reports import NOON, at, call, span
from tracing.records import Kind, Level, SpanRecord
from tracing.store.rows import priced, row_of
from tracing.store.trace_totals import Totals, roll_up
from tracing.token_usage import Usage

OTEL, SDK, GATEWAY = "opentelemetry.instrumentation.openai", "openinference.instrumentation.openai", "litellm"


def totals_of(*records: SpanRecord) -> Totals:
    """Sum up a trace, whose sums must not depend on the order of its spans."""
    rows = [priced(row_of(record, NOON)) for record in records]
    totals = roll_up(rows, {})
    for order in permutations(rows) if len(rows) < 6 else [rows[::-1]]:
        assert roll_up(order, {}) == totals
    return totals


def counts(totals: Totals) -> tuple[int, int, int, int]:
    return totals.call_count, totals.input_tokens, totals.output_tokens, totals.error_count


def told(span_id: str, parent: str | None = "root", *, scope: str = OTEL, **fields: Any) -> SpanRecord:
    return call("t", span_id, parent, scope=scope, **fields)


ROOT = span("t", "root", ended_at=at(30))
INSIDE = {"started_at": at(0.1), "ended_at": at(0.9)}


@pytest.mark.parametrize(
    "other",
    [
        told("b", scope=SDK, **INSIDE),
        told("b", "a", scope=SDK, **INSIDE),
        told("b", "chain", scope=SDK, **INSIDE),
        told("b", scope=GATEWAY, model="openai/gpt-4o-2024-08-06", **INSIDE),
        told("b", scope=SDK, usage=None, **INSIDE),
        told("b", response_id="r1", usage=Usage(100, 21), **INSIDE),
        told("b", response_id="r1", model="gateway-alias", started_at=at(20), ended_at=at(21)),
    ],
)
def test_a_call_that_two_instrumentations_tell_is_one_call(other: SpanRecord) -> None:
    fuller = told("a", usage=Usage(100, 20, 120, 40), response_id="r1")
    totals = totals_of(ROOT, span("t", "chain", "root"), fuller, other)

    assert counts(totals) == (1, 100, 20, 0)
    assert totals.total_cost == totals_of(ROOT, fuller).total_cost, "the fuller report has the price of cached tokens"
    assert totals.unmeasured_count == totals.unpriced_count == 0
    assert totals.left_out["span_count"] == 1


@pytest.mark.parametrize(
    "other",
    [
        told("b", started_at=at(1), ended_at=at(2)),
        told("b", scope=SDK, started_at=at(1), ended_at=at(2)),
        told("b"),
        told("b", scope=SDK, response_id="r2"),
        told("b", response_id="r2"),
        told("b", scope=SDK, model="gpt-4o-mini"),
        told("b", scope=SDK, usage=Usage(100, 21)),
        told("b", response_id="r1", usage=Usage(90, 9), started_at=at(5), ended_at=at(6)),
    ],
)
def test_calls_that_are_only_alike_are_two(other: SpanRecord) -> None:
    assert totals_of(ROOT, told("a", response_id="r1"), other).call_count == 2


def test_parallel_calls_are_paired_one_by_one() -> None:
    spans = [told(f"{scope}{n}", scope=scope, started_at=at(n / 10)) for n in range(3) for scope in (OTEL, SDK)]

    assert counts(totals_of(ROOT, *spans)) == (3, 300, 60, 0)


def test_a_failure_that_two_instrumentations_tell_is_one_failure() -> None:
    failed = {"level": Level.ERROR, "usage": None}
    assert counts(totals_of(ROOT, told("a", **failed), told("b", scope=SDK, **failed, **INSIDE))) == (0, 0, 0, 1)
    assert totals_of(ROOT, told("a", **failed), told("b", **failed, **INSIDE)).error_count == 2
    retried = told("b", scope=SDK, started_at=at(0.5), ended_at=at(0.9))
    assert counts(totals_of(ROOT, told("a", **failed), retried)) == (1, 100, 20, 1)


def test_a_bill_of_either_report_counts() -> None:
    gateway = told("b", scope=GATEWAY, total_cost=Decimal("0.7"), **INSIDE)
    totals = totals_of(ROOT, told("a", usage=Usage(100, 20, 120, 40)), gateway)

    assert (totals.total_cost, totals.call_count, totals.usage_by_model["gpt-4o"]["cached_tokens"]) == (
        Decimal("0.7"), 1, 40,
    )  # fmt: skip


def test_a_wrapper_beside_a_call_adds_nothing_that_the_call_says() -> None:
    """Two instrumentations tell the same agent with the same call, each as a tree of its own."""
    trees = [
        record
        for scope in (OTEL, SDK)
        for record in (
            span("t", f"agent {scope}", "root", kind=Kind.AGENT, model="gpt-4o", usage=Usage(100, 20), scope=scope),
            told(f"call {scope}", f"agent {scope}", scope=scope),
        )
    ]
    assert counts(totals_of(ROOT, *trees)) == (1, 100, 20, 0)
    whole = totals_of(span("t", "root", model="gpt-4o", usage=Usage(150, 30)), *trees)
    assert counts(whole) == (1, 150, 30, 0), "what the root knows beyond the one call"


def test_a_raw_request_inside_of_a_twin_is_the_same_call() -> None:
    gateway = told("a", scope=GATEWAY, response_id="r")
    raw = told("raw", "a", scope=GATEWAY, **INSIDE)

    assert counts(totals_of(ROOT, gateway, raw, told("b", response_id="r"))) == (1, 100, 20, 0)


def test_an_agent_with_the_id_of_its_last_answer_is_a_wrapper() -> None:
    agent = told("agent", usage=Usage(300, 60), response_id="r2", ended_at=at(3))
    steps = told("1", "agent", response_id="r1"), told("2", "agent", usage=Usage(200, 40), response_id="r2")

    assert counts(totals_of(ROOT, agent, *steps)) == (2, 300, 60, 0)
