"""Work on many sessions that programs order: what is selected, who may, and what a job answers."""

from typing import Any
from uuid import uuid4

import pytest
from django.test import Client

from projects.auth import create_own_key
from projects.models import AuditEvent, Project, Scope, User
from sessions.annotation import queues
from sessions.bulk import jobs
from sessions.bulk.tasks import bulk_jobs
from sessions.cohorts.making import create_cohort
from sessions.models import BulkJob, CohortMember, ReviewItem, Session, SessionState
from tests.conftest import Key
from tests.conversations import tell
from tests.sessions.rows import session
from tests.sessions.test_bulk import bookmarked, many

pytestmark = pytest.mark.django_db
PATH = "/api/v1/bulk-jobs"


@pytest.fixture
def order(client: Client, key: Key) -> Any:
    def ordered(code: int = 200, bearer: str = key.bearer, /, **body: Any) -> Any:
        answer = client.post(PATH, body, "application/json", headers={"Authorization": bearer})
        assert answer.status_code == code, answer.content
        return answer.json()

    return ordered


def own_key(user: User) -> str:
    _, secret = create_own_key(user, name="script", scopes=[Scope.READ, Scope.WRITE], expires_at=None)
    return f"Bearer {secret}"


def test_all_that_match_a_query_are_labelled(order: Any, project: Project, key: Key) -> None:
    many(project, 3, error_count=1)
    session(project, "fine")

    job = order(action="label", label="late", q="has:error")

    assert (job["state"], job["seen_count"], job["changed_count"], job["error"]) == ("ready", 3, 3, None)
    assert job["requested_by"] == f"key {key.public}"
    states = SessionState.objects.for_project(project)
    assert {(state.session_id, *state.labels) for state in states} == {(f"s000{number}", "late") for number in range(3)}
    event = AuditEvent.objects.get(action=AuditEvent.Action.BULK_ACTION)
    assert (event.target, event.details["sessions"], event.details["filters"]) == ("label", 3, "q")


def test_each_action_is_done_to_the_sessions_that_are_named(
    order: Any, project: Project, alice: User, bob: User
) -> None:
    many(project, 3)
    queue = queues.create(project, {"name": "Weekly", "score_config_ids": []}, by=alice)
    cohort = create_cohort(project, name="Chosen", by=alice, session_ids=["s0002"])
    chosen = {"session_ids": ["s0000", "s0001", "s0000"]}

    for asked in (
        {"action": "bookmark"},
        {"action": "status", "status": "open"},
        {"action": "assign", "assignee": bob.email},
        {"action": "queue", "queue_id": queue.id},
        {"action": "cohort", "cohort_id": str(cohort.id)},
    ):
        assert order(**asked, **chosen)["changed_count"] == 2, asked
    assert bookmarked(project) == {"s0000", "s0001"}
    states = SessionState.objects.for_project(project)
    assert {(state.status, state.assignee_id) for state in states} == {("open", bob.pk)}
    assert ReviewItem.objects.for_project(project).count() == 2
    assert CohortMember.objects.for_project(project).count() == 3

    order(action="status", status=None, session_ids=["s0000"])
    order(action="assign", assignee=None, session_ids=["s0000"])
    cleared = states.get(session_id="s0000")
    assert (cleared.status, cleared.assignee_id) == ("", None)


def test_many_sessions_are_left_to_a_worker_whose_progress_is_told(
    client: Client, order: Any, project: Project, key: Key, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jobs, "MAX_SESSIONS_IN_REQUEST", 2)
    many(project, 3)

    job = order(202, action="bookmark", q="created>2000-01-01")
    assert (job["state"], job["expected_count"], job["finished_at"]) == ("waiting", 3, None)
    bulk_jobs.drain()

    done: Any = client.get(f"{PATH}/{job['id']}", headers={"Authorization": key.bearer})
    assert (done.json()["state"], done.json()["changed_count"]) == ("ready", 3)
    listed: Any = client.get(PATH, headers={"Authorization": key.bearer})
    assert [one["id"] for one in listed.json()["data"]] == [job["id"]]


