"""Pages of judges: from the settings of the model to a verdict that differs from what a person said."""

import re
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from projects.models import AuditEvent, Project, User
from sessions.annotation import scoring
from sessions.annotation.scoring import ScoreAnswer
from sessions.annotation.targets import Target
from sessions.judges import making, runs
from sessions.judges.making import Decision
from sessions.judges.tasks import waiting_projects
from sessions.models import Judge, JudgeRun, JudgeSpending, ModelProvider, ScoreConfig, Session, Verdict
from sessions.rollup.recomputing import drain
from tests.conversations import read, tell
from tests.judges.endpoint import Endpoint, served
from tests.judges.judged import make, plan, watch_all, work
from tracing.formatting import money
from tracing.models import Score


@pytest.fixture
def alices(alice: User) -> Client:
    client = Client()
    client.force_login(alice)
    return client


def test_an_admin_chooses_a_model_makes_a_judge_like_one_of_the_gallery_and_reads_its_verdicts(
    project: Project, alices: Client, frustrated: ScoreConfig, alice: User, settings
) -> None:
    settings.TRANSLATION_HOSTS = ["127.0.0.1"]
    with served() as endpoint:
        chosen = {
            "part": "judging", "provider": "openai_compatible", "base_url": endpoint.url, "model": "gpt-4o-mini",
            "secret": "k-123", "requests_per_minute": 600, "window_tokens": 60_000,
        }  # fmt: skip
        models = reverse("project-providers", args=[project.pk])
        refused = alices.post(models, chosen)
        assert "Nothing is sent to another host without your consent." in read(refused)
        assert alices.post(models, chosen | {"consent": "on"}).status_code == 302
        assert ModelProvider.objects.get().consent_by == alice.email
        assert "k-123" not in ModelProvider.objects.get().secret + read(alices.get(models))

        new = reverse("judge-new", args=[project.pk]) + "?like=frustrated"
        assert "anger or sarcasm" in read(alices.get(new))
        given = {"name": "Frustrated?", "quiet_minutes": 0, "sample_percent": 100, "config_id": frustrated.id}
        made = alices.post(new, given | {"prompt": "Is anybody angry?", "monthly_cap": "5"})
        judge = Judge.objects.for_project(project).get()
        assert made.url == reverse("judge", args=[project.pk, judge.id])
        switched = alices.post(reverse("judge-switch", args=[project.pk, judge.id]), {"to": "on"})
        assert switched.status_code == 302
        assert project.pk in waiting_projects()

        tell(project, "ticket")
        watch_all(judge)
        work(project)
        scoring.give(project, Target(session_id="ticket"), frustrated, ScoreAnswer("yes"), by=alice)
        page = read(alices.get(made.url))

        verdicts = read(alices.get(made.url, {"tab": "verdicts"}))

    assert "v1 is on" in page
    assert "100 % of them, as they arrive." in page
    assert "Nobody was angry." in verdicts
    assert "Agrees with people in 0 of 1" in page
    assert "people said <b>yes</b>" in page
    assert "the judge <b>no</b>" in page
    listed = read(alices.get(reverse("judges", args=[project.pk])))
    assert "of $5.00" in listed
    actions = set(AuditEvent.objects.values_list("action", flat=True))
    assert {"judge created", "judge changed", "conversation sent to a model", "project changed"} <= actions


def test_an_admin_changes_a_judge_where_it_is_shown_and_a_member_reads_it(
    project: Project, alices: Client, frustrated: ScoreConfig, alice: User, bob: User
) -> None:
    judge = make(project, frustrated, alice, Decision(kind="prompt", prompt="Is anybody angry?"), is_on=False)
    here = reverse("judge", args=[project.pk, judge.id])
    bobs = Client()
    bobs.force_login(bob)

    admins, members = read(alices.get(here)), read(bobs.get(here))

    change = f'action="{reverse("judge-change", args=[project.pk, judge.id])}"'
    assert change in admins
    assert re.search(r'<textarea name="prompt"[^>]*>\s*Is anybody angry\?</textarea>', admins)
    assert change not in members
    assert "<p>Is anybody angry?</p>" in members


def test_a_changed_prompt_is_a_draft_until_it_is_switched_on(
    project: Project, alices: Client, endpoint: Endpoint, frustrated: ScoreConfig, alice: User
) -> None:
    judge = make(project, frustrated, alice)
    change = reverse("judge-change", args=[project.pk, judge.id])
    given = {"name": "Frustrated?", "quiet_minutes": 0, "sample_percent": 100, "config_id": frustrated.id}
    refused = alices.post(change, given | {"prompt": "Angry?", "query": "nonsense:1"})
    assert refused.status_code == 400
    assert "nonsense" in read(refused)
    assert alices.post(change, given | {"prompt": "Angry?"}).status_code == 302

    page = read(alices.get(reverse("judge", args=[project.pk, judge.id])))
    assert "v1 is on" in page
    assert "Switch on v2" in page
    alices.post(reverse("judge-switch", args=[project.pk, judge.id]), {"to": "on"})
    assert Judge.objects.for_project(project).get().version == 2
    alices.post(reverse("judge-switch", args=[project.pk, judge.id]), {"to": "archive"})
    assert "Frustrated?</a></th>" not in read(alices.get(reverse("judges", args=[project.pk])))


