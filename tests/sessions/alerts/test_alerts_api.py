"""Alerts by the API: made, read, changed, and what fired."""

import json
from typing import Any

from django.test import Client

from projects.models import Project, User
from sessions.models import Alert
from tests.conftest import Key
from tests.sessions.alerts.watched import an_alert, look, store


def ask(client: Client, key: Key, method: str, path: str, body: Any = None) -> Any:
    given = {"data": json.dumps(body), "content_type": "application/json"} if body is not None else {}
    return getattr(client, method)(f"/api/v1/{path}", headers={"Authorization": key.bearer}, **given)


def test_an_alert_is_made_changed_and_deleted(client: Client, project: Project, key: Key) -> None:
    channel = ask(client, key, "post", "alert-channels", {"name": "Everybody", "kind": "mail"})
    assert (channel.status_code, channel.json()["secret"]) == (201, "")
    body = {
        "name": "Failures", "kind": "crosses", "measure": "share", "query": "has:error", "bound": "0.05",
        "channel_ids": [channel.json()["id"]],
    }  # fmt: skip
    made = ask(client, key, "post", "alerts", body)
    assert made.status_code == 201, made.content
    alert = made.json()
    assert (alert["query"], alert["bound"], alert["state"]) == ("has:error", "0.05", "ok")

    changed = ask(client, key, "patch", f"alerts/{alert['id']}", {"bound": "0.1"}).json()
    assert (changed["bound"], changed["name"]) == ("0.1", "Failures")
    assert [one["id"] for one in ask(client, key, "get", "alerts").json()["data"]] == [alert["id"]]
    assert ask(client, key, "delete", f"alerts/{alert['id']}").status_code == 204
    assert not Alert.objects.for_project(project).exists()


def test_what_is_wrong_is_named(client: Client, project: Project, key: Key) -> None:
    for body, field in (
        ({"kind": "enters"}, "name"),
        ({"name": "a", "kind": "enters", "query": "colour:red"}, "query"),
        ({"name": "a", "kind": "enters", "colour": 1}, "colour"),
        ({"name": "a", "kind": "crosses", "measure": "share"}, "bound"),
        ({"name": "a", "kind": "enters", "actions": [{"action": "delete"}]}, "actions"),
    ):
        answer = ask(client, key, "post", "alerts", body)
        assert answer.status_code == 400
        assert field in answer.json()["errors"]


def test_firings_lead_to_exactly_their_sessions(client: Client, project: Project, key: Key, alice: User) -> None:
    alert = an_alert(project, alice)
    store(project, "bad", fails=True)
    look(project)
    store(project, "later", fails=True)

    [firing] = ask(client, key, "get", f"alert-firings?alert_id={alert.id}").json()["data"]
    assert firing["session_count"] == 1
    rows = ask(client, key, "get", f"sessions?firing={firing['id']}").json()["data"]
    assert [row["id"] for row in rows] == ["bad"]
    assert ask(client, key, "get", "alert-firings?alert_id=none").status_code == 400
