"""A write that comes twice with one Idempotency-Key is done once."""

from datetime import timedelta
from threading import Barrier, Thread
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone

from projects.auth import create_key
from projects.models import Project
from sessions.api.v1.repeating import MAX_KEPT_ANSWER_CHARACTERS
from sessions.deletion import kept_answers
from sessions.models import Comment, KeptAnswer, ReviewQueue
from tests.conftest import Key
from tests.conversations import tell

QUEUES = "/api/v1/review-queues"


def send(key: Key | str, path: str, body: object, once: str | None, method: str = "post") -> Any:
    headers = {"Authorization": key if isinstance(key, str) else key.bearer}
    headers |= {} if once is None else {"Idempotency-Key": once}
    return getattr(Client(), method)(path, body, content_type="application/json", headers=headers)


@pytest.mark.django_db
def test_the_same_request_with_the_same_key_is_done_once(key: Key, project: Project) -> None:
    first, again = (send(key, QUEUES, {"name": "Late"}, "one") for _ in range(2))
    assert (first.status_code, first.json()) == (again.status_code, again.json())
    assert first.json()["name"] == "Late"
    assert ReviewQueue.objects.for_project(project).count() == 1

    alert = {"name": "Failures", "kind": "enters", "query": "has:error"}
    assert [send(key, "/api/v1/alerts", alert, "two").status_code for _ in range(2)] == [201, 201]
    send(key, QUEUES, {"name": "Late too"}, "three")
    assert ReviewQueue.objects.for_project(project).count() == 2


@pytest.mark.django_db
def test_a_change_is_answered_with_its_etag_again(key: Key, project: Project) -> None:
    tell(project, "s")
    path, body = "/api/v1/sessions/s", {"labels": ["vip"]}
    first, again = (send(key, path, body, "one", "patch") for _ in range(2))
    assert first.json() == again.json()
    assert first.headers["ETag"] == again.headers["ETag"]


@pytest.mark.django_db
def test_the_key_of_another_request_is_refused(key: Key, project: Project) -> None:
    send(key, QUEUES, {"name": "Late"}, "one")
    for path, body in ((QUEUES, {"name": "Early"}), (f"{QUEUES}?x=1", {"name": "Late"}), ("/api/v1/alerts", {})):
        refused = send(key, path, body, "one")
        assert (refused.status_code, refused.json()["code"]) == (422, "key_reused")
    assert ReviewQueue.objects.for_project(project).count() == 1
    _, other = create_key(project)
    assert send(f"Bearer {other}", QUEUES, {"name": "Early"}, "one").status_code == 200, "keys of others are theirs"


@pytest.mark.django_db
def test_a_request_that_failed_leaves_its_key_free(key: Key, project: Project) -> None:
    assert send(key, QUEUES, {"name": ""}, "one").status_code == 400
    assert not KeptAnswer.objects.for_project(project).exists()
    assert send(key, QUEUES, {"name": "Late"}, "one").status_code == 200


@pytest.mark.django_db
@pytest.mark.parametrize("once", ["", "x" * 201, "naïve", "a\tb"])
def test_a_key_has_a_few_characters(key: Key, project: Project, once: str) -> None:
    refused = send(key, QUEUES, {"name": "Late"}, once)
    assert list(refused.json()["errors"]) == ["Idempotency-Key"]
    assert not ReviewQueue.objects.for_project(project).exists()


@pytest.mark.django_db(transaction=True)
def test_of_requests_at_the_same_time_one_is_done(key: Key, project: Project) -> None:
    together, answers = Barrier(4), []

    def ask() -> None:
        together.wait(10)
        answers.append(send(key, QUEUES, {"name": "Late"}, "one"))
        connection.close()

    threads = [Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert ReviewQueue.objects.for_project(project).count() == 1
    statuses = {answer.status_code for answer in answers}
    assert statuses <= {200, 409}
    assert all(answer.headers["Retry-After"] for answer in answers if answer.status_code == 409)


@pytest.mark.django_db
def test_a_request_that_never_ended_gives_its_key_back(key: Key, project: Project) -> None:
    send(key, QUEUES, {"name": "Late"}, "one")
    rows = KeptAnswer.objects.for_project(project)
    rows.update(status=None, answer=None)
    working = send(key, QUEUES, {"name": "Late"}, "one")
    assert (working.status_code, working.json()["code"], working.headers["Retry-After"]) == (409, "conflict", "2")
    rows.update(begun_at=timezone.now() - timedelta(minutes=2))
    assert send(key, QUEUES, {"name": "Late"}, "one").status_code == 200
    assert rows.get().status == 200


@pytest.mark.django_db
def test_an_answer_is_gone_with_what_was_erased(key: Key, project: Project) -> None:
    tell(project, "s")
    body = {"object_type": "SESSION", "object_id": "s", "content": "Read this."}
    send(key, "/api/v1/comments", body, "one")
    headers = {"Authorization": key.bearer}
    assert Client().delete("/api/v1/sessions/s", headers=headers).status_code == 200
    gone = send(key, "/api/v1/comments", body, "one")
    assert (gone.status_code, gone.json()["code"]) == (410, "erased")
    assert KeptAnswer.objects.for_project(project).get().answer is None
    assert not Comment.objects.for_project(project).exists()


@pytest.mark.django_db
def test_answers_that_name_people_or_secrets_are_not_kept(key: Key, project: Project) -> None:
    assert send(key, "/api/v1/erasures", {"user_id": "ann"}, "one").status_code == 200
    channel = {"name": "Hook", "kind": "mail"}
    assert send(key, "/api/v1/alert-channels", channel, "two").status_code == 201
    assert not KeptAnswer.objects.for_project(project).exists()


@pytest.mark.django_db
def test_answers_are_kept_for_a_day_and_not_too_many(
    project: Project, other_project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kept_answers, "MAX_KEPT_ANSWERS", 3)
    now = timezone.now()
    for hours in (1, 2, 3, 4, 25):
        for owner in (project, other_project):
            KeptAnswer.objects.create(
                project_id=owner.pk, digest=str(hours), request_digest="", begun_at=now - timedelta(hours=hours)
            )
    assert kept_answers.delete_old_answers(project.pk) is False
    assert sorted(KeptAnswer.objects.for_project(project).values_list("digest", flat=True)) == ["1", "2", "3"]
    assert KeptAnswer.objects.for_project(other_project).count() == 5


@pytest.mark.django_db
def test_a_very_long_answer_is_not_kept(key: Key, project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    assert MAX_KEPT_ANSWER_CHARACTERS > 100_000
    monkeypatch.setattr("sessions.api.v1.repeating.MAX_KEPT_ANSWER_CHARACTERS", 10)
    assert send(key, QUEUES, {"name": "Late"}, "one").status_code == 200
    assert not KeptAnswer.objects.for_project(project).exists()
