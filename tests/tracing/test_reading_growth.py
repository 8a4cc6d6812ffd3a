"""Whatever a text says, what a page does with it takes time by its length."""

import json
import time
from collections.abc import Callable
from functools import partial

import pytest

from tests.growth import FAMILIES, MOST_GROWTH, growth
from tests.patience import least
from tracing.reading import gists, history, messages, texts
from tracing.reading.bodies import MAX_PARSED_CHARACTERS, body_of
from tracing.reading.markdown import is_markdown, rendered, without_signs


def of_messages(text: str) -> str:
    return json.dumps([{"role": "user", "content": text}] * 2)


FUNCTIONS: dict[str, Callable[[str], object]] = {
    "is_markdown": is_markdown,
    "without_signs": lambda text: without_signs("`a` " + text),
    "rendered": rendered.__wrapped__,
    "a text": lambda text: body_of("**a** " + text, len(text) + 10).lang,
    "a conversation": lambda text: texts.shown(of_messages(text)),
    "a key and a value": lambda text: body_of({text: [text, {"a": text}]}),
    "a call": lambda text: gists.asked_for({text: text}),
    "an answer": lambda text: (gists.answered(text), gists.answered({text: text, "a": [text]}, {"a": text})),
    "a name": lambda text: messages.messages_of([{"role": text, "name": text, "tool_calls": [{"name": text}]}], 0, 1),
    "history": lambda text: history.fingerprint({"role": "user", "content": [text]}),
}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_texts_take_time_by_their_length(name: str) -> None:
    slow = {
        family: found
        for family, text_of in FAMILIES.items()
        if (found := growth(FUNCTIONS[name], text_of)) > MOST_GROWTH
    }

    assert slow == {}


# JSON that nests, that is wide, that is both; each is the square or a hundredfold of itself when it is indented.
VALUES: dict[str, Callable[[int], str]] = {
    "deep": lambda size: "[" * (size // 2) + "]" * (size // 2),
    "deep objects": lambda size: '{"a":' * (size // 6) + "1" + "}" * (size // 6),
    "wide": lambda size: json.dumps([[]] * (size // 4)),
    "deep and wide": lambda size: "[" + ",".join(["[" * 100 + "]" * 100] * (size // 200 + 1)) + "]",
    "many keys": lambda size: json.dumps(dict.fromkeys(map(str, range(size // 10)), 1)),
    "many messages": lambda size: json.dumps([{"role": "user", "content": "a"}] * (size // 30 + 1)),
    "many calls": lambda size: json.dumps([{"role": "a", "tool_calls": [{"name": "b", "id": "c"}] * (size // 24)}]),
    "many answers": lambda size: json.dumps([{"role": "tool", "tool_call_id": "c", "content": "x"}] * (size // 50 + 1)),
    "contents": lambda size: json.dumps([{"role": "user", "content": [["a"] * 50] * 2}] * (size // 600 + 1)),
}


@pytest.mark.parametrize("form", VALUES)
def test_values_take_time_by_their_length(form: str) -> None:
    functions = {
        "shown": texts.shown,
        "piece": partial(texts.piece, offset=0),
        "earlier": partial(texts.earlier, before=1_000),
    }
    slow = {name: growth(function, VALUES[form], 20_000) for name, function in functions.items()}

    assert max(slow.values()) <= MOST_GROWTH, slow


@pytest.mark.parametrize("form", ["deep", "wide", "deep and wide", "many messages"])
def test_the_largest_values_are_shown_within_a_second(form: str) -> None:
    text = VALUES[form](MAX_PARSED_CHARACTERS - 1_000)

    def measured() -> float:
        started = time.thread_time()
        texts.shown(text)
        return time.thread_time() - started

    assert least(measured, below=1.0) <= 1.0


def test_a_value_swells_only_so_far_when_a_line_is_written_for_each_item() -> None:
    value = [json.loads("[" * 120 + "]" * 120)] * 5_000

    assert len(texts.indented(value)) < 2 * len(json.dumps(value))
