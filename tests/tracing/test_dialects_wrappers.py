"""Who is believed, in every spelling: a wrapper that tells less, as much or more than the calls below it."""

from decimal import Decimal
from itertools import product

import pytest

from tests.tracing.naive import naive
from tests.tracing.reports import NOON, at, usd
from tests.tracing.spans import translated
from tests.tracing.spellings import CALL, SPELLINGS, Spelling, Tokens
from tracing.store.rows import SpanRow, priced, row_of
from tracing.store.trace_totals import roll_up

CALLS_BELOW = 2
WRAPPERS = {"less": Tokens(500, 40), "as much": Tokens(2_000, 160), "more": Tokens(3_000, 200)}
BILLS = [None, usd("0.000001"), usd("5")]  # of a wrapper: none, less than anything below, more than that
STATED_BELOW = [None, usd("1")]  # by each call


def told(
    spelling: Spelling, tokens: Tokens, span_id: str, stated: Decimal | None, parent: str | None = None
) -> SpanRow:
    """A span with this usage as the library spells it, of a model with a price, and a stated cost if there is one."""
    attributes = spelling.attributes(tokens.told(spelling.beside))
    second = int(span_id)
    record = translated(
        attributes,
        span_id=span_id,
        parent_id=parent,
        scope_name=spelling.scope,
        started_at=at(second),
        ended_at=at(second + 1),
    )
    record.model, record.total_cost = "claude-sonnet-4-5", stated
    return priced(row_of(record, NOON))


@pytest.mark.parametrize("name", SPELLINGS)
def test_a_wrapper_is_believed_by_the_same_table_in_every_spelling(name: str) -> None:
    spelling = SPELLINGS[name]
    for (reports, tokens), bill, stated in product(WRAPPERS.items(), BILLS, STATED_BELOW):
        wrapper = told(spelling, tokens, "1", bill)
        calls = [told(spelling, CALL, str(number + 2), stated, "1") for number in range(CALLS_BELOW)]
        case = (reports, bill, stated)

        totals = roll_up([wrapper, *calls], {})
        by_rule = naive(wrapper, [wrapper, *calls])

        most = (max(tokens.input, CALLS_BELOW * CALL.input), max(tokens.output, CALLS_BELOW * CALL.output))
        assert (totals.input_tokens, totals.output_tokens) == most, case
        assert (totals.call_count, totals.unmeasured_count, totals.unpriced_count) == (CALLS_BELOW, 0, 0), case
        assert totals.total_cost == by_rule.cost, case
        if bill == usd("5"):
            assert totals.total_cost == bill, case  # a bill beats what was computed, and less that was stated
        elif stated:
            assert totals.total_cost >= CALLS_BELOW * stated, case  # never the smaller of two readings
