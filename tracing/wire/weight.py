"""Counts the parts of a body before it is parsed, because a few bytes can become an object of hundreds.

64 MB of empty spans take 5.6 GB in memory, and a few kB when compressed. Small bodies are not counted: they cannot
become large."""

from tracing.limits.table import MB, PARTS
from tracing.wire.refusals import BodyTooLarge

COUNTED_FROM_BYTES = MB
COUNTED_WITHIN_ITEMS_FROM_BYTES = 8 * MB  # counting these takes longer than parsing them, and they cost less memory
COMMAS_PER_PART = 5  # numbers in a list need little memory
MAX_PROTOBUF_DEPTH = 100  # protobuf refuses deeper messages
FIXED_SIZES = {1: 8, 5: 4}

Schema = dict[int, "Schema"]
VALUE_SCHEMA: Schema = {}
PAIR_SCHEMA: Schema = {2: VALUE_SCHEMA}
VALUE_SCHEMA |= {5: {1: VALUE_SCHEMA}, 6: {1: PAIR_SCHEMA}}
SPAN_SCHEMA: Schema = {9: PAIR_SCHEMA, 11: {3: PAIR_SCHEMA}, 13: {4: PAIR_SCHEMA}}
LOG_SCHEMA: Schema = {5: VALUE_SCHEMA, 6: PAIR_SCHEMA}


def weigh_json(body: bytes) -> None:
    """Raise BodyTooLarge for more objects, lists, or numbers in them, than memory should hold."""
    if len(body) > COUNTED_FROM_BYTES:
        parts = body.count(b"{") + body.count(b"[")
        _check(max(parts, body.count(b",") // COMMAS_PER_PART))


def weigh_protobuf(body: bytes, item: Schema) -> None:
    """Raise BodyTooLarge for more fields than memory should hold. `item` is SPAN_SCHEMA or LOG_SCHEMA.

    Data that is not protobuf is left to the parser."""
    if len(body) <= COUNTED_FROM_BYTES:
        return
    items: Schema = {2: item} if len(body) > COUNTED_WITHIN_ITEMS_FROM_BYTES else {}
    count, outer = 0, [(0, len(body), {1: {1: {1: PAIR_SCHEMA}, 2: {1: {3: PAIR_SCHEMA}, **items}}})]
    while outer:
        at, end, fields = outer.pop()
        while at < end:
            count += 1
            _check(count)
            try:
                tag, at = _varint(body, at)
                kind = tag & 7
                size, at = _varint(body, at) if kind in (0, 2) else (FIXED_SIZES[kind], at)
            except (IndexError, KeyError):
                break
            inner = fields.get(tag >> 3) if kind == 2 and len(outer) < MAX_PROTOBUF_DEPTH else None
            if inner is not None:
                outer.append((at + size, end, fields))
                end, fields = min(end, at + size), inner
            elif kind:
                at += size


def _check(parts: int) -> None:
    if parts > PARTS.value:
        raise BodyTooLarge(f"The body has more than {PARTS.value:,} parts: send smaller batches.")


def _varint(body: bytes, at: int) -> tuple[int, int]:
    byte = body[at]
    if byte < 0x80:
        return byte, at + 1
    value, shift = byte & 0x7F, 7
    while byte >= 0x80:
        at += 1
        byte = body[at]
        value |= (byte & 0x7F) << shift
        shift += 7
        if shift > 70:
            raise IndexError
    return value, at + 1
