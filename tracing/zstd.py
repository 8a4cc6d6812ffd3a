"""Zstandard from Python's standard library or, before Python 3.14, from its backport."""

import sys

if sys.version_info >= (3, 14):
    from compression.zstd import ZstdCompressor, ZstdDecompressor, ZstdError, compress, decompress, get_frame_info
else:
    from backports.zstd import ZstdCompressor, ZstdDecompressor, ZstdError, compress, decompress, get_frame_info

__all__ = ["ZstdCompressor", "ZstdDecompressor", "ZstdError", "compress", "decompress", "get_frame_info"]
