"""Hostile inputs for every wire: what real requests become when they are cut, flipped, nested, mistyped and repeated.

CONFAB_FUZZ says how many times more inputs than usual to try."""

import os
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

TIMES = int(os.environ.get("CONFAB_FUZZ", "1"))

# NUL, control characters, half surrogate pairs, right-to-left marks, characters that normalise into others.
texts = st.one_of(
    st.text(max_size=40),
    st.text(st.characters(categories=["Cc", "Cs", "Cf", "Mn"]), max_size=20),
    st.sampled_from(
        ["\x00", "", " ", "NaN", "\ud83d", "ß" * 201, "x" * 2_000, "[Scrubbed due to 'session']", "@@@", "a" * 32]
    ),
    st.sampled_from(
        ["data:image/png;base64," + "A" * 100, '[{"role":"user"}]', '{"a":', "1e999", "-1", "2026-13-99T99:99"]
    ),
)
numbers = st.one_of(
    st.integers(),
    st.floats(),
    st.sampled_from([2**63, -(2**63) - 1, 2**64, 10**30, 10**400, 1e308, -0.0, 253402300800 * 10**9]),
)
scalars = st.one_of(st.none(), st.booleans(), numbers, texts)


@st.composite
def deep(draw: st.DrawFn) -> Any:
    value: Any = draw(scalars)
    for _ in range(draw(st.sampled_from([5, 40, 120, 300, 900]))):
        value = [value] if draw(st.booleans()) else {"a": value}
    return value


values = st.one_of(
    st.recursive(
        scalars,
        lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(texts, inner, max_size=4)),
        max_leaves=8,
    ),
    st.sampled_from([[], {}, [[]], {"a": {}}, "x"]),
)


@st.composite
def mistyped(draw: st.DrawFn, valid: Any) -> Any:
    """`valid` JSON with some of its parts replaced, left out or repeated."""
    return _spoil(draw, valid, draw(st.integers(1, 12)))


def _spoil(draw: st.DrawFn, value: Any, luck: int) -> Any:
    if draw(st.integers(0, luck)) == 0:
        return draw(values)
    if isinstance(value, dict):
        kept = {key: _spoil(draw, item, luck) for key, item in value.items() if draw(st.integers(0, 20))}
        return kept | (draw(st.dictionaries(texts, values, max_size=2)) if draw(st.integers(0, 9)) == 0 else {})
    if isinstance(value, list):
        items = [_spoil(draw, item, luck) for item in value]
        return items + items[: draw(st.integers(0, 2))]
    return value


@st.composite
def damaged(draw: st.DrawFn, valid: bytes) -> bytes:
    """`valid` bytes cut, flipped, filled in or doubled."""
    body = bytearray(valid)
    for _ in range(draw(st.integers(1, 6))):
        at = draw(st.integers(0, max(0, len(body) - 1)))
        match draw(st.sampled_from(["cut", "flip", "insert", "drop", "double"])):
            case "cut":
                del body[at:]
            case "flip" if body:
                body[at] ^= 1 << draw(st.integers(0, 7))
            case "insert":
                body[at:at] = draw(st.binary(min_size=1, max_size=8))
            case "drop":
                del body[at : at + draw(st.integers(1, 8))]
            case _:
                body += body[at:]
    return bytes(body)


def trying(examples: int) -> Any:
    """Settings for a test that tries `examples` inputs, or CONFAB_FUZZ times as many."""
    return settings(
        max_examples=examples * TIMES,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
