"""Costs computed by hand: tiers at their borders, parts of the input, days in force, and whose name a model has."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest
from genai_prices import Usage
from genai_prices.data_snapshot import get_snapshot

from tests.tracing.reports import usd
from tracing.models import ModelPrice
from tracing.pricing.price_list import Price, Rates, find_listing, price_of
from tracing.pricing.project_prices import LIST_PRICES, Prices, rates_of
from tracing.pricing.tiers import tier_factor

JUNE = datetime(2026, 6, 1, 12, tzinfo=UTC)


def listed(
    model: str, provider: str | None = None, *, tokens: tuple[int, int] = (1_000, 100), cached: int = 0,
    written: int = 0, at: datetime | None = JUNE,
) -> Price | None:  # fmt: skip
    return price_of(
        model,
        provider,
        input_tokens=tokens[0],
        output_tokens=tokens[1],
        cached_tokens=cached,
        cache_write_tokens=written,
        at=at,
    )


def cost(input_cost: str, output_cost: str) -> Price:
    return Price(usd(input_cost), usd(output_cost))


@pytest.mark.parametrize(
    ("input_tokens", "expected"),
    [
        (0, cost("0", "0.015")),
        (199_999, cost("0.599997", "0.015")),
        (200_000, cost("0.6", "0.015")),
        (200_001, cost("1.200006", "0.0225")),  # beyond the border every token of the call costs more
        (1_000_000, cost("6", "0.0225")),
    ],
)
def test_a_tier_begins_behind_its_border(input_tokens: int, expected: Price) -> None:
    assert listed("claude-sonnet-4-5", tokens=(input_tokens, 1_000)) == expected


@pytest.mark.parametrize(
    ("cached", "written", "expected"),
    [
        (0, 0, "0.003"),
        (1_000, 0, "0.0003"),
        (0, 1_000, "0.00375"),
        (400, 500, "0.002295"),  # 100 * 3 + 400 * 0.3 + 500 * 3.75 per million
        (600, 400, "0.00168"),
        (1_001, 0, "0.0003"),  # never more parts than there is input
        (0, 10**9, "0.00375"),
        (600, 401, None),  # together more than the whole: no price is better than a wrong one
    ],
)
def test_parts_of_the_input_cost_each_their_rate(cached: int, written: int, expected: str | None) -> None:
    found = listed("claude-sonnet-4-5", tokens=(1_000, 0), cached=cached, written=written)
    assert found == (expected and cost(expected, "0"))


@pytest.mark.parametrize(
    ("at", "expected"),
    [
        (datetime(2025, 6, 9, 23, 59, 59, tzinfo=UTC), cost("10", "40")),
        (datetime(2025, 6, 10, tzinfo=UTC), cost("2", "8")),
        (JUNE, cost("2", "8")),
        (None, cost("2", "8")),
    ],
)
def test_a_call_costs_what_was_asked_on_its_day(at: datetime | None, expected: Price) -> None:
    assert listed("o3", "openai", tokens=(1_000_000, 1_000_000), at=at) == expected


@pytest.mark.parametrize(
    ("model", "provider"),
    [
        ("gpt-4o", None), ("gpt-4o", "openai"), ("openai/gpt-4o", None), ("gpt-4o", "a-gateway-of-ours"),
        ("openai/gpt-4o", "a-gateway-of-ours"), ("our-proxy/openai/gpt-4o", None),
    ],
)  # fmt: skip
def test_a_known_model_is_found_however_it_is_addressed(model: str, provider: str | None) -> None:
    assert listed(model, provider) == cost("0.0025", "0.001")


@pytest.mark.parametrize("model", ["", "/", "no-such-model", "openai/", "openai/no-such-model", "no-such/no-such"])
def test_an_unknown_model_has_no_price_and_is_not_free(model: str) -> None:
    assert listed(model) is None


def test_rates_are_per_million_and_exact() -> None:
    rates = Rates(plain=usd("3"), cached=usd("0.3"), cache_write=usd("3.75"), output=usd("15"))
    assert rates.price(1, 1, 0, 0) == cost("0.000003", "0.000015")
    assert rates.price(7, 3, 2, 4) == cost("0.0000186", "0.000045")
    assert rates.price(6, 3, 2, 4) == cost("0.0000156", "0.000045"), "nothing is left over: that is a price"
    assert rates.price(5, 3, 2, 4) is None


def own(pattern: str, input_price: int, **fields: object) -> ModelPrice:
    return ModelPrice(
        project_id=1, pattern=pattern, input_price=Decimal(input_price), output_price=Decimal(1),
        **{"id": pattern + str(input_price)} | fields,
    )  # fmt: skip


def rate(
    prices: list[ModelPrice], model: str = "home-made", tokens: int = 1_000_000, at: datetime = JUNE
) -> int | None:
    """The dollars per million tokens that a call of this size is charged."""
    found = Prices(prices).price_of(
        model, None, at=at, input_tokens=tokens, output_tokens=0, cached_tokens=0, cache_write_tokens=0
    )
    return found and int(found.input_cost * 1_000_000 / tokens)


@pytest.mark.parametrize(("tokens", "expected"), [(499, 1), (500, 1), (501, 2), (900, 2), (901, 3)])
def test_an_own_tier_begins_behind_its_border(tokens: int, expected: int) -> None:
    tiers = [own("home-*", 3, above_input_tokens=900), own("*", 1), own("home-*", 2, above_input_tokens=500)]
    assert rate(tiers, tokens=tokens) == expected


@pytest.mark.parametrize(
    ("at", "expected"),
    [
        (datetime(2026, 5, 31, 23, 59, 59, 999_999, tzinfo=UTC), 1),
        (datetime(2026, 6, 1, tzinfo=UTC), 2),
        (datetime(2026, 6, 1, 1, 30, tzinfo=timezone(timedelta(hours=2))), 1),  # still May in UTC
        (datetime(2026, 5, 31, 23, tzinfo=timezone(timedelta(hours=-2))), 2),
    ],
)
def test_an_own_price_is_in_force_from_midnight_in_utc(at: datetime, expected: int) -> None:
    assert rate([own("*", 1), own("*", 2, starts_on=date(2026, 6, 1))], at=at) == expected


@pytest.mark.parametrize(
    ("pattern", "model", "fits"),
    [
        ("home-made", "home-made", True), ("HOME-made", "Home-Made", True), ("home", "home-made", False),
        ("home-*", "home-", True), ("home-?ade", "home-made", True), ("home-?", "home-made", False),
        ("*made", "home-made-2", False), ("[gh]ome-made", "home-made", True),
    ],
)  # fmt: skip
def test_a_pattern_stands_for_whole_names(pattern: str, model: str, *, fits: bool) -> None:
    assert rate([own(pattern, 7)], model) == (7 if fits else None)


def test_of_own_prices_the_start_outweighs_the_tier_and_the_tier_the_pattern() -> None:
    started, tier, exact = (
        own("*", 1, starts_on=date(2026, 1, 1)),
        own("*", 2, above_input_tokens=5),
        own("home-made", 3),
    )
    assert rate([exact, tier, started]) == rate([started, tier, exact]) == 1
    assert rate([exact, tier]) == rate([tier, exact]) == 2
    assert rate([exact, own("home-mad*", 4, id="a")]) == 3, "as long, so the larger id counts in every order"
    assert rate([exact, own("home-mad*", 4, id="z")]) == rate([own("home-mad*", 4, id="z"), exact]) == 4


def test_what_no_own_price_fits_is_priced_by_the_list() -> None:
    later = own("gpt-4o", 1_000, starts_on=date(2026, 6, 2))
    larger = own("gpt-4o", 2_000, above_input_tokens=1_000_000)
    tokens = {"input_tokens": 1_000_000, "output_tokens": 0, "cached_tokens": 0, "cache_write_tokens": 0}
    by_list = LIST_PRICES.price_of("gpt-4o", None, at=JUNE, **tokens)
    assert Prices([later, larger]).price_of("gpt-4o", None, at=JUNE, **tokens) == by_list == cost("2.5", "0")


def test_a_cache_price_of_nothing_is_free_and_a_missing_one_is_that_of_input() -> None:
    free = own("x", 9, cached_price=Decimal(0), cache_write_price=Decimal(0))
    assert rates_of(free) == (Decimal(9), Decimal(0), Decimal(0), Decimal(1))
    assert rates_of(own("x", 9, cached_price=Decimal(2))) == (Decimal(9), Decimal(2), Decimal(9), Decimal(1))
    assert rates_of(own("x", 9, cache_write_price=Decimal(2))) == (Decimal(9), Decimal(9), Decimal(2), Decimal(1))


def listed_tiers() -> Iterator[tuple[str, Any, str]]:
    """Each tier that the list has for a model of a seller, in the seller's own spelling."""
    for provider in get_snapshot().providers:
        for model in provider.models:
            found = find_listing(model.id, provider.id)
            for variant in model.price_variants or () if found is not None and found.model is model else ():
                if variant.when.keys() <= {"processing", "service_tier", "speed"}:
                    yield provider.id, model, variant.when


def test_every_tier_in_the_list_costs_what_the_list_says_and_our_factors_agree() -> None:
    """The list has tiers of newer models; for the others, the factors that sellers publish count."""
    at, tokens = datetime(2026, 11, 30, 12, tzinfo=UTC), {"input_tokens": 1_000, "output_tokens": 100}
    checked = 0
    for seller, model, when in listed_tiers():
        (tier,) = when.values()
        whole = model.get_prices(at).calc_price(Usage(**tokens))
        said = model.get_prices(at, dict(when)).calc_price(Usage(**tokens))
        found = price_of(
            model.id, seller, **tokens, cached_tokens=0, cache_write_tokens=0, at=at, details={"service_tier": tier}
        )
        if found is None:  # such as a model whose only output is audio, and which lists none
            continue
        assert (found.input_cost, found.output_cost) == (said["input_price"], said["output_price"]), (model.id, when)
        factor = tier_factor(seller, model.id, tier)
        if factor is not None and whole["input_price"] and said["input_price"] != whole["input_price"]:
            assert said["input_price"] == pytest.approx(whole["input_price"] * factor, rel=Decimal("0.04")), model.id
        checked += 1
    assert checked > 100
