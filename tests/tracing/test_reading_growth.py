"""Whatever a text says, what a page does with it takes time by its length."""

from collections.abc import Callable

import pytest

from tests.growth import FAMILIES, MOST_GROWTH, growth
from tracing.reading.markdown import is_markdown, without_signs

FUNCTIONS = {"is_markdown": is_markdown, "without_signs": lambda text: without_signs("`a` " + text)}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_texts_take_time_by_their_length(name: str) -> None:
    function: Callable[[str], object] = FUNCTIONS[name]
    slow = {family: found for family, text_of in FAMILIES.items() if (found := growth(function, text_of)) > MOST_GROWTH}

    assert slow == {}
