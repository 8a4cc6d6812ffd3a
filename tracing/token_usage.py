"""The tokens of a model call, with their parts. Every vocabulary converts what it reads to these."""

from dataclasses import dataclass, fields


@dataclass(slots=True)
class Usage:
    """Tokens of one model call.

    `input_tokens` and `output_tokens` are totals: cached and reasoning tokens are *parts* of them, whatever the SDK's
    convention is. Vocabularies convert it."""

    input_tokens: int | None = None
    output_tokens: int | None = None
    total_tokens: int | None = None
    cached_tokens: int | None = None  # read from a cache, part of input
    cache_write_tokens: int | None = None  # written to a cache, part of input
    reasoning_tokens: int | None = None  # part of output
    # Parts that have prices of their own
    cache_write_1h_tokens: int | None = None  # part of those written to a cache, for an hour instead of 5 minutes
    input_audio_tokens: int | None = None
    output_audio_tokens: int | None = None
    cached_audio_tokens: int | None = None  # part of cached and of audio input
    input_image_tokens: int | None = None
    output_image_tokens: int | None = None
    cached_image_tokens: int | None = None  # part of cached and of image input
    input_tool_tokens: int | None = None  # results of the provider's own tools
    # The rest of a side beside audio and images
    input_text_tokens: int | None = None
    output_text_tokens: int | None = None

    def priced_parts(self) -> dict[str, int] | None:
        """Return the parts with prices of their own, or None without any."""
        return {part: tokens for part in PRICED_PARTS if (tokens := getattr(self, part))} or None


PRICED_PARTS = tuple(f.name for f in fields(Usage))[6:13]
