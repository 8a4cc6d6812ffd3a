"""Prices equal those of the list that they come from, for every model in it."""

from datetime import UTC, datetime
from decimal import Decimal
from random import Random

from genai_prices import Usage
from genai_prices.data_snapshot import get_snapshot

from tracing.pricing import price_list
from tracing.pricing.price_list import Price, price_of

AT = datetime(2026, 6, 1, 12, tzinfo=UTC)
EDGES = (0, 1, 199_999, 200_000, 200_001, 272_001, 5_000_000)  # around the tiers that providers have


def test_every_listed_model_costs_what_the_list_says() -> None:
    random = Random(1)
    for provider in get_snapshot().providers:
        for model in provider.models:
            prices = model.get_prices(AT)
            for input_tokens in (*EDGES, random.randrange(10_000)):
                output_tokens = random.randrange(10_000)
                cached = random.randint(0, input_tokens)
                written = random.randint(0, input_tokens - cached)
                usage = Usage(
                    input_tokens=input_tokens,
                    output_tokens=output_tokens,
                    cache_read_tokens=cached or None,
                    cache_write_tokens=written or None,
                )
                listed = model.calc_price(usage, provider, genai_request_timestamp=AT)

                rates = price_list._rates(prices, input_tokens)
                if all(price is None for price in vars(prices).values()):
                    assert rates is None, "a model without any price is not free"
                    continue
                assert rates is not None
                ours = rates.price(input_tokens, output_tokens, cached, written)

                assert ours == Price(listed.input_price, listed.output_price), f"{provider.id} {model.id} {usage}"


def test_an_unknown_model_has_no_price() -> None:
    tokens = {"input_tokens": 10, "output_tokens": 10, "cached_tokens": 0, "cache_write_tokens": 0}
    assert price_of("our-own-model-7", None, **tokens, at=AT) is None


def test_a_provider_before_the_models_name_is_understood() -> None:
    tokens = {"input_tokens": 1000, "output_tokens": 100, "cached_tokens": 0, "cache_write_tokens": 0}
    price = price_of("openai/gpt-4o", None, **tokens, at=AT)
    assert price == price_of("gpt-4o", "openai", **tokens, at=AT) == Price(Decimal("0.0025"), Decimal("0.001"))


def test_parts_that_exceed_the_whole_have_no_price() -> None:
    assert (
        price_of("gpt-4o", "openai", input_tokens=10, output_tokens=0, cached_tokens=8, cache_write_tokens=8, at=AT)
        is None
    )
