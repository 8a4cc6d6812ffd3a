import math
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracing.json_text import dump

EXTREMES = st.sampled_from([2**70, -(2**70), math.nan, math.inf, "half a pair \ud83d", b"bytes", (1, 2)])
ODD = st.recursive(
    EXTREMES | st.text() | st.floats() | st.none(),
    lambda child: st.lists(child) | st.dictionaries(st.text() | st.integers() | st.just("\ud83d"), child),
)


@given(ODD)
def test_whatever_is_dumped_can_be_read_and_stored_again(value: Any) -> None:
    text = dump(value)

    assert dump(orjson.loads(text)) == dump(orjson.loads(dump(orjson.loads(text))))
    text.encode("utf-8")


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ({"a": "\ud83d"}, '{"a": "?"}'),
        ({"\ud83d": [math.nan, 2**70]}, '{"?": [null, 1180591620717411303424]}'),
        ({1: "ok"}, '{"1":"ok"}'),
    ],
)
def test_what_the_fast_writer_refuses_is_written_so_that_every_reader_takes_it(value: Any, text: str) -> None:
    assert dump(value) == text
