"""Models in use: what each did in the sessions that match, and what it costs now."""

from decimal import Decimal
from typing import Any

from django.utils import timezone
from rest_framework.request import Request
from rest_framework.response import Response

from sessions.api.v1.metrics import measured_sessions
from sessions.api.v1.shapes.lists import ModelListParameters, ModelSerializer
from sessions.api.v1.shapes.operations import Operation, number, page_of
from sessions.api.v1.shapes.work import ModelInUseShape
from sessions.api.v1.views import Endpoint
from sessions.conversations.representation import known_alone, plain
from sessions.dashboard.models_in_use import ModelOrder, read_models
from tracing.pricing.current import CurrentPrice, price_at
from tracing.pricing.project_prices import Prices


class ModelsEndpoint(Endpoint):
    """The models of the sessions that match a filter."""

    operations = {
        "GET": Operation(
            says="List models in use",
            parameters=ModelListParameters,
            answers={200: page_of(ModelInUseShape, sample=number("How many sessions each that was read stands for."))},
        )
    }

    def get(self, request: Request) -> Response:
        """Answer with a page of models. Without a time, those of the last 30 days."""
        asked = ModelSerializer(data=request.query_params)
        asked.is_valid(raise_exception=True)
        listing = measured_sessions(self.project, request, asked.fields)
        by, start, limit = (asked.validated_data[name] for name in ("sort", "cursor", "limit"))
        order = ModelOrder(field=by.removeprefix("-"), is_falling=by.startswith("-"), skipped=start, limit=limit + 1)
        found = read_models(listing, order)
        prices, now = Prices.of(self.project.pk), timezone.now()
        return Response(
            {
                "data": [
                    _model_json(row) | {"price": _price_json(price_at(prices, row["model"], now))}
                    for row in found.rows[:limit]
                ],
                "next": str(start + limit) if len(found.rows) > limit else None,
                "previous": str(max(0, start - limit)) if start else None,
                "sample": found.sample,
            }
        )


def _model_json(row: dict[str, Any]) -> dict[str, Any]:
    sums = {name: int(value) for name, value in row.items() if name.endswith(("_count", "_tokens"))}
    costs = {name: plain(Decimal(value)) for name, value in row.items() if name.endswith("_cost")}
    return {"model": row["model"], **known_alone(sums | costs)}


def _price_json(price: CurrentPrice | None) -> dict[str, Any] | None:
    if price is None:
        return None
    rates = price.rates
    return {
        "seller": price.seller,
        "input_price": plain(rates.plain),
        "output_price": plain(rates.output),
        "cached_price": plain(rates.cached),
        "cache_write_price": plain(rates.cache_write),
    }
