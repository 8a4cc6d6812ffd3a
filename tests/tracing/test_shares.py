"""Shares in percent, as people add them up."""

from hypothesis import given
from hypothesis import strategies as st

from tracing.formatting import whole_percents


def test_shares_are_rounded_so_that_they_add_up() -> None:
    assert whole_percents([67, 11, 22]) == ["67%", "11%", "22%"]
    assert whole_percents([1, 1, 1]) == ["34%", "33%", "33%"]
    assert whole_percents([999, 1, 0]) == ["100%", "<1%", "0%"]
    assert whole_percents([0, 0]) == ["0%", "0%"]
    assert whole_percents([]) == []


@given(st.lists(st.integers(0, 10**9), min_size=1, max_size=12).filter(any))
def test_shares_add_up_to_a_hundred(counts: list[int]) -> None:
    percents = [0 if text == "<1%" else int(text.rstrip("%")) for text in whole_percents(counts)]
    assert sum(percents) == 100
