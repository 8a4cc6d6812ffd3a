"""How often people may come: told in every answer that is counted, refused in words, per person and per address."""

from collections.abc import Iterator

import pytest
from django.test import Client
from django.urls import reverse
from pytest_django.fixtures import Settings

from config.page_rate_limits import RATES
from projects import rate_limits
from projects.jobs.redis_client import quick_redis, redis_client
from projects.models import Project, User

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _counting(settings: Settings) -> Iterator[None]:
    settings.COUNT_PEOPLE = True
    for name in quick_redis().scan_iter("confab:rate:*"):
        quick_redis().delete(name)
    yield
    redis_client.cache_clear()
    rate_limits._rest_until = 0.0


def test_every_rate_is_of_a_route_that_exists() -> None:
    urls = {reverse(name, args=arguments(name)) for _, name in RATES}
    assert len(urls) == len(RATES) - 1, "signing in has two names"


def arguments(name: str) -> list[object]:
    return {
        "scan": [1],
        "export": [1],
        "export-session": [1, "s"],
        "compare-csv": [1],
        "review-results": [1, "q", "csv"],
    }.get(name, [])


def test_an_address_may_try_to_sign_in_so_often_and_is_told_so(client: Client) -> None:
    form = {"login": "a@example.com", "password": "wrong"}

    answers = [client.post(reverse("sign-in"), form) for _ in range(rate_limits.SIGN_IN_RATE.most + 1)]

    assert {answer.status_code for answer in answers[:-1]} == {200}
    assert [answer["RateLimit-Remaining"] for answer in answers[:2]] == ["19", "18"]
    refused = answers[-1]
    assert refused.status_code == 429
    assert 1 <= int(refused["Retry-After"]) <= 60
    assert "More than 20 attempts to sign in in a minute." in refused.content.decode()
    assert client.get(reverse("sign-in")).status_code == 200, "looking at the form is not counted"
    assert client.post(reverse("sign-in"), form, REMOTE_ADDR="192.0.2.7").status_code == 200


def test_people_are_counted_each_for_themselves(client: Client, project: Project, alice: User, bob: User) -> None:
    address = reverse("scan", args=[project.pk]) + "?find=x"
    client.force_login(alice)
    for _ in range(rate_limits.SCAN_RATE.most):
        rate_limits.count(rate_limits.SCAN_RATE, f"user-{alice.pk}")

    assert client.get(address).status_code == 429
    client.force_login(bob)
    assert client.get(address)["RateLimit-Remaining"] == str(rate_limits.SCAN_RATE.most - 1)


def test_without_redis_everybody_is_let_in(client: Client, settings: Settings) -> None:
    settings.CACHES = {"default": {"LOCATION": "redis://127.0.0.1:1/0"}}
    redis_client.cache_clear()

    assert rate_limits.count(rate_limits.SIGN_IN_RATE, "x") is None
    rate_limits.admit(rate_limits.SIGN_IN_RATE, "x")
