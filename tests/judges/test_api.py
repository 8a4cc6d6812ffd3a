"""Judges, their verdicts and their silence, as programs read them."""

import json
import re
import time
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from projects.models import AuditEvent, Project, User
from sessions.judges import calls, making
from sessions.judges.making import Decision
from sessions.judges.tasks import judges
from sessions.models import JudgeVersion, ScoreConfig, Session, Verdict
from tests.conftest import Key
from tests.conversations import tell
from tests.judges.endpoint import Endpoint
from tests.judges.judged import make, plan, work
from tests.sessions.test_openapi import fault_in

pytestmark = pytest.mark.django_db
RULE = Decision(kind="rule", rule="turns > 0", value="yes")


def told(answer: Any, path: str, method: str, status: int) -> Any:
    """What an answer says, which is as the document says."""
    assert answer.status_code == status, answer.content
    assert fault_in(answer, "/api/v1/" + re.sub(r"[0-9a-f-]{36}", "{judge_id}", path), method) == ""
    return answer.json()


@pytest.fixture
def ask(client: Client, key: Key) -> Any:
    def asked(path: str, status: int = 200, **params: Any) -> Any:
        answer = client.get(f"/api/v1/{path}", params, headers={"Authorization": key.bearer})
        return told(answer, path, "get", status)

    return asked


@pytest.fixture
def send(client: Client, key: Key) -> Any:
    def sent(method: str, path: str, status: int, **body: Any) -> Any:
        headers = {"Authorization": key.bearer}
        answer: Any = client.generic(method, f"/api/v1/{path}", json.dumps(body), "application/json", headers=headers)
        return told(answer, path, method.lower(), status)

    return sent


def test_a_program_makes_changes_and_switches_a_judge(
    ask: Any, send: Any, project: Project, frustrated: ScoreConfig
) -> None:
    given = {"name": "Angry?", "kind": "rule", "rule": "turns > 1", "value": "yes", "score_config_id": frustrated.id}
    made = send("POST", "judges", 201, **given)
    assert made == ask(f"judges/{made['id']}")
    assert (made["is_on"], made["version"], made["latest_version"], made["quiet_seconds"]) == (False, 0, 1, 900)
    assert given.items() <= made.items()

    draft = send("PATCH", f"judges/{made['id']}", 200, rule="turns > 2", quiet_seconds=0)
    assert (draft["version"], draft["latest_version"], draft["rule"], draft["value"]) == (0, 2, "turns > 2", "yes")
    on = send("PATCH", f"judges/{made['id']}", 200, otherwise="no", is_on=True)
    assert (on["is_on"], on["version"]) == (True, 3)
    tell(project, "s1")
    work(project)
    assert ask("verdicts")["data"][0]["answer"] == "no"
    again = send("PATCH", f"judges/{made['id']}", 200, is_archived=True)
    assert (again["is_on"], again["is_archived"], again["latest_version"]) == (False, True, 3)
    who = AuditEvent.objects.filter(action__startswith="judge").values_list("actor", flat=True)
    assert {*who} == {made_by(project)}


def made_by(project: Project) -> str:
    return str(JudgeVersion.objects.for_project(project)[0].created_by)


def test_what_a_judge_cannot_be_is_refused_by_field_and_changes_nothing(
    send: Any, ask: Any, project: Project, frustrated: ScoreConfig
) -> None:
    given = {"name": "Angry?", "kind": "prompt", "prompt": "Is anybody angry?", "score_config_id": frustrated.id}
    for wrong, field in (
        ({"prompt": " "}, "prompt"),
        ({"kind": "dice"}, "kind"),
        ({"score_config_id": "nobody's"}, "config_id"),
        ({"query": "nonsense:1"}, "query"),
        ({"sample_percent": 0}, "sample_percent"),
        ({"monthly_cap": "-1"}, "monthly_cap"),
        ({"colour": "red"}, "colour"),
    ):
        assert list(send("POST", "judges", 400, **given | wrong)["errors"]) == [field]
    judge = send("POST", "judges", 201, **given)
    refused = send("PATCH", f"judges/{judge['id']}", 400, name="Cross?", is_on=True)
    assert "has chosen no model" in refused["detail"]
    assert ask(f"judges/{judge['id']}") == judge


