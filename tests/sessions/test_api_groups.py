"""Users, cohorts, comparisons, saved views and prices, as programs read them."""

from decimal import Decimal
from typing import Any

import pytest
from django.test import Client

from projects.auth import create_own_key
from projects.models import AuditEvent, Project, Scope, User
from sessions.cohorts.making import create_cohort
from sessions.models import ReviewQueue, SavedView
from sessions.rollup.session_rows import recompute
from tests.conftest import Key
from tests.conversations import tell
from tests.sessions.rows import session
from tests.tracing.reports import call, in_session
from tracing.ingest.pipeline import ingest
from tracing.models import ModelPrice

pytestmark = pytest.mark.django_db


@pytest.fixture
def ask(client: Client, key: Key) -> Any:
    def asked(path: str, status: int = 200, **params: Any) -> Any:
        answer = client.get(f"/api/v1/{path}", params, headers={"Authorization": key.bearer})
        assert answer.status_code == status, answer.content
        return answer.json()

    return asked


def test_users_are_listed_in_pages_by_any_of_their_sums(ask: Any, project: Project) -> None:
    for number in range(5):
        for place in range(number + 1):
            tell(project, f"s{number}-{place}", user_id=f"user-{number}")

    first = ask("users", sort="-session_count", limit=2)
    second = ask("users", sort="-session_count", limit=2, cursor=first["next"])
    last = ask("users", sort="-session_count", limit=2, cursor=second["next"])
    assert [row["id"] for row in first["data"]] == ["user-4", "user-3"]
    assert [row["id"] for row in second["data"]] == ["user-2", "user-1"]
    assert ([row["id"] for row in last["data"]], last["next"], last["previous"]) == (["user-0"], None, "2")
    assert first["data"][0]["session_count"] == 5
    assert [row["id"] for row in ask("users", q="ser-3")["data"]] == ["user-3"]
    assert ask("users", sort="session_count", limit=1)["data"][0]["id"] == "user-0"


def test_a_user_is_found_by_the_exact_id(ask: Any, project: Project) -> None:
    for user_id in ("ann/a", "ann/ab", "bob"):
        tell(project, f"of {user_id}", user_id=user_id)

    found = ask("users/ann/a")
    assert (found["id"], found["session_count"], found["trace_count"]) == ("ann/a", 1, 2)
    assert "No session" in ask("users/ann", 404)["detail"]
    assert list(ask("users/bob", 400, limit=1)["errors"]) == ["limit"]


def test_what_is_unknown_of_a_user_is_no_number(ask: Any, project: Project) -> None:
    ingest(project.pk, [call("t", "a", model="nobodys-model", claims=in_session("s", user_id="ann"))])
    recompute(project.pk, ["s"])
    found = ask("users/ann")
    assert (found["total_cost"], found["unpriced_count"]) == (None, 1)


@pytest.mark.parametrize(
    ("params", "name"),
    [({"sort": "luck"}, "sort"), ({"usr": "x"}, "usr"), ({"q": "cost>>"}, "q"), ({"limit": 0}, "limit")],
)
def test_a_list_of_users_that_cannot_be_is_refused(ask: Any, params: dict[str, Any], name: str) -> None:
    assert name in ask("users", 400, **params)["errors"]