def test_what_was_given_up_is_listed_with_its_error_and_tried_again(
    project: Project, alices: Client, endpoint: Endpoint, frustrated: ScoreConfig, alice: User
) -> None:
    judge = make(project, frustrated, alice)
    tell(project, "ticket")
    endpoint.status = 500
    work(project)
    Verdict.objects.for_project(project).update(attempt_count=4, due_at="2026-01-01T00:00:00Z")
    work(project)
    failed = reverse("judge", args=[project.pk, judge.id]) + "?only=failed"
    assert "127.0.0.1 does not work (500)." in read(alices.get(failed))

    endpoint.status = 200
    alices.post(reverse("judge-retry", args=[project.pk, judge.id]))
    work(project)
    assert Verdict.objects.for_project(project).get().answer == "no"


def test_a_backfill_is_ordered_after_its_price_was_told_and_watched_to_its_end(
    project: Project, alices: Client, endpoint: Endpoint, frustrated: ScoreConfig, alice: User
) -> None:
    tell(project, "ticket")
    drain(project.pk)
    Session.objects.for_project(project).update(content_at=timezone.now() - timedelta(days=1))
    judge = make(project, frustrated, alice, is_on=False)
    page = reverse("judge", args=[project.pk, judge.id])
    asked = {"tab": "backfill", "q": "turns >= 2", "percent": "100"}
    assert "Switch this one on first." in read(alices.get(page, asked))
    alices.post(reverse("judge-switch", args=[project.pk, judge.id]), {"to": "on"})
    assert "There is no quiet session" in read(alices.get(page, asked | {"q": "turns > 9"}))
    assert "query: " in read(alices.get(page, asked | {"q": "nonsense:1"}))
    told = read(alices.get(page, asked))
    assert "about $0.000" in told
    assert "Judge these 1" in told

    ordered = alices.post(
        reverse("judge-order", args=[project.pk, judge.id]),
        {"purpose": "backfill", "q": "turns >= 2", "percent": "100"},
    )
    watched = read(alices.get(ordered.url))
    assert "Waiting for the worker" in watched
    assert "0 of 1 session judged" in watched
    runs.proceed(project, JudgeRun.objects.for_project(project).get())
    work(project)
    runs.proceed(project, JudgeRun.objects.for_project(project).get())
    ended = read(alices.get(ordered.url, headers={"HX-Request": "true"}))
    assert "1 of 1 session judged" in ended
    assert "every 1s" not in ended
    assert "Earlier runs" in read(alices.get(page, {"tab": "backfill"}))
    alices.post(reverse("judge-run-stop", args=[project.pk, JudgeRun.objects.for_project(project).get().id]))
    assert JudgeRun.objects.for_project(project).get().is_ready


def test_a_draft_is_tested_on_what_people_scored_beside_the_version_before_it_and_gives_no_scores(
    project: Project, alices: Client, endpoint: Endpoint, frustrated: ScoreConfig, alice: User
) -> None:
    for number in range(6):
        tell(project, f"s{number}", [("Where is it?", "In Rome."), ("Awful!" if number < 3 else "Good.", "Bye.")])
        answer = ScoreAnswer("yes" if number < 3 else "no")
        scoring.give(project, Target(session_id=f"s{number}"), frustrated, answer, by=alice)
    judge = make(project, frustrated, alice)
    work(project)
    making.change(project, judge, {}, Decision(kind="prompt", prompt="Does anybody say awful?"), by=alice)
    page = reverse("judge", args=[project.pk, judge.id])
    assert "6 sessions that people scored" in read(alices.get(page))
    assert "Judge these 6" in read(alices.get(page, {"against": "people"}))
    assert "Judge these 6" in read(alices.get(page, {"against": "sample"}))

    def answer_by_words(data: dict[str, object]) -> dict[str, object]:
        return {"reason": "So.", "turns": [2], "answer": "yes" if "Awful" in str(data) else "no"}

    endpoint.answer = answer_by_words
    alices.post(reverse("judge-order", args=[project.pk, judge.id]), {"purpose": "test", "against": "people"})
    runs.proceed(project, JudgeRun.objects.for_project(project).get())
    work(project)
    told = read(alices.get(page))
    assert "Agrees with people in 6 of 6" in told
    assert "v2, kappa" in told
    assert "Kappa differs from v1 by 1.00" in told
    assert "6 sessions" in told
    judges_scores = Score.objects.for_project(project).filter(source="eval")
    assert {score.metadata["version"] for score in judges_scores} == {1}

    alices.post(reverse("judge-switch", args=[project.pk, judge.id]), {"to": "on"})
    assert {score.metadata["version"] for score in judges_scores.all()} == {2}
    assert "6 verdicts, 6 of them are scores" in read(alices.get(page, {"tab": "versions"}))


