"""Costs of model calls from the offline list of `genai-prices`. An unknown model has no price; it is never 0."""

from bisect import bisect_left
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from decimal import Decimal
from functools import lru_cache
from typing import Any, NamedTuple

from genai_prices import Usage
from genai_prices.data_snapshot import get_snapshot
from genai_prices.types import ModelPrice, TieredPrices

from tracing.pricing.parts import PartRates, surcharges
from tracing.pricing.tiers import tier_factor

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
SELLER_ALIASES = {  # names of sellers that the list does not know
    "gcp": "google",
    "vertex": "google",
    "az": "azure",
    "ai": "azure",
    "azure_openai": "azure",
    "azure_ai": "azure",
    "z-ai": "zai",
    "x_ai": "x-ai",
    "fireworks_ai": "fireworks",
    "pplx": "perplexity",
    "amazon": "aws",
}
MILLION = 1_000_000


class Price(NamedTuple):
    """Costs of one call in USD."""

    input_cost: Decimal
    output_cost: Decimal
    is_guess: bool = False  # it is another seller's


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


class ListedModel(NamedTuple):
    """A model in the price list."""

    seller: str
    model: Any
    is_guess: bool  # the seller that the report names is another one


def price_of(
    model: str,
    provider: str | None,
    *,
    input_tokens: int,
    output_tokens: int,
    cached_tokens: int,
    cache_write_tokens: int,
    at: datetime | None,
    details: Mapping[str, Any] | None = None,
) -> Price | None:
    """Return the list price at the time of the call; for `details`, see SpanRow.

    Return None for an unknown model, or for usage or a service tier without a price."""
    listing = find_listing(model, provider)
    if listing is None:
        return None
    at = at or datetime.now(UTC)
    prices = listing.model.get_prices(at)
    tier = (details or {}).get("service_tier")
    tiered = _prices_of_tier(listing.model, prices, tier, at) if tier else None
    prices = tiered or prices
    rates = _rates(prices, input_tokens)
    if rates is None:
        return None
    cached, written = min(cached_tokens, input_tokens), min(cache_write_tokens, input_tokens)
    price = rates.price(input_tokens, output_tokens, cached, written)
    if price is not None and details:
        tokens = {"input_tokens": input_tokens, "output_tokens": output_tokens, "cache_write_tokens": written}
        price = _detailed(price, listing, {k: _in_force(v, input_tokens) for k, v in vars(prices).items()}, rates,
                          tokens, details, factor=Decimal(1) if tiered or not tier else None)  # fmt: skip
    return price._replace(is_guess=True) if price is not None and listing.is_guess else price


def _detailed(
    price: Price,
    listing: ListedModel,
    listed: Mapping[str, Any],
    rates: Rates,
    tokens: Mapping[str, int],
    details: Mapping[str, Any],
    *,
    factor: Decimal | None,
) -> Price | None:
    """Return the price with what parts of the usage and the service tier change, or None if that is unknown.

    Without a `factor` of the tier, that which its seller publishes counts."""
    whole = rates._asdict()
    more = surcharges(PartRates.of(listing.seller, listing.model.id, listed, whole), whole, tokens, details)
    factor = factor or tier_factor(listing.seller, listing.model.id, details["service_tier"])
    if more is None or factor is None:
        return None
    asked, answered = (cost + extra / MILLION for cost, extra in zip(price[:2], more, strict=True))
    return Price(max(Decimal(0), asked) * factor, max(Decimal(0), answered) * factor)


def list_price(model: str, at: datetime) -> tuple[Rates, str] | None:
    """Return the rates of the list for short calls of a model, and their seller; None if it has none."""
    listing = find_listing(model, None)
    rates = _rates(listing.model.get_prices(at), 0) if listing else None
    return (rates, listing.seller) if listing and rates else None


@lru_cache(maxsize=4096)
def find_listing(model: str, provider: str | None) -> ListedModel | None:
    """Return the listed model: that of the named seller in its own spelling, else that of another seller.

    A seller is named by the provider, and by what stands before the model's name: `bedrock/...`."""
    first, _, rest = model.partition("/")
    names = list(dict.fromkeys((model, rest or model, model.rpartition("/")[2])))
    sellers = [SELLER_ALIASES.get(name.lower(), name) for name in (provider, first if rest else None) if name]
    for seller in sellers:
        if (found := _listed_by(seller, names)) is not None:
            return ListedModel(*found, is_guess=False)
    is_guess = any(map(_is_seller, sellers))
    for name in names:
        for other in (None, *LIKELY_PROVIDERS):
            if (found := _listed_by(other, [name])) is not None:
                return ListedModel(*found, is_guess=is_guess)
    return None


def _is_seller(name: str) -> bool:
    try:
        return bool(get_snapshot().find_provider(None, name, None))
    except LookupError:
        return False


def _listed_by(seller: str | None, names: Iterable[str]) -> tuple[str, Any] | None:
    for name in names:
        try:
            provider, model = get_snapshot().find_provider_model(name, None, seller, None)
        except LookupError:
            continue
        return provider.id, model
    return None


def _prices_of_tier(model: Any, standard: ModelPrice, tier: str, at: datetime) -> ModelPrice | None:
    """Return the prices that the list itself has for a tier, or None if it has none at this time."""
    context = {"processing": tier, "service_tier": tier, "speed": tier}
    active = [
        place
        for place, variant in enumerate(model.price_variants or ())
        if all(context.get(key) == value for key, value in variant.when.items())
        and (variant.constraint is None or variant.constraint.active(at))
    ]
    if not active:
        return None
    key = id(model), id(standard), *active
    if key not in _known_tiers:
        _known_tiers[key] = model, standard, model.get_prices(at, context)
    return _known_tiers[key][2]


# What the list has for tiers, with the objects whose ids are the keys. As many as there are variants in the list.
_known_tiers: dict[tuple[int, ...], tuple[Any, ModelPrice, ModelPrice]] = {}


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
