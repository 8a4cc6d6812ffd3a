"""What tokens of a model cost at a moment, for people who look at prices rather than at calls."""

from datetime import datetime
from typing import NamedTuple

from tracing.pricing.price_list import Rates, list_price
from tracing.pricing.project_prices import Prices, rates_of


class CurrentPrice(NamedTuple):
    """The rates of a model for short calls, and the seller in the price list; None is the project itself."""

    rates: Rates
    seller: str | None


def price_at(prices: Prices, model: str, at: datetime) -> CurrentPrice | None:
    """Return the price of a model by its name alone, or None if neither the project nor the list knows one."""
    if own := prices.in_force(model.lower(), at, 0):
        return CurrentPrice(rates_of(own), None)
    listed = list_price(model, at)
    return CurrentPrice(*listed) if listed else None
