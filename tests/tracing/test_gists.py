"""What the line of a tool call says of its arguments and its result, whatever the tool."""

import json
from typing import Any

import pytest

from tracing.reading.calls import complete
from tracing.reading.gists import GIST_CHARACTERS, answered, asked_for
from tracing.reading.messages import Call, messages_of
from tracing.reading.turns import RenderedBody


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        ({"order_id": "A247-1206"}, "order_id: A247-1206"),
        ({"amount": 39.9, "method": "original"}, "amount: 39.9, method: original"),
        ({"items": [1, 2]}, "items: [ 1, 2 ]"),
        ("ls -la", "ls -la"),
        ({}, ""),
        (None, ""),
    ],
)
def test_arguments_are_keys_and_values(arguments: Any, line: str) -> None:
    assert asked_for(arguments) == line


@pytest.mark.parametrize(
    ("result", "line"),
    [
        ({"state": "returned", "amount": 39.9, "currency": "EUR"}, "returned, amount: 39.9, EUR"),
        ({"error": "card_expired", "code": 402}, "card_expired, code: 402"),
        ({"found": True, "note": None, "since": "2026-11-27"}, "found: yes, since: 2026-11-27"),
        ({"order_id": "A247-1206", "status": "shipped"}, "shipped"),  # the argument says the rest
        ({"result": {"data": {"status": "late"}}}, "late"),
        ({"orders": [{"id": 1}, {"id": 2}]}, "orders: 2 items"),
        ([{"title": "Refunds", "score": 0.9}], "1 item, Refunds, score: 0.9"),
        ([1, 2, 3], "3 items"),
        ([], "empty"),
        ({}, "empty"),
        ("", ""),
        (None, ""),
        ('{"status": "late"}', "late"),
        ("The order\n is   late.", "The order is late."),
        ({"text": "a long text " * 20}, ("a long text " * 20)[: GIST_CHARACTERS - 1] + "…"),
        (7, "7"),
        (False, "false"),
    ],
)
def test_a_result_is_its_short_values(result: Any, line: str) -> None:
    assert answered(result, {"order_id": "A247-1206"}) == line


def test_a_line_is_short_whatever_the_result() -> None:
    wide: dict[str, Any] = {f"key {number}": "x" * 30 for number in range(10_000)}
    deep: dict[str, Any] = {"a": 1}
    for _ in range(500):
        deep = {"a" * 500: deep}

    assert max(len(answered(value)) for value in (wide, deep, [wide], "x" * 10_000)) <= GIST_CHARACTERS


def called(*names: str) -> list[dict[str, Any]]:
    calls = [{"id": f"{place}", "name": name, "arguments": {}} for place, name in enumerate(names)]
    return [{"role": "assistant", "content": "", "tool_calls": calls}]


def tool(name: str, milliseconds: int, error: str = "") -> Call:
    return Call(name, "", RenderedBody(), error=error, has_failed=bool(error), duration_ms=milliseconds, span_id=name)


def test_spans_tell_messages_when_a_call_failed_and_how_long_it_took() -> None:
    answer = {"role": "tool", "tool_call_id": "1", "content": json.dumps({"at": "home"})}
    said = [*called("pay", "look", "pay"), answer]
    messages = messages_of(said, 0, 2)

    complete(messages, [tool("look", 5), tool("execute_tool pay", 7), tool("pay", 9, "refused")])

    assert [(c.duration_ms, c.error, c.has_failed, c.result_gist) for c in messages[0].calls] == [
        (7, "", False, ""), (5, "", False, "home"), (9, "refused", True, ""),
    ]  # fmt: skip


def test_of_a_call_that_was_tried_again_the_last_try_counts() -> None:
    messages = messages_of(called("pay"), 0, 1)

    complete(messages, [tool("pay", 7, "refused"), tool("pay", 9)])

    assert (messages[0].calls[0].duration_ms, messages[0].calls[0].has_failed) == (9, False)
