"""Judges, their verdicts and their silence, as programs read them."""

from typing import Any

import pytest
from django.test import Client

from projects.models import Project, User
from sessions.judges.making import Decision
from sessions.models import ScoreConfig
from tests.conftest import Key
from tests.conversations import tell
from tests.judges.judged import make, plan, work

pytestmark = pytest.mark.django_db
RULE = Decision(kind="rule", rule="turns > 0", value="yes")


@pytest.fixture
def ask(client: Client, key: Key) -> Any:
    def asked(path: str, status: int = 200, **params: Any) -> Any:
        answer = client.get(f"/api/v1/{path}", params, headers={"Authorization": key.bearer})
        assert answer.status_code == status, answer.content
        return answer.json()

    return asked


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
