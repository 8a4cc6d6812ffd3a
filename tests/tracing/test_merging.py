"""Which of two reports of one span counts, by the clocks of their senders or by their arrival."""

from datetime import datetime

from tests.tracing.reports import NOON, at, span
from tracing.store.merging import merge
from tracing.store.rows import SpanRow, row_of


def report(name: str | None, said_at: datetime | None = None) -> SpanRow:
    return row_of(span("t", "a", name=name, said_at=said_at), NOON)


def test_the_later_word_counts_by_the_senders_clock_where_both_tell_it() -> None:
    early, late = report("early", at(1)), report("late", at(2))

    assert merge(early, late).name == merge(late, early).name == "late"


def test_reports_without_a_time_count_by_their_arrival() -> None:
    dated, undated = report("dated", at(9)), report("undated")

    assert merge(dated, undated).name == "undated"
    assert merge(undated, dated).name == "dated"


def test_a_dated_word_replaces_one_that_only_an_undated_report_said() -> None:
    known = merge(report("undated"), report(None, at(9)))

    assert merge(known, report("dated", at(1))).name == "dated"


def test_two_words_of_one_moment_do_not_depend_on_their_order() -> None:
    one, other = report("one", at(1)), report("other", at(1))

    assert merge(one, other).name == merge(other, one).name == "other"
