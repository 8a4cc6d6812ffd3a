"""What a model call costs, from the offline list of `genai-prices`. An unknown model has no price: never 0."""

from bisect import bisect_left
from datetime import UTC, datetime
from decimal import Decimal
from functools import lru_cache
from typing import Any, NamedTuple

from genai_prices import Usage
from genai_prices.data_snapshot import get_snapshot
from genai_prices.types import ModelPrice, TieredPrices

# Asked in this order for a model whose SDK named no provider that the list knows.
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
    """USD of one call."""

    input_cost: Decimal
    output_cost: Decimal


class Rates(NamedTuple):
    """USD per million tokens."""

    plain: Decimal
    cached: Decimal
    cache_write: Decimal
    output: Decimal

    def price(self, input_tokens: int, output_tokens: int, cached_tokens: int, cache_write_tokens: int) -> Price | None:
        """None when the parts of the input exceed it."""
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
    """The list price at the time of the call, or None for an unknown model or usage that no price covers."""
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
    """An entry of the list, with what it costs above each start of a tier. Asked of the list once: its own arithmetic
    takes 0.2 ms for a call."""

    prices: ModelPrice  # as long as it lives, nothing else has its id
    starts: list[int]  # of the tiers, ascending, the first below everything
    rates: list[Rates | None]


_known: dict[int, _Listed] = {}


def _rates(prices: ModelPrice, input_tokens: int) -> Rates | None:
    """What a token of each kind costs in a call that reads so many; None when these prices say nothing of tokens."""
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
    """A price without tiers: crossing the start of one changes the price of all tokens."""
    if not isinstance(price, TieredPrices):
        return price
    return next((tier.price for tier in reversed(price.tiers) if tier.start < input_tokens), price.base)
