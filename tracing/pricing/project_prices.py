"""A project's own prices, and then the list.

Of the own prices that match the model and are in force, the one that started last counts, then the highest tier that
the call exceeds, then the longest pattern."""

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from fnmatch import fnmatchcase
from typing import Any

from django.db import connection
from django.utils import timezone

from tracing.models import ModelPrice
from tracing.pricing.price_list import Price, Rates, price_of

HAS_OWN_PRICES_SQL = "SELECT EXISTS (SELECT 1 FROM model_price WHERE project_id = %(project)s)"


class Prices:
    """The prices of one project, read once for a transaction."""

    def __init__(self, own: Sequence[ModelPrice] = ()) -> None:
        self._own = [(price.pattern.lower(), price) for price in own]

    @classmethod
    def of(cls, project_id: int) -> "Prices":
        """Load the prices of a project. Most have none of their own."""
        with connection.cursor() as cursor:
            cursor.execute(HAS_OWN_PRICES_SQL, {"project": project_id})
            [has_own] = cursor.fetchone()
        return cls(list(ModelPrice.objects.for_project(project_id))) if has_own else LIST_PRICES

    def price_of(
        self,
        model: str,
        provider: str | None,
        *,
        at: datetime | None,
        details: Mapping[str, Any] | None = None,
        **tokens: int,
    ) -> Price | None:
        """Return the costs of a call in USD.

        Return None if neither the project nor the list knows the model, or if the parts of the input exceed it. The
        project's own prices hold for all parts and service tiers."""
        own = self.in_force(model.lower(), at or timezone.now(), tokens["input_tokens"]) if self._own else None
        if own is None:
            return price_of(model, provider, at=at, details=details, **tokens)
        return rates_of(own).price(**tokens)

    def in_force(self, model: str, at: datetime, input_tokens: int) -> ModelPrice | None:
        """Return the project's own price of a model, whose name is in small letters, for a call."""
        day = at.astimezone(UTC).date()
        fitting = [
            price
            for pattern, price in self._own
            if fnmatchcase(model, pattern)
            and (price.starts_on is None or price.starts_on <= day)
            and (not price.above_input_tokens or price.above_input_tokens < input_tokens)
        ]
        return max(fitting, key=_rank, default=None)


def rates_of(price: ModelPrice) -> Rates:
    """Return an own price as rates. Missing cache prices are those of other input."""
    cached = price.input_price if price.cached_price is None else price.cached_price
    written = price.input_price if price.cache_write_price is None else price.cache_write_price
    return Rates(price.input_price, cached, written, price.output_price)


def _rank(price: ModelPrice) -> tuple[Any, ...]:
    return price.starts_on or date.min, price.above_input_tokens, len(price.pattern), price.id


LIST_PRICES = Prices()
