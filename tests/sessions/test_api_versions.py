"""A program changes what it knows, and nothing that somebody else has changed meanwhile."""

from threading import Barrier, Thread
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone

from projects.models import Project, User
from sessions.alerts import making
from sessions.annotation import configs
from sessions.models import Alert, SessionState
from tests.conftest import Key
from tests.conversations import TICKET, tell


@pytest.fixture
def paths(project: Project, alice: User) -> dict[str, str]:
    tell(project, "s")
    config = configs.create(project, {"name": "solved", "data_type": "BOOLEAN"}, by=alice)
    fields = {"name": "Costs", "kind": "crosses", "measure": "cost", "bound": "5"}
    alert = making.create(project, fields, by=alice)
    return {"session": "sessions/s", "config": f"score-configs/{config.id}", "alert": f"alerts/{alert.id}"}


CHANGES = {
    "session": ({"status": "open"}, {"labels": ["vip"]}),
    "config": ({"description": "Was it?"}, {"name": "done"}),
    "alert": ({"bound": "7"}, {"name": "Spending"}),
}


def send(client: Client, key: Key, path: str, body: object = None, **headers: str) -> Any:
    headers["Authorization"] = key.bearer
    if body is None:
        return client.get(f"/api/v1/{path}", headers=headers)
    return client.patch(f"/api/v1/{path}", body, content_type="application/json", headers=headers)


@pytest.mark.django_db
@pytest.mark.parametrize("kind", CHANGES)
def test_a_change_of_what_another_has_changed_is_refused(
    client: Client, key: Key, paths: dict[str, str], kind: str
) -> None:
    path, (first, second) = paths[kind], CHANGES[kind]
    known = send(client, key, path).headers["ETag"]
    assert send(client, key, path).headers["ETag"] == known

    changed = send(client, key, path, first, **{"If-Match": known})
    assert changed.status_code == 200
    refused = send(client, key, path, second, **{"If-Match": known})
    assert (refused.status_code, refused.json()["code"]) == (412, "changed")
    now = send(client, key, path)
    assert all(now.json()[name] != value for name, value in second.items()), "nothing was done"
    assert now.headers["ETag"] == changed.headers["ETag"] != known

    for tags in (f'"other", {changed.headers["ETag"]}', "*"):
        assert send(client, key, path, second, **{"If-Match": tags}).status_code == 200
        changed = send(client, key, path)
    assert send(client, key, path, first).status_code == 200, "who names none is not refused"
    assert send(client, key, path, second, **{"If-Match": "W/nonsense"}).status_code == 412


@pytest.mark.django_db
def test_what_programs_and_clocks_do_is_no_change_of_people(
    client: Client, key: Key, paths: dict[str, str], project: Project
) -> None:
    known = {kind: send(client, key, paths[kind]).headers["ETag"] for kind in ("session", "alert")}
    tell(project, "s", [*TICKET, ("Thanks!", "You are welcome.")])
    Alert.objects.for_project(project).update(checked_at=timezone.now())
    assert {kind: send(client, key, paths[kind]).headers["ETag"] for kind in known} == known


@pytest.mark.django_db(transaction=True)
def test_of_two_changes_at_once_one_is_refused(key: Key, paths: dict[str, str], project: Project) -> None:
    known = send(Client(), key, paths["session"]).headers["ETag"]
    together, statuses = Barrier(2), []

    def change(label: str) -> None:
        together.wait(10)
        answer = send(Client(), key, paths["session"], {"labels": [label]}, **{"If-Match": known})
        statuses.append(answer.status_code)
        connection.close()

    threads = [Thread(target=change, args=[label]) for label in ("a", "b")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(statuses) == [200, 412]
    assert len(SessionState.objects.for_project(project).get().labels) == 1
