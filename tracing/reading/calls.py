"""Joins what spans tell of tool calls to the same calls in messages, which know neither time nor failure."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import replace

from tracing.reading.messages import Call, Message


def complete(messages: Iterable[Message], tools: Iterable[Call]) -> None:
    """Complete the calls in `messages` by `tools`, the calls that spans report.

    Calls of one name are matched from the last back: a history has earlier ones, and of a call that was tried again,
    the last try counts."""
    told: dict[str, list[Call]] = defaultdict(list)
    for tool in tools:
        told[_plain(tool.name)].append(tool)
    for message in reversed(list(messages) if told else []):
        for place in range(len(message.calls) - 1, -1, -1):
            call = message.calls[place]
            if found := told.get(_plain(call.name)):
                message.calls[place] = _completed(call, found.pop())


def _plain(name: str) -> str:
    """Return the name of the tool in the name of a span such as `execute_tool find_order`."""
    return name.rpartition(" ")[2]


def _completed(call: Call, tool: Call) -> Call:
    is_new = not call.is_answered and tool.result is not None and tool.result.following is None
    return replace(
        call,
        result=tool.result if is_new else call.result,
        result_gist=tool.result_gist if is_new else call.result_gist,
        error=tool.error,
        has_failed=tool.has_failed,
        span_id=tool.span_id,
        duration_ms=tool.duration_ms,
    )