def test_every_number_leads_to_exactly_its_sessions_and_people_are_compared_with_each_other(
    project: Project, alices: Client, endpoint: Endpoint, frustrated: ScoreConfig, alice: User, bob: User
) -> None:
    for number in range(6):
        tell(project, f"s{number}", [("Where is it?", "Awful!" if number < 2 else "In Rome.")])
        for person, answer in ((alice, number < 3), (bob, number < 4)):
            given = ScoreAnswer("yes" if answer else "no")
            scoring.give(project, Target(session_id=f"s{number}"), frustrated, given, by=person)
    endpoint.answer = lambda data: {"reason": "So.", "turns": [1], "answer": "yes" if "Awful" in str(data) else "no"}
    judge = make(project, frustrated, alice)
    work(project)
    page, listed = reverse("judge", args=[project.pk, judge.id]), reverse("judges", args=[project.pk])

    def named(answer: Any, after: str) -> set[str]:
        return set(re.findall(r">(s\d)</a>", read(answer).partition(after)[2]))

    whole = read(alices.get(page))
    assert "on 6 sessions that both scored" in whole
    assert 'aria-label="2: people yes, judge yes"' in whole
    assert "tab=test&amp;people=yes&amp;judge=no#differ" in whole
    assert named(alices.get(page), 'id="differ"') == {"s2", "s3"}  # of two people the latest counts
    for people, said, sessions in (("yes", "yes", {"s0", "s1"}), ("no", "no", {"s4", "s5"}), ("no", "yes", set())):
        asked = {"tab": "test", "people": people, "judge": said}
        assert named(alices.get(page, asked), 'id="differ"') == sessions

    overview = read(alices.get(listed))
    assert "Verdicts that are scores</dt> <dd>6</dd>" in overview
    spent = JudgeSpending.objects.for_project(project).get().cost
    assert f"Spent this month</dt> <dd> {money(spent)}" in overview
    assert f'{page}?tab=verdicts&amp;answer=yes"' in overview
    assert '<rect data-d="2" x="0.0%" width="33.33%"' in overview
    assert named(alices.get(page, {"tab": "verdicts", "answer": "yes"}), "Last verdicts") == {"s0", "s1"}
    assert named(alices.get(page, {"tab": "verdicts", "answer": "can't tell"}), "Last verdicts") == set()


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"query": "turns > 9"}, "It does not match turns &gt; 9."),
        ({"quiet_seconds": 3600}, "It has not been quiet for 1h 00m yet, but at "),
        ({"sample_percent": 1, "id": UUID(int=1)}, "It is not among the 1 % that are drawn."),
        ({}, "It is due"),
    ],
)
def test_every_session_says_why_it_was_not_judged(
    project: Project, alices: Client, endpoint: Endpoint, frustrated: ScoreConfig, alice: User,
    fields: dict[str, object], reason: str,
) -> None:  # fmt: skip
    tell(project, "ticket")
    drain(project.pk)
    make(project, frustrated, alice, **fields)
    address = reverse("judged-session", args=[project.pk])
    assert reason in read(alices.get(address, {"id": "ticket"}))
    assert "there is no session with this id" in read(alices.get(address, {"id": "none"}))


def test_rows_of_work_say_why_there_is_no_verdict_yet(
    project: Project, alices: Client, endpoint: Endpoint, frustrated: ScoreConfig, alice: User
) -> None:
    tell(project, "ticket")
    drain(project.pk)
    judge = make(project, frustrated, alice, is_on=False)

    def told() -> str:
        return read(alices.get(reverse("judged-session", args=[project.pk]), {"id": "ticket"}))

    assert "The judge is off." in told()
    making.switch_on(project, judge, 1, by=alice)
    Session.objects.for_project(project).update(content_at=timezone.now() - timedelta(days=1))
    assert "It was quiet before version 1 was switched on. A backfill judges it." in told()
    watch_all(judge)
    plan(project)
    assert "It is in the queue." in told()
    endpoint.status = 500
    work(project)
    assert "It waits until" in told()
    rows = Verdict.objects.for_project(project)
    rows.update(attempt_count=4, due_at=timezone.now())
    work(project)
    assert "It was given up after 5 attempts" in told()
    endpoint.status = 200
    alices.post(reverse("judge-retry", args=[project.pk, judge.id]))
    work(project)
    assert "Nobody was angry." in told()
    tell(project, "ticket", [("Hello?", "Yes."), ("It is late.", "Sorry."), ("Bye.", "Bye.")])
    drain(project.pk)
    assert "Earlier: no," in told()
