"""Pages of judges: from the settings of the model to a verdict that differs from what a person said."""

import pytest
from django.test import Client
from django.urls import reverse

from projects.models import AuditEvent, Project, User
from sessions.annotation import scoring
from sessions.annotation.scoring import ScoreAnswer
from sessions.annotation.targets import Target
from sessions.judges.tasks import waiting_projects
from sessions.models import Judge, ModelProvider, ScoreConfig, Verdict
from tests.conversations import read, tell
from tests.judges.endpoint import Endpoint, served
from tests.judges.judged import make, watch_all, work


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
            "protocol": "openai_compatible", "base_url": endpoint.url, "model": "gpt-4o-mini", "secret": "k-123",
            "requests_per_minute": 600, "window_tokens": 60_000,
        }  # fmt: skip
        models = reverse("project-models", args=[project.pk])
        refused = alices.post(models, chosen)
        assert "Nothing is sent without your consent." in read(refused)
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

    assert "v1 is on" in page
    assert "Nobody was angry." in page
    assert "Agrees with people in 0 of 1" in page
    assert "people said <b>yes</b>, the judge <b>no</b>" in page
    listed = read(alices.get(reverse("judges", args=[project.pk])))
    assert "of $5.00" in listed
    actions = set(AuditEvent.objects.values_list("action", flat=True))
    assert {"judge created", "judge changed", "conversation sent to a model", "project changed"} <= actions


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
