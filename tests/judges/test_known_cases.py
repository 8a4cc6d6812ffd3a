"""A judge of the gallery is tried on invented conversations with known answers before it reads anybody's."""

from collections.abc import Callable

import pytest
from django.test import Client
from django.urls import reverse

from projects.models import Project, User
from sessions.annotation import configs
from sessions.judges import calls, runs
from sessions.judges.examining import examine
from sessions.judges.gallery import GALLERY
from sessions.judges.known_cases import read_cases
from sessions.models import Judge, JudgeRun, JudgeSpending, JudgeVersion, ScoreConfig, Verdict
from tests.conversations import read
from tests.judges.endpoint import Endpoint
from tests.judges.judged import make
from tests.killing import killed_after


@pytest.fixture
def judge(project: Project, endpoint: Endpoint, frustrated: ScoreConfig, alice: User) -> Judge:
    return make(project, frustrated, alice, is_on=False)


@pytest.fixture
def order(client: Client, project: Project, judge: Judge, alice: User) -> Callable[[], JudgeRun]:
    """Order a trial on the page, as an admin does."""

    def ordered() -> JudgeRun:
        client.force_login(alice)
        here = reverse("judge", args=[project.pk, judge.id])
        page = read(client.get(here, {"tab": "test", "against": "cases"}))
        assert "Its test set: 8 conversations with known answers" in page
        assert "Judge these 8" in page
        given = {"purpose": "test", "against": "cases"}
        assert client.post(reverse("judge-order", args=[project.pk, judge.id]), given).status_code == 302
        run: JudgeRun = JudgeRun.objects.for_project(project).unfinished().get()
        return run

    return ordered


def page_of(client: Client, judge: Judge) -> str:
    return read(client.get(reverse("judge", args=[judge.project_id, judge.id])))


def test_every_prompt_of_the_gallery_has_cases_with_each_answer() -> None:
    asked = {one.score for one in GALLERY.values() if one.kind == JudgeVersion.Kind.PROMPT}
    assert asked == read_cases().keys()
    for cases in read_cases().values():
        assert sorted(case.right for case in cases) == ["no"] * 4 + ["yes"] * 4
        assert all(entry["role"] in ("user", "assistant", "tool") for case in cases for entry in case.entries)
        assert all(case.entries[0]["turn"] == 1 for case in cases)


def test_a_version_is_tried_and_its_page_says_what_was_right(
    client: Client, project: Project, endpoint: Endpoint, judge: Judge, order: Callable[[], JudgeRun]
) -> None:
    def answer(data: dict[str, object]) -> dict[str, object]:
        said = str(data["conversation"])
        return {"reason": "They said so.", "turns": [1], "answer": "yes" if "ridiculous" in said else "no"}

    endpoint.answer = answer
    run = order()
    examine(run)

    page = page_of(client, judge)
    assert "Right in 5 of 8" in page
    assert "They said so." in page
    assert len(endpoint.requests) == 8
    assert JudgeSpending.objects.for_project(project).get().cost > 0
    assert not Verdict.objects.for_project(project).exists()
    progress = read(client.get(reverse("judge-run", args=[project.pk, run.id])))
    assert "8 of 8 sessions judged" in progress


def test_the_answers_of_a_killed_worker_are_kept(
    project: Project, endpoint: Endpoint, order: Callable[[], JudgeRun]
) -> None:
    run = order()
    with killed_after(30):
        examine(run)
    asked = len(endpoint.requests)
    assert 0 < asked < 8
    run.row.update(leased_until=None)

    examine(run)

    run = run.row.get()
    assert run.is_ready
    assert [one["case"] for one in run.answers] == [str(number) for number in range(1, 9)]
    assert len(endpoint.requests) <= 9  # one may have been asked twice


def test_what_a_model_fails_at_is_named_and_the_rest_is_asked(
    client: Client, endpoint: Endpoint, judge: Judge, order: Callable[[], JudgeRun]
) -> None:
    endpoint.answer = lambda data: "nonsense" if len(endpoint.requests) == 1 else {"reason": "So.", "turns": [],
                                                                                   "answer": "no"}  # fmt: skip
    run = order()
    examine(run)

    assert runs.progress_of(run.row.get())["failed"] == 1
    assert "of 7" in page_of(client, judge)


def test_a_cap_that_is_reached_ends_a_trial(
    project: Project, endpoint: Endpoint, judge: Judge, order: Callable[[], JudgeRun]
) -> None:
    run = order()
    Judge.objects.for_project(project).update(monthly_cap=0)
    examine(run)

    assert "used up" in run.row.get().error
    assert endpoint.requests == []


def test_a_rule_and_another_score_have_no_test_set(project: Project, endpoint: Endpoint, alice: User) -> None:
    other = configs.create(project, {"name": "tone", "data_type": "BOOLEAN"}, by=alice)
    client = Client()
    client.force_login(alice)
    assert "test set" not in page_of(client, make(project, other, alice, is_on=False))


@pytest.mark.django_db(transaction=True)
def test_a_trial_is_asked_about_by_threads_beside_the_worker(
    project: Project, endpoint: Endpoint, order: Callable[[], JudgeRun]
) -> None:
    run = order()
    for call in calls.dispatch(project.pk, lambda _: None):
        call.result(timeout=60)
    assert run.row.get().is_ready
