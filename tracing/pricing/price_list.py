"""Costs of model calls from the offline list of `genai-prices`. An unknown model has no price; it is never 0."""

from bisect import bisect_left
from datetime import UTC, datetime
from decimal import Decimal
from functools import lru_cache
from typing import Any, NamedTuple

from genai_prices import Usage
from genai_prices.data_snapshot import get_snapshot
from genai_prices.types import ModelPrice, TieredPrices

# Tried in this order if the SDK named no provider that the list knows.
LIKELY_PROVIDERS = (
    "openai",
    "anthropic",
    "google",
    "mistral",
    "cohere",
    "groq",
    "deepseek",
    "x-ai",
    "aws",
    "openrouter",
)
MILLION = 1_000_000


class Price(NamedTuple):
    """Costs of one call in USD."""

    input_cost: Decimal
    output_cost: Decimal


class Rates(NamedTuple):
    """Prices in USD per million tokens."""

    plain: Decimal
    cached: Decimal
    cache_write: Decimal
    output: Decimal

    def price(self, input_tokens: int, output_tokens: int, cached_tokens: int, cache_write_tokens: int) -> Price | None:
        """Return the costs of a call, or None if the parts of the input exceed it."""
        plain_tokens = input_tokens - cached_tokens - cache_write_tokens
        if plain_tokens < 0:
            return None
        input_cost = plain_tokens * self.plain + cached_tokens * self.cached + cache_write_tokens * self.cache_write
        return Price(input_cost / MILLION, output_tokens * self.output / MILLION)


def price_of(
    model: str,
    provider: str | None,
    *,
    input_tokens: int,
    output_tokens: int,
    cached_tokens: int,
    cache_write_tokens: int,
    at: datetime | None,
) -> Price | None:
    """Return the list price at the time of the call.

    Return None for an unknown model, or for usage without a price."""
    found = _find(model, provider)
    if found is None:
        return None
    rates = _rates(found.get_prices(at or datetime.now(UTC)), input_tokens)
    if rates is None:
        return None
    cached, written = min(cached_tokens, input_tokens), min(cache_write_tokens, input_tokens)
    return rates.price(input_tokens, output_tokens, cached, written)


@lru_cache(maxsize=4096)
def _find(model: str, provider: str | None) -> Any | None:
    prefix, slash, bare = model.rpartition("/")
    for name in dict.fromkeys((model, bare)):
        for candidate in dict.fromkeys((provider, prefix if slash else None, None, *LIKELY_PROVIDERS)):
            try:
                return get_snapshot().find_provider_model(name, None, candidate, None)[1]
            except LookupError:
                continue
    return None


class _Listed(NamedTuple):
    """Prices of a model in the list, by tier.

    They are read from the list once, because its own arithmetic takes 0.2 ms for a call."""

    prices: ModelPrice  # kept alive, so that no other object gets its id
    starts: list[int]  # of the tiers, ascending, the first below everything
    rates: list[Rates | None]


_known: dict[int, _Listed] = {}


def _rates(prices: ModelPrice, input_tokens: int) -> Rates | None:
    """Return the rates for a call with `input_tokens`, or None if these prices do not include tokens."""
    listed = _known.get(id(prices)) or _known.setdefault(id(prices), _listed(prices))
    return listed.rates[bisect_left(listed.starts, input_tokens) - 1]


def _listed(prices: ModelPrice) -> _Listed:
    said = [price for price in vars(prices).values() if price is not None]
    tiers = {tier.start for price in said if isinstance(price, TieredPrices) for tier in price.tiers}
    starts = [-1, *sorted(tiers)]
    return _Listed(prices, starts, [_asked(prices, start + 1) if said else None for start in starts])


def _asked(prices: ModelPrice, input_tokens: int) -> Rates | None:
    flat = ModelPrice(**{kind: _in_force(price, input_tokens) for kind, price in vars(prices).items()})
    try:
        return Rates(
            flat.calc_price(Usage(input_tokens=MILLION, output_tokens=0))["input_price"],
            flat.calc_price(Usage(input_tokens=MILLION, output_tokens=0, cache_read_tokens=MILLION))["input_price"],
            flat.calc_price(Usage(input_tokens=MILLION, output_tokens=0, cache_write_tokens=MILLION))["input_price"],
            flat.calc_price(Usage(input_tokens=0, output_tokens=MILLION))["output_price"],
        )
    except (LookupError, ValueError):
        return None


def _in_force(price: Any, input_tokens: int) -> Any:
    """Return the price of the highest tier that the call exceeds. It applies to all tokens of the call."""
    if not isinstance(price, TieredPrices):
        return price
    return next((tier.price for tier in reversed(price.tiers) if tier.start < input_tokens), price.base)
