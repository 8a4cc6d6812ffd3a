"""Prices of parts of the usage: sound, pictures, and tokens that a cache keeps for an hour."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, NamedTuple

TEXT_PRICED_AUDIO_SELLERS = frozenset({"google"})  # whose models without a price for audio read it as text
# USD per million tokens in and out, of models whose audio the list lacks.
AUDIO_PRICES = {
    "gpt-4o-audio-preview": (Decimal(40), Decimal(80)),
    "gpt-4o-mini-audio-preview": (Decimal(10), Decimal(20)),
}
HOUR_FACTOR, BRIEF_FACTOR = Decimal(2), Decimal("1.25")  # Anthropic's cache writes, beside its price of input


class PartRates(NamedTuple):
    """Prices in USD per million tokens of parts. None means that nobody lists a price, or that of the whole."""

    input_audio: Decimal | None = None
    cached_audio: Decimal | None = None
    output_audio: Decimal | None = None
    input_image: Decimal | None = None
    cached_image: Decimal | None = None
    output_image: Decimal | None = None
    cache_write_1h: Decimal | None = None

    @classmethod
    def of(cls, seller: str, model: str, prices: Mapping[str, Any], whole: Mapping[str, Decimal]) -> "PartRates":
        """Return the listed prices of the parts, and those that follow from the prices of the `whole`."""
        audio_in, audio_out = AUDIO_PRICES.get(model, (None, None))
        if seller in TEXT_PRICED_AUDIO_SELLERS:
            audio_in = whole["plain"]
        if "tts" in model:  # whose only output is audio
            audio_out = whole["output"]
        is_brief = whole["cache_write"] == whole["plain"] * BRIEF_FACTOR
        return cls(
            prices.get("input_audio_mtok") or audio_in,
            prices.get("cache_audio_read_mtok"),
            prices.get("output_audio_mtok") or audio_out,
            prices.get("input_image_mtok"),
            prices.get("cache_image_read_mtok"),
            prices.get("output_image_mtok"),
            prices.get("cache_write_1h_mtok") or (whole["plain"] * HOUR_FACTOR if is_brief else None),
        )


def surcharges(
    parts: PartRates, whole: Mapping[str, Decimal], tokens: Mapping[str, int], details: Mapping[str, Any]
) -> tuple[Decimal, Decimal] | None:
    """Return what input and output cost beyond the price of plain tokens, in USD per million tokens.

    Return None if there is audio that nobody lists a price for."""
    sound, pictures = details.get("input_audio_tokens", 0), details.get("input_image_tokens", 0)
    spoken, drawn = details.get("output_audio_tokens", 0), details.get("output_image_tokens", 0)
    cached_sound = min(details.get("cached_audio_tokens", 0), sound)
    cached_pictures = min(details.get("cached_image_tokens", 0), pictures)
    if (parts.input_audio is None and sound > cached_sound) or (parts.output_audio is None and spoken):
        return None
    hour = min(details.get("cache_write_1h_tokens", 0), tokens["cache_write_tokens"])
    asked = (
        (min(sound - cached_sound, tokens["input_tokens"]), parts.input_audio, "plain"),
        (cached_sound, parts.cached_audio, "cached"),
        (min(pictures - cached_pictures, tokens["input_tokens"]), parts.input_image, "plain"),
        (cached_pictures, parts.cached_image, "cached"),
        (hour, parts.cache_write_1h, "cache_write"),
    )
    answered = (
        (min(spoken, tokens["output_tokens"]), parts.output_audio, "output"),
        (min(drawn, tokens["output_tokens"]), parts.output_image, "output"),
    )
    side = [
        sum((count * (rate - whole[plain]) for count, rate, plain in told if rate is not None), Decimal(0))
        for told in (asked, answered)
    ]
    return side[0], side[1]
