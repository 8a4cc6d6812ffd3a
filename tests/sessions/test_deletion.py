"""Deleting sessions and traces and erasing people, from page, API and worker: what went is gone everywhere."""

import time
from collections.abc import Iterator
from datetime import timedelta
from itertools import count, islice
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from projects.auth import create_key
from projects.jobs.redis_client import quick_redis
from projects.models import AuditEvent, Project, Role, User
from sessions.deletion import erasing, subjects
from sessions.deletion.tasks import erasures
from sessions.models import Erasure, Session
from sessions.rollup.session_rows import recompute
from tests.conftest import Key
from tests.tracing.reports import call, in_session, span
from tracing.ingest.pipeline import ingest
from tracing.models import Metering, Score, Span, SpanIO, Trace
from tracing.records import ScoreRecord
from tracing.store import activity
from tracing.store.partitions import ensure_partition
from tracing.store.tombstones import pseudonym_of

pytestmark = pytest.mark.django_db
Subject = Erasure.Subject


@pytest.fixture
def told(project: Project, other_project: Project) -> Iterator[None]:
    """Two sessions, of which Ana was in both and Ben in one; and the same in another tenant."""
    for tenant in (project, other_project):
        ingest(
            tenant.pk,
            [
                call("t1", "a", claims=in_session("s/1", user_id="ana"), input="Where is it?"),
                call("t2", "a", claims=in_session("s/1", user_id="ben")),
                span("t3", "a", claims=in_session("s2", user_id="ana")),
                span("t3", "b", "a"),
                ScoreRecord("of-trace", "helpful", "NUMERIC", 1.0, trace_id="t1"),
                ScoreRecord("of-session", "solved", "NUMERIC", 1.0, session_id="s2"),
            ],
        )
        recompute(tenant.pk, ["s/1", "s2"])
        activity.meter(tenant.pk, [timezone.now().date()])
    yield
    assert Trace.objects.for_project(other_project).count() == 3
    assert Score.objects.for_project(other_project).count() == 2


def counts(erasure: Erasure) -> tuple[int, int, int, int]:
    return erasure.trace_count, erasure.span_count, erasure.score_count, erasure.session_count


def left(project: Project) -> list[str]:
    return list(Trace.objects.for_project(project).order_by("trace_id").values_list("trace_id", flat=True))


def test_a_deleted_session_takes_everything_of_it_along(told: None, project: Project) -> None:
    receipt = erasing.delete_session(project.pk, "s2")

    assert counts(receipt) == (1, 2, 1, 1)
    assert receipt.finished_at
    assert left(project) == ["t1", "t2"]
    assert not Session.objects.for_project(project).filter(session_id="s2").exists()
    assert not Score.objects.for_project(project).filter(session_id="s2").exists()
    assert Metering.objects.for_project(project).get().span_count == 2


def test_an_erased_person_is_gone_and_the_numbers_follow(told: None, project: Project) -> None:
    receipt = erasing.erase_person(project.pk, "ana")

    assert counts(receipt) == (2, 3, 2, 2)
    assert left(project) == ["t2"]
    [session] = Session.objects.for_project(project)
    assert (session.session_id, session.trace_count, session.user_ids) == ("s/1", 1, ["ben"])
    assert Span.objects.for_project(project).count() == 1
    assert not SpanIO.objects.for_project(project).filter(trace_id="t1").exists()


def test_a_person_whom_only_one_span_names_is_found(told: None, project: Project) -> None:
    ingest(project.pk, [span("t2", "z", "a", claims=in_session("s/1", user_id="cleo"))])
    assert Trace.objects.for_project(project).get(trace_id="t2").user_id == "ben"

    assert erasing.erase_person(project.pk, "cleo").trace_count == 1
    assert left(project) == ["t1", "t3"]


def test_a_large_session_is_left_to_the_worker_who_works_in_batches(
    told: None, project: Project, monkeypatch: pytest.MonkeyPatch, client: Client, key: Key
) -> None:
    monkeypatch.setattr(erasing, "MAX_TRACES_IN_REQUEST", 1)
    monkeypatch.setattr(subjects, "DELETION_BATCH_TRACES", 1)
    answer = client.delete("/api/v1/sessions/s/1", headers={"Authorization": key.bearer})
    assert (answer.status_code, answer.json()["finished_at"]) == (202, None)
    assert left(project) == ["t1", "t2", "t3"]
    [erasure] = erasing.unfinished(project.pk)
    assert [len(batch) for batch in islice(subjects.remaining_batches(erasure), 3)] == [1, 1, 1]  # one batch at a time

    erasures.drain()

    assert left(project) == ["t3"]
    where = f"/api/v1/erasures/{answer.json()['id']}"
    receipt = client.get(where, headers={"Authorization": key.bearer}).json()
    assert receipt["finished_at"]
    assert (receipt["trace_count"], receipt["session_count"], receipt["expected_traces"]) == (2, 1, 2)


