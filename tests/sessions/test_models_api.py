"""The list of models in use: sums of the sessions that match, and what each model costs now."""

from decimal import Decimal
from typing import Any

import pytest
from django.test import Client

from projects.models import Project
from sessions.cohorts import sampling
from sessions.rollup.session_rows import recompute
from tests.conftest import Key
from tests.sessions.rows import session
from tests.tracing.reports import call, in_session
from tracing.ingest.pipeline import ingest
from tracing.models import ModelPrice

pytestmark = pytest.mark.django_db
EVER = {"range": "all"}


@pytest.fixture
def models(client: Client, key: Key) -> Any:
    def asked(status: int = 200, **params: Any) -> Any:
        answer = client.get("/api/v1/models", params, headers={"Authorization": key.bearer})
        assert answer.status_code == status, answer.content
        return answer.json()

    return asked


@pytest.fixture
def told(project: Project, other_project: Project) -> None:
    ingest(project.pk, [
        call("a", "1", model="gpt-4o", claims=in_session("s1")),
        call("a", "2", model="of-nobody", claims=in_session("s1")),
        call("b", "1", model="gpt-4o", claims=in_session("s2", environment="staging")),
        call("c", "1", model="gpt-4o"),  # in no session
    ])  # fmt: skip
    recompute(project.pk, ["s1", "s2"])
    ingest(other_project.pk, [call("a", "1", model="theirs", claims=in_session("s1"))])
    recompute(other_project.pk, ["s1"])


def test_each_model_has_the_sums_of_the_sessions_that_match(models: Any, told: None) -> None:
    page = models(**EVER)
    assert (page["next"], page["previous"], page["sample"]) == (None, None, 1)
    gpt, unknown = page["data"]
    assert (gpt["model"], gpt["session_count"], gpt["call_count"]) == ("gpt-4o", 2, 2)
    assert (gpt["input_tokens"], gpt["output_tokens"], gpt["total_tokens"]) == (200, 40, 240)
    assert Decimal(gpt["total_cost"]) == Decimal("0.0009")  # 200 tokens at 2.5 and 40 at 10 for a million
    assert (unknown["model"], unknown["call_count"], unknown["unpriced_count"]) == ("of-nobody", 1, 1)
    assert (unknown["total_tokens"], unknown["total_cost"], unknown["price"]) == (120, None, None)

    assert [row["call_count"] for row in models(**EVER, environments="staging")["data"]] == [1]
    assert models(to="2001-01-01")["data"] == []
    assert models(q="id:nothing")["data"] == []


def test_a_page_continues_in_every_order(models: Any, told: None) -> None:
    for sort in ("model", "-total_cost", "session_count"):
        whole = [row["model"] for row in models(**EVER, sort=sort)["data"]]
        first = models(**EVER, sort=sort, limit=1)
        second = models(**EVER, sort=sort, limit=1, cursor=first["next"])
        assert [row["model"] for row in first["data"] + second["data"]] == whole
        assert (second["next"], second["previous"]) == (None, "0")
    for params in ({"sort": "price"}, {"limit": 0}, {"cursor": "x"}, {"models": "gpt-4o"}, {"q": "nothing:x"}):
        assert list(models(400, **params)["errors"]) == list(params)


def test_the_price_is_that_of_the_project_then_that_of_the_list(models: Any, told: None, project: Project) -> None:
    listed = models(**EVER)["data"][0]["price"]
    assert listed == {
        "seller": "openai", "input_price": "2.5", "output_price": "10", "cached_price": "1.25",
        "cache_write_price": "2.5",
    }  # fmt: skip
    ModelPrice.objects.create(project_id=project.pk, pattern="*-NOBODY", input_price=1, output_price=Decimal("2.50"))
    ModelPrice.objects.create(
        project_id=project.pk, pattern="gpt-*", input_price=9, output_price=9, above_input_tokens=1000
    )
    prices = {row["model"]: row["price"] for row in models(**EVER)["data"]}
    assert prices["gpt-4o"] == listed  # the project's own is for longer calls
    assert prices["of-nobody"] == {
        "seller": None, "input_price": "1", "output_price": "2.5", "cached_price": "1", "cache_write_price": "1",
    }  # fmt: skip


def test_a_sample_stands_for_all(models: Any, project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(400):
        session(project, str(number), usage_by_model={"m": {"call_count": 3, "total_cost": "0.5"}})
    monkeypatch.setattr(sampling, "MAX_EXACT_SESSIONS", 0)
    page = models(**EVER)
    [row] = page["data"]
    assert page["sample"] == sampling.ONE_IN
    assert row["call_count"] == row["session_count"] * 3
    assert Decimal(row["total_cost"]) * 2 == row["session_count"]
