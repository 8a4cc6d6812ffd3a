"""The button that prices stored calls anew: a job in slices, which continues where it stopped."""

import time
from decimal import Decimal

import pytest
from django.test import Client
from django.urls import reverse

from projects.models import AuditEvent, Project, User
from tests.tracing.reports import call
from tracing.ingest.pipeline import ingest
from tracing.models import ModelPrice, Repricing, Trace
from tracing.store import repricing
from tracing.token_usage import Usage

USAGE = Usage(input_tokens=1_000_000, output_tokens=0)


@pytest.fixture
def alices(client: Client, alice: User) -> Client:
    client.force_login(alice)
    return client


@pytest.fixture
def priced(project: Project) -> Project:
    """Three traces of a model without a public price, and one whose cost was stated."""
    ingest(project.pk, [call(f"t{number}", "s", model="house-model", usage=USAGE) for number in range(3)])
    ingest(project.pk, [call("stated", "s", model="house-model", usage=USAGE, total_cost=Decimal(9))])
    ModelPrice.objects.create(project_id=project.pk, pattern="house-model", input_price=2, output_price=0)
    return project


def costs(project: Project) -> dict[str, Decimal | None]:
    return dict(Trace.objects.for_project(project).values_list("trace_id", "total_cost"))


def work(project: Project, seconds: float = 60) -> bool:
    return repricing.repricings.work(project.pk, time.monotonic() + seconds)


def test_the_button_prices_stored_calls_and_leaves_stated_costs(alices: Client, priced: Project) -> None:
    address = reverse("project-prices", args=[priced.pk])
    assert "Reprice all calls" in alices.get(address).content.decode()

    answer = alices.post(reverse("project-reprice", args=[priced.pk]))
    assert (answer.status_code, answer["Location"]) == (302, f"{address}#reprice")
    assert "0 of 4 traces" in alices.get(address).content.decode()

    assert not work(priced), "nothing is left"
    assert costs(priced) == {"t0": 2, "t1": 2, "t2": 2, "stated": 9}
    html = alices.get(address).content.decode()
    assert "4 traces repriced" in html
    assert "alice@example.com" in html
    assert AuditEvent.objects.get(action="project changed").details == {"change": "stored calls repriced"}


def test_a_stopped_worker_is_continued(priced: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(repricing, "REPRICED_BATCH", 1)
    order = repricing.order(priced.pk, "alice@example.com")

    assert work(priced, seconds=-1), "the time was up after the first trace"
    order.refresh_from_db(from_queryset=Repricing.objects.for_project(priced))
    assert (order.trace_count, order.finished_at) == (1, None)
    work(priced)

    order.refresh_from_db(from_queryset=Repricing.objects.for_project(priced))
    assert order.trace_count == 4
    assert order.finished_at is not None
    assert set(costs(priced).values()) == {Decimal(2), Decimal(9)}


def test_a_second_click_orders_nothing_more(alices: Client, priced: Project) -> None:
    for _ in range(2):
        alices.post(reverse("project-reprice", args=[priced.pk]))

    assert Repricing.objects.for_project(priced).count() == 1