def test_the_past_is_priced_ordered_and_followed(
    ask: Any, send: Any, project: Project, endpoint: Endpoint, frustrated: ScoreConfig, alice: User,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setattr(calls, "MAX_CALLS_OF_PROJECT", 0)  # rows are judged in the transaction of the test
    for session_id in ("a", "b", "c"):
        tell(project, session_id)
    Session.objects.for_project(project).update(content_at=timezone.now() - timedelta(days=1))
    judge = make(project, frustrated, alice, is_on=False)
    path = f"judges/{judge.id}"
    assert "Switch this one on" in str(ask(f"{path}/price", 400))
    making.switch_on(project, judge, 1, by=alice)

    price = ask(f"{path}/price", query="id:a,b")
    assert price["session_count"] == 2
    run = send("POST", f"{path}/backfills", 201, query="id:a,b")
    assert (run["expected_cost"], run["state"], run["done_count"]) == (price["cost"], "waiting", 0)
    assert "has not ended" in str(send("POST", f"{path}/backfills", 400))
    while judges.work(project.pk, time.monotonic() + 60) or Verdict.objects.for_project(project).unfinished().exists():
        work(project)
    judges.work(project.pk, time.monotonic() + 60)

    [told] = ask(f"{path}/backfills")["data"]
    assert (told["state"], told["done_count"], told["failed_count"], told["error"]) == ("ready", 2, 0, "")
    assert Decimal(told["cost"]) == sum(row.cost or 0 for row in Verdict.objects.for_project(project))


def test_a_judge_says_how_it_decides_and_under_which_name(
    ask: Any, project: Project, frustrated: ScoreConfig, alice: User
) -> None:
    judge = make(project, frustrated, alice, RULE, monthly_cap=None)

    [listed] = ask("judges")["data"]
    assert listed == ask(f"judges/{judge.id}")
    told = (listed["name"], listed["score_name"], listed["kind"], listed["version"], listed["is_on"])
    assert told == ("Frustrated?", frustrated.name, "rule", 1, True)
    assert listed["monthly_cap"] is None
    assert ask("judges/00000000-0000-0000-0000-000000000000", 404)["code"] == "not_found"


def test_verdicts_come_page_by_page_and_by_judge_session_and_state(
    ask: Any, project: Project, frustrated: ScoreConfig, alice: User
) -> None:
    judge = make(project, frustrated, alice, RULE)
    for number in range(3):
        tell(project, f"s{number}")
    work(project)

    first = ask("verdicts", limit=2)
    second = ask("verdicts", limit=2, cursor=first["next"])
    found = [*first["data"], *second["data"]]
    assert {one["session_id"] for one in found} == {"s0", "s1", "s2"}
    assert {(one["answer"], one["state"], one["judge_id"]) for one in found} == {("yes", "done", str(judge.id))}
    [one] = ask("verdicts", session_id="s1", judge_id=str(judge.id), state="done")["data"]
    assert (one["is_current"], one["cost"], one["model"]) == (True, None, "")
    assert ask("verdicts", state="failed")["data"] == []
    assert list(ask("verdicts", 400, state="nonsense")["errors"]) == ["state"]


def test_a_session_says_why_it_was_not_judged(ask: Any, project: Project, frustrated: ScoreConfig, alice: User) -> None:
    make(project, frustrated, alice, RULE, name="On")
    make(project, frustrated, alice, RULE, name="Off", is_on=False)
    make(project, frustrated, alice, RULE, name="Others", query="errors > 99")
    tell(project, "s1")
    plan(project)
    work(project)

    said = {one["judge_name"]: (one["answer"], one["reason"]) for one in ask("standings", session_id="s1")["data"]}
    assert said["On"][0] == "yes"
    assert said["Off"] == ("", "The judge is off.")
    assert said["Others"] == ("", "It does not match errors > 99.")
    assert "no session with this id" in ask("standings", 404, session_id="s2")["detail"]
    assert list(ask("standings", 400)["errors"]) == ["session_id"]


def test_judges_beyond_the_time_of_a_session_say_that_it_takes_too_long(
    ask: Any, project: Project, frustrated: ScoreConfig, alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    make(project, frustrated, alice, RULE, query="errors > 99")
    tell(project, "s1")
    plan(project)
    monkeypatch.setattr("sessions.judges.reasons.STANDINGS_SECONDS", 0.0)

    [standing] = ask("standings", session_id="s1")["data"]
    assert standing["reason"] == "This takes too long to find out."