def test_a_worker_erases_in_slices_and_the_receipt_counts_each_session_once(
    told: None, project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both sessions are met in several slices; `t4` only a span says to be hers."""
    monkeypatch.setattr(subjects, "DELETION_BATCH_TRACES", 1)
    ingest(project.pk, [call(f"more-{number}", "a", claims=in_session("s/1", user_id="ana")) for number in range(3)])
    ingest(project.pk, [span("t4", "a", claims=in_session("s2", user_id="ben"))])
    ingest(project.pk, [span("t4", "z", "a", claims=in_session("s2", user_id="ana"))])
    erasure = erasing.begin(project.pk, Subject.PERSON, "ana", by="")

    slices = 1
    while erasures.work(project.pk, time.monotonic()):
        slices += 1

    receipt = Erasure.objects.for_project(project).get(id=erasure.id)
    assert slices > 6
    assert (receipt.trace_count, receipt.session_count) == (6, 2)
    assert not quick_redis().exists(f"erasure:{erasure.id}")
    assert receipt.finished_at
    assert left(project) == ["t2"]


def test_the_next_slice_looks_only_through_days_that_no_slice_has_looked_through(told: None, project: Project) -> None:
    today = timezone.now().date()
    for number in range(1, 4):
        ensure_partition(today - timedelta(days=number))
        ingest(project.pk, [span(f"day-{number}", "a")])
        for model in (Trace, Span, SpanIO):
            rows = model.objects.for_project(project).filter(trace_id=f"day-{number}")
            rows.update(bucket=today - timedelta(days=number))
    erasing.begin(project.pk, Subject.PERSON, "nobody", by="")

    seen = []
    while erasures.work(project.pk, time.monotonic()):
        seen.append(Erasure.objects.for_project(project).get().scanned_to)

    assert seen == [today - timedelta(days=number) for number in (3, 2, 1, 0)]
    assert Erasure.objects.for_project(project).get().finished_at


def test_two_workers_do_not_share_an_erasure(told: None, project: Project) -> None:
    erasure = erasing.begin(project.pk, Subject.SESSION, "s2", by="alice@example.com")
    assert erasure.lease()

    assert erasing.proceed(erasure).finished_at is None
    assert left(project) == ["t1", "t2", "t3"]


def test_the_api_deletes_with_the_scope_write_and_says_what_went(
    told: None, project: Project, client: Client, key: Key
) -> None:
    _, secret = create_key(project, scopes=["read", "ingest"])
    reader, writer = {"Authorization": f"Bearer {secret}"}, {"Authorization": key.bearer}
    assert client.delete("/api/v1/traces/t1", headers=reader).status_code == 403

    answer = client.delete("/api/v1/traces/t1", headers=writer)
    assert answer.status_code == 200
    assert (answer.json()["subject"], answer.json()["key"], answer.json()["span_count"]) == ("trace", "t1", 1)
    assert client.delete("/api/v1/traces/t1", headers=writer).status_code == 404
    assert client.delete("/api/v1/sessions/s/1", headers=writer).json()["trace_count"] == 1
    erased = client.post("/api/v1/erasures", {"user_id": "ana"}, content_type="application/json", headers=writer)
    assert (erased.status_code, erased.json()["trace_count"]) == (200, 1)
    assert left(project) == []
    said = AuditEvent.objects.filter(project_id=project.pk).order_by("pk").values_list("action", "target", "actor")
    actor = f"key {key.public}"
    assert list(said) == [
        ("trace deleted", "t1", actor),
        ("session deleted", "s/1", actor),
        ("person erased", pseudonym_of(project.pk, "ana"), actor),
    ]


def test_an_erasure_without_a_user_is_refused(project: Project, client: Client, key: Key) -> None:
    for body in ({}, {"user_id": ""}, {"user_id": "a\0b"}, {"user_id": "a" * 201}, [], {"user_id": ["ana"]}):
        answer = client.post(
            "/api/v1/erasures", body, content_type="application/json", headers={"Authorization": key.bearer}
        )
        assert answer.status_code == 400, body
    assert not Erasure.objects.for_project(project).exists()


def test_an_admin_deletes_from_the_pages(told: None, project: Project, alice: User, client: Client) -> None:
    client.force_login(alice)
    where = reverse("session-delete", args=[project.pk, "s/1"])
    assert where in client.get(reverse("session", args=[project.pk, "s/1"])).content.decode()

    page = client.post(where, follow=True).content.decode()
    assert "Deleted 2 traces." in page
    assert "alice@example.com" in page
    assert client.post(where).status_code == 404
    assert client.post(reverse("trace-delete", args=[project.pk, "t3"])).status_code == 302
    assert left(project) == []


def test_a_person_is_erased_only_when_typed_twice(told: None, project: Project, alice: User, client: Client) -> None:
    client.force_login(alice)
    where = reverse("project-erasures", args=[project.pk])
    assert client.post(where, {"user_id": "ana", "again": "anna"}).status_code == 400
    assert left(project) == ["t1", "t2", "t3"]

    assert "Deleted 2 traces." in client.post(where, {"user_id": "ana", "again": "ana"}, follow=True).content.decode()
    assert left(project) == ["t2"]
    name = pseudonym_of(project.pk, "ana")
    assert AuditEvent.objects.filter(action="person erased", target=name, actor="alice@example.com").exists()
    assert Erasure.objects.for_project(project).get().key == name
    assert name in client.get(where).content.decode()


def test_a_member_sees_no_way_to_delete_and_has_none(told: None, project: Project, bob: User, client: Client) -> None:
    client.force_login(bob)
    assert project.organization.memberships.get(user=bob).role == Role.MEMBER
    page = client.get(reverse("session", args=[project.pk, "s/1"])).content.decode()
    assert "Delete" not in page
    assert client.post(reverse("session-delete", args=[project.pk, "s/1"])).status_code == 403
    assert client.get(reverse("project-erasures", args=[project.pk])).status_code == 403


def test_an_unfinished_erasure_shows_its_progress(told: None, project: Project, alice: User, client: Client) -> None:
    client.force_login(alice)
    erasure = erasing.begin(project.pk, Subject.SESSION, "s/1", by="alice@example.com")
    page = reverse("project-erasures", args=[project.pk])
    assert "Waiting for the worker" in client.get(page).content.decode()

    erasure.lease()
    assert "<progress" in client.get(page).content.decode()


def test_the_score_of_a_session_outlives_one_of_its_traces(told: None, project: Project) -> None:
    ingest(project.pk, [ScoreRecord("of-s1", "solved", "NUMERIC", 1.0, session_id="s/1")])

    receipt = erasing.proceed(erasing.begin(project.pk, Subject.TRACE, "t2", by="alice"))

    assert counts(receipt) == (1, 1, 0, 1)
    assert set(Score.objects.for_project(project).values_list("id", flat=True)) == {"of-trace", "of-session", "of-s1"}
    assert set(Session.objects.for_project(project).get(session_id="s/1").scores) == {"helpful", "solved"}


def test_the_receipt_counts_the_scores_of_traces_and_those_of_the_session(told: None, project: Project) -> None:
    ingest(project.pk, [ScoreRecord("of-s1", "solved", "NUMERIC", 1.0, session_id="s/1")])

    assert counts(erasing.delete_session(project.pk, "s/1")) == (2, 2, 2, 1)
    assert set(Score.objects.for_project(project).values_list("id", flat=True)) == {"of-session"}


def test_every_batch_prolongs_the_lease_of_its_worker(
    told: None, project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A clock of which each look is a second later, so that leases tell when they were given."""
    monkeypatch.setattr(subjects, "DELETION_BATCH_TRACES", 1)
    erasure = erasing.begin(project.pk, Subject.SESSION, "s/1", by="")
    leases, clock, erase = [], count(), erasing.erase_traces
    began = timezone.now()
    monkeypatch.setattr(timezone, "now", lambda: began + timedelta(seconds=next(clock)))

    def erased(*args: Any) -> Any:
        stored = Erasure.objects.for_project(project).get(id=erasure.id)
        leases.append(stored.leased_until)
        assert not erasing.unfinished(project.pk).free()
        return erase(*args)

    monkeypatch.setattr(erasing, "erase_traces", erased)
    receipt = erasing.proceed(erasure)

    assert len(leases) == 2
    assert leases[0] < leases[1]
    assert receipt.leased_until is None
    assert Erasure.objects.for_project(project).get(id=erasure.id).leased_until is None


def test_an_id_that_no_user_can_have_is_refused(project: Project, alice: User, client: Client) -> None:
    client.force_login(alice)
    where = reverse("project-erasures", args=[project.pk])

    for length, status in ((200, 302), (201, 400)):
        assert client.post(where, {"user_id": "u" * length, "again": "u" * length}).status_code == status
