"""A project's own prices: which one counts, and that history follows them."""

from datetime import timedelta
from decimal import Decimal
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command
from django.test import Client

from projects.models import AuditEvent, Project, User
from sessions.models import Session
from sessions.rollup.tasks import recompute_dirty
from tests.tracing.reports import at, call, in_session, usd
from tracing.ingest.pipeline import ingest
from tracing.models import ModelPrice, Span
from tracing.pricing.price_list import Price
from tracing.pricing.project_prices import Prices
from tracing.token_usage import Usage

YESTERDAY = at(0).date()


def own(project: Project, pattern: str, input_price: int, output_price: int = 0, **fields: Any) -> ModelPrice:
    price: ModelPrice = ModelPrice.objects.create(
        project_id=project.pk,
        pattern=pattern,
        input_price=Decimal(input_price),
        output_price=Decimal(output_price),
        **fields,
    )
    return price


def cost(project: Project, model: str = "gpt-4o", tokens: int = 1_000_000) -> Price | None:
    return Prices.of(project.pk).price_of(
        model, None, at=at(0), input_tokens=tokens, output_tokens=0, cached_tokens=0, cache_write_tokens=0
    )


def test_the_latest_start_counts_then_the_highest_tier_then_the_longest_pattern(project: Project) -> None:
    own(project, "gpt-*", 1)
    assert cost(project) == Price(Decimal(1), Decimal(0))
    own(project, "GPT-4o*", 2)
    assert cost(project) == Price(Decimal(2), Decimal(0))
    own(project, "gpt-*", 3, above_input_tokens=500_000)
    assert cost(project) == Price(Decimal(3), Decimal(0))
    own(project, "*", 4, starts_on=YESTERDAY)
    own(project, "*", 5, starts_on=YESTERDAY + timedelta(days=1))
    assert cost(project) == Price(Decimal(4), Decimal(0))


def test_caches_cost_as_input_unless_they_are_priced(project: Project) -> None:
    own(project, "home-made", 10, 30)
    own(project, "cached", 10, 30, cached_price=Decimal(1), cache_write_price=Decimal(12))
    tokens = {
        "input_tokens": 300_000,
        "output_tokens": 100_000,
        "cached_tokens": 100_000,
        "cache_write_tokens": 100_000,
    }

    prices = Prices.of(project.pk)

    assert prices.price_of("home-made", None, at=at(0), **tokens) == Price(Decimal(3), Decimal(3))
    assert prices.price_of("cached", None, at=at(0), **tokens) == Price(Decimal("2.3"), Decimal(3))


def test_another_projects_prices_are_not_ours(project: Project, other_project: Project) -> None:
    own(other_project, "*", 1_000)

    assert cost(project) == Price(Decimal("2.5"), Decimal(0))


def test_new_calls_cost_what_the_project_pays_and_stated_costs_stay(project: Project) -> None:
    own(project, "home-made", 10, 10)
    ingest(project.pk, [call("t", "a", model="home-made"), call("t", "b", model="home-made", total_cost=usd("7"))])

    costs = dict(Span.objects.for_project(project).values_list("span_id", "total_cost"))
    assert costs == {"a": usd("0.0012"), "b": usd("7")}


@pytest.mark.parametrize("since", [[], ["--since", "2020-01-01"]])
def test_history_follows_a_new_price_and_a_second_run_changes_nothing(project: Project, since: list[str]) -> None:
    reports = [
        call("t", "a", model="home-made", claims=in_session("s")),
        call("u", "a", claims=in_session("s"), total_cost=usd("7")),
        call("v", "a", claims=in_session("s"), usage=Usage(0, 0)),
    ]
    ingest(project.pk, reports)
    recompute_dirty(project.pk)
    assert Session.objects.for_project(project).get().unpriced_count == 2
    own(project, "home-made", 10, 10)

    for _ in range(2):
        out = StringIO()
        call_command("reprice", "--project", str(project.pk), *since, stdout=out)
        session = Session.objects.for_project(project).get()

        assert (session.total_cost, session.unpriced_count) == (usd("7.0012"), 1), (
            "of `v` not even the tokens are known"
        )
        assert "3 traces" in out.getvalue()


def test_admins_list_add_and_delete_prices_and_members_do_not(
    client: Client, project: Project, alice: User, bob: User
) -> None:
    path = f"/project/{project.pk}/settings/prices"
    client.force_login(bob)
    assert client.post(path, {"pattern": "x", "input_price": "1", "output_price": "2"}).status_code == 403
    client.force_login(alice)
    given = {"pattern": "home-*", "input_price": "1.25", "output_price": "2", "above_input_tokens": "0"}

    assert client.post(path, given).status_code == 302
    page = client.get(path).content.decode()
    assert "home-*" in page
    assert "1.25" in page
    assert "Delete it first" in client.post(path, given).content.decode()
    assert client.post(path, given | {"pattern": "y", "input_price": "-1"}).status_code == 400

    price = ModelPrice.objects.for_project(project).get()
    assert AuditEvent.objects.filter(details__change="price added").count() == 1
    assert client.post(f"{path}/{price.id}/delete").status_code == 302
    assert not ModelPrice.objects.for_project(project).exists()