def test_cohorts_are_compared(ask: Any, project: Project, alice: User) -> None:
    for number in range(60):
        session(project, f"a{number}", tags=["a"], total_cost=Decimal(1 + number % 7), error_count=0)
        session(project, f"b{number}", tags=["b"], total_cost=Decimal(11 + number % 7), error_count=number % 2)
    cohort = create_cohort(project, name="All of a", by=alice, query_string="tags=a")

    [listed] = ask("cohorts")["data"]
    assert (listed["id"], listed["name"], listed["session_count"]) == (str(cohort.id), "All of a", 60)
    found = ask("comparison", cohort=[str(cohort.id), "?tags=b"])
    assert [group["session_count"] for group in found["groups"]] == [60, 60]
    assert (found["groups"][0]["label"], found["groups"][1]["query_string"]) == ("All of a", "?tags=b")
    by_name = {(row["name"], row["value"]): row for row in found["data"]}
    cost = by_name["total_cost", None]
    assert cost["groups"][0]["median"] == 4.0
    assert (cost["differences"][0]["estimate"], cost["differences"][0]["is_significant"]) == (10.0, True)
    assert cost["differences"][0]["low"] < 10 < cost["differences"][0]["high"]
    failed = by_name["outcome", "with errors"]
    assert [group["share"] for group in failed["groups"]] == [0.0, 0.5]
    assert ("tags", "a") not in by_name, "the groups were chosen by it"

    differing = ask("comparison", cohort=[str(cohort.id), "?tags=b"], differing="true")["data"]
    assert {"total_cost", "outcome"} <= {row["name"] for row in differing}
    assert len(differing) < len(found["data"])
    split = ask("comparison", cohort="all", by="tags", value=["a", "b"])
    assert [group["session_count"] for group in split["groups"]] == [60, 60]


@pytest.mark.parametrize(
    ("params", "reason"),
    [
        ({}, "Name two groups"),
        ({"cohort": "all"}, "Name two groups"),
        ({"cohort": ["all", "nobody"]}, "no longer exists"),
        ({"cohort": ["all", "?colour=red"]}, "invalid"),
        ({"cohort": ["all"] + [f"?q=w{n}" for n in range(5)]}, "At most 4"),
    ],
)
def test_a_comparison_that_cannot_be_is_refused(ask: Any, params: dict[str, Any], reason: str) -> None:
    errors = ask("comparison", 400, **params)["errors"]
    assert reason in " ".join(errors["cohort"])


def test_views_are_those_that_the_key_may_see(
    client: Client, ask: Any, project: Project, alice: User, bob: User
) -> None:
    for name, owner, is_shared in (("shared", alice, True), ("hers", alice, False), ("his", bob, False)):
        SavedView.objects.create(
            project_id=project.pk, name=name, owner_id=owner.pk, owner=owner.email, is_shared=is_shared, query="q=x"
        )
    assert [(row["name"], row["query"]) for row in ask("views")["data"]] == [("shared", "q=x")]
    _, secret = create_own_key(bob, name="mine", scopes=[Scope.READ], expires_at=None)
    mine = client.get("/api/v1/views", headers={"Authorization": f"Bearer {secret}"}).json()
    assert [row["name"] for row in mine["data"]] == ["his", "shared"]


def test_prices_are_those_of_the_project(ask: Any, project: Project, other_project: Project) -> None:
    ModelPrice.objects.create(project_id=project.pk, pattern="ours-*", input_price=Decimal("0.5"), output_price=2)
    ModelPrice.objects.create(project_id=other_project.pk, pattern="theirs", input_price=1, output_price=1)
    [row] = ask("prices")["data"]
    assert (row["pattern"], row["input_price"], row["output_price"], row["cached_price"]) == (
        "ours-*",
        "0.5",
        "2",
        None,
    )


def test_a_program_creates_a_queue_and_is_told_what_is_wrong(client: Client, key: Key, project: Project) -> None:
    def post(**body: Any) -> Any:
        headers = {"Authorization": key.bearer}
        return client.post("/api/v1/review-queues", body, "application/json", headers=headers)

    made = post(name="Late orders", reviewers_per_item=2)
    assert (made.status_code, made.json()["name"], made.json()["total"]) == (200, "Late orders", 0)
    assert ReviewQueue.objects.for_project(project).get().reviewers_per_item == 2
    assert AuditEvent.objects.filter(action=AuditEvent.Action.QUEUE_CREATED).exists()
    assert "name" in post().json()["errors"]
    assert post(name="x", score_config_ids=["nobody"]).status_code == 400
    assert post(name="x", user_ids=[999_999]).status_code == 400
