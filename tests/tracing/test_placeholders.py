"""What is no id, and what only looks like it."""

import pytest

from tracing.limits.placeholders import is_placeholder


@pytest.mark.parametrize(
    "value",
    [
        *("undefined", "Undefined", "None", "null", "NULL", "nil", "NaN", "(null)", "[object Object]", " null "),
        *("${sessionId}", "{{ session_id }}", "{session_id}", "%(session_id)s", "#{id}", "chat-${user.id}"),
        *("chat-undefined", "undefined:42", "a_undefined_b", "[Scrubbed due to 'session']"),
    ],
)
def test_a_text_that_says_there_is_no_id_is_a_placeholder(value: str) -> None:
    assert is_placeholder(value)


@pytest.mark.parametrize(
    "value",
    ["default", "nullable", "none-of-these", "undefinedness", "order-{42}", '{"a": 1}', "100%", "0", "nan-2", "$5"],
)
def test_an_unusual_id_is_an_id(value: str) -> None:
    assert not is_placeholder(value)


def test_an_id_between_angle_brackets_is_a_template() -> None:
    assert all(map(is_placeholder, ("<session_id>", "<your session id>", "<SESSION-ID>")))
    assert not any(map(is_placeholder, ("<42>", "a<b>", "<a><b>")))
