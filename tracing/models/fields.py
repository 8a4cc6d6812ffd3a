"""Text that is compressed in Python, so that it works the same on every PostgreSQL build (ours has no lz4)."""

import threading
from typing import Any

import orjson
from django.db import models

from tracing import zstd
from tracing.json_text import dump

_local = threading.local()  # compressors are fast to reuse, but must not be shared between threads
ZSTD_HEAD_BYTES = 18  # the longest header of a zstd frame


def compress(text: str) -> bytes:
    """Return the UTF-8 of `text` compressed with zstd level 1. Lone surrogates are replaced.

    LLM texts shrink to a third or fifth. 5 kB take about 20 µs."""
    if not hasattr(_local, "compressor"):
        _local.compressor = zstd.ZstdCompressor(level=1)
    return bytes(_local.compressor.compress(text.encode("utf-8", "replace"), zstd.ZstdCompressor.FLUSH_FRAME))


def decompress(data: bytes | memoryview) -> str:
    """Return the text that `compress` was given."""
    return zstd.decompress(data).decode("utf-8")


def unpacked_size(data: bytes | memoryview) -> int:
    """Return the size in bytes of the UTF-8 text, read from the header that `compress` wrote."""
    return zstd.get_frame_info(data[:ZSTD_HEAD_BYTES]).decompressed_size or 0


class CompressedTextField(models.BinaryField):  # type: ignore[type-arg]
    """Text in Python, stored as zstd in a `bytea` that PostgreSQL does not compress again."""

    def from_db_value(self, value: Any, expression: Any, connection: Any) -> str | None:
        return None if value is None else decompress(value)

    def get_db_prep_value(self, value: Any, connection: Any, prepared: bool = False) -> Any:
        return super().get_db_prep_value(compress(value) if isinstance(value, str) else value, connection, prepared)


class CompressedJSONField(CompressedTextField):
    """Any JSON value, stored like a CompressedTextField."""

    def from_db_value(self, value: Any, expression: Any, connection: Any) -> Any:
        return None if value is None else orjson.loads(decompress(value))

    def get_db_prep_value(self, value: Any, connection: Any, prepared: bool = False) -> Any:
        return super().get_db_prep_value(None if value is None else dump(value), connection, prepared)