def test_a_job_is_stopped(client: Client, order: Any, project: Project, key: Key, monkeypatch: Any) -> None:
    monkeypatch.setattr(jobs, "MAX_SESSIONS_IN_REQUEST", 0)
    many(project, 3)
    job = order(202, action="bookmark", q="created>2000-01-01")

    stopped: Any = client.delete(f"{PATH}/{job['id']}", headers={"Authorization": key.bearer})
    bulk_jobs.drain()

    assert stopped.json()["state"] == "stopped"
    assert bookmarked(project) == set()


def test_a_person_needs_the_role_that_the_page_asks_for(order: Any, project: Project, alice: User, bob: User) -> None:
    tell(project, "support/1")
    only = {"action": "delete", "session_ids": ["support/1"]}

    assert "role admin" in order(403, own_key(bob), **only)["detail"]
    assert not BulkJob.objects.for_project(project).exists()
    assert order(200, own_key(bob), action="bookmark", q="assignee:me")["seen_count"] == 0
    assert order(200, own_key(alice), **only)["changed_count"] == 1
    assert not Session.objects.for_project(project).exists()


def test_a_job_of_a_person_is_stopped_by_them_or_by_who_may_do_the_same(
    client: Client, order: Any, project: Project, alice: User, bob: User, monkeypatch: Any
) -> None:
    monkeypatch.setattr(jobs, "MAX_SESSIONS_IN_REQUEST", 0)
    many(project, 1)
    job = order(202, own_key(alice), action="delete", session_ids=["s0000"])

    refused: Any = client.delete(f"{PATH}/{job['id']}", headers={"Authorization": own_key(bob)})
    assert refused.status_code == 403
    stopped: Any = client.delete(f"{PATH}/{job['id']}", headers={"Authorization": own_key(alice)})
    assert stopped.json()["state"] == "stopped"


@pytest.mark.parametrize(
    ("body", "named"),
    [
        ({}, "action"),
        ({"action": "explode", "q": "x"}, "action"),
        ({"action": "bookmark"}, "session_ids"),
        ({"action": "bookmark", "session_ids": []}, "session_ids"),
        ({"action": "bookmark", "session_ids": ["a"], "q": "x"}, "session_ids"),
        ({"action": "bookmark", "session_ids": [f"s{number}" for number in range(1_001)]}, "session_ids"),
        ({"action": "bookmark", "q": ""}, "q"),
        ({"action": "bookmark", "q": "cost>>"}, "q"),
        ({"action": "bookmark", "q": "x", "label": "late"}, "label"),
        ({"action": "bookmark", "q": "x", "all": True}, "all"),
        ({"action": "label", "q": "x"}, "label"),
        ({"action": "label", "q": "x", "label": "l" * 41}, "label"),
        ({"action": "status", "q": "x", "status": "lost"}, "status"),
        ({"action": "assign", "q": "x", "assignee": "stranger@example.com"}, "assignee"),
        ({"action": "queue", "q": "x", "queue_id": str(uuid4())}, "queue_id"),
        ({"action": "cohort", "q": "x", "cohort_id": "none"}, "cohort_id"),
    ],
)
def test_what_is_unclear_changes_nothing(order: Any, project: Project, body: dict[str, Any], named: str) -> None:
    many(project, 1)
    assert named in order(400, **body)["errors"]
    assert not BulkJob.objects.for_project(project).exists()


def test_a_project_has_no_endless_row_of_jobs(order: Any, project: Project, monkeypatch: Any) -> None:
    monkeypatch.setattr(jobs, "MAX_SESSIONS_IN_REQUEST", 0)
    many(project, 1)
    for _ in range(jobs.MOST_WAITING_JOBS):
        order(202, action="bookmark", session_ids=["s0000"])
    assert "not finished yet" in order(429, action="bookmark", session_ids=["s0000"])["detail"]
