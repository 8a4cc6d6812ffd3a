"""Backfills: their price before they start, and one verdict for each session, whatever happens to the workers."""

import multiprocessing
import time
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.utils import timezone

from projects.models import AuditEvent, Project, User
from sessions.annotation.configs import NotAllowed
from sessions.judges import calls, making, runs, scope
from sessions.judges.loading import Bench, load_bench
from sessions.judges.making import Decision
from sessions.judges.tasks import judges, waiting_projects
from sessions.models import JudgeRun, JudgeSpending, ModelProvider, ScoreConfig, Session, Verdict
from sessions.rollup.recomputing import drain
from tests.conversations import tell
from tests.judges.endpoint import Endpoint
from tests.judges.judged import make, verdict, work
from tracing.models import Score

BACKFILL = JudgeRun.Purpose.BACKFILL


def past(project: Project, *session_ids: str) -> None:
    for session_id in session_ids:
        tell(project, session_id)
    drain(project.pk)
    Session.objects.for_project(project).update(content_at=timezone.now() - timedelta(days=1))


def on(project: Project, config: ScoreConfig, by: User, **fields: object) -> Bench:
    """A judge that is on since now, so that it leaves the past to a backfill."""
    judge = make(project, config, by, is_on=False, **fields)
    making.switch_on(project, judge, 1, by=by)
    bench = load_bench(judge)
    assert bench is not None
    return bench


def order(project: Project, bench: Bench, by: User, **fields: object) -> JudgeRun:
    return runs.begin(project, bench, runs.draft(bench, BACKFILL, **fields), by=by)


def finish(project: Project) -> None:
    """What a worker would do until nothing is left."""
    while judges.work(project.pk, time.monotonic() + 60) or Verdict.objects.for_project(project).unfinished().exists():
        work(project)
    judges.work(project.pk, time.monotonic() + 60)


@pytest.fixture
def inline(monkeypatch: pytest.MonkeyPatch) -> None:
    """Rows are judged by `work`, in the transaction of the test."""
    monkeypatch.setattr(calls, "MAX_CALLS_OF_PROJECT", 0)


@pytest.mark.usefixtures("inline")
def test_a_backfill_judges_the_past_that_it_asks_for_and_a_judge_alone_does_not(
    project: Project, endpoint: Endpoint, frustrated: ScoreConfig, alice: User
) -> None:
    past(project, "a", "b", "c")
    bench = on(project, frustrated, alice)
    work(project)
    assert not Verdict.objects.for_project(project).exists()

    run = order(project, bench, alice, query="id:a,b")
    assert (run.expected_count, run.requested_by) == (2, alice.email)
    assert project.pk in waiting_projects()
    finish(project)

    assert {row.session_id for row in Verdict.objects.for_project(project)} == {"a", "b"}
    assert verdict(project, "a").answer == "no"
    run.refresh_from_db(from_queryset=JudgeRun.objects.for_project(project))
    assert (run.is_ready, run.queued_count, run.last_id) == (True, 2, "")
    told = runs.progress_of(run)
    assert (told["done"], told["failed"], told["waiting"], told["percent"]) == (2, 0, 0, 100)
    assert told["cost"] == JudgeSpending.objects.for_project(project).get().cost
    event = AuditEvent.objects.filter(details__what="backfill ordered").get()
    assert (event.action, event.details["sessions"]) == ("judge changed", 2)


@pytest.mark.usefixtures("inline")
@pytest.mark.parametrize("is_known", [False, True])
def test_the_price_before_is_within_20_percent_of_what_it_costs(
    project: Project, endpoint: Endpoint, frustrated: ScoreConfig, alice: User, is_known: bool,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    for number in range(12):
        words = [(f"Question {turn}: " + "where is my order? " * (number % 7), "It left " * 30) for turn in range(2)]
        tell(project, f"s{number}", words[: 1 + number % 2])
    past(project)
    bench = on(project, frustrated, alice)
    if is_known:  # from what the model reported, and a sample: drawn by chance, so it has to be most of these few
        monkeypatch.setattr("sessions.judges.estimates.READ_SESSIONS", 9)
        endpoint.answer = lambda data: {"reason": "Nobody was angry. " * 9, "turns": [1], "answer": "no"}
        order(project, bench, alice, query="id:s1")
        finish(project)
    told = runs.price(project, bench, runs.draft(bench, BACKFILL))
    assert told.session_count == 12 - is_known
    run = order(project, bench, alice)
    assert run.expected_cost == told.cost
    finish(project)

    cost = runs.progress_of(run)["cost"]
    assert told.cost == pytest.approx(cost, rel=Decimal("0.2"))
    assert (told.low is not None) == is_known
    if told.low is not None:
        assert told.low < told.cost < told.high


def test_an_unknown_price_is_unknown_and_a_rule_needs_no_backfill(
    project: Project, endpoint: Endpoint, frustrated: ScoreConfig, alice: User
) -> None:
    past(project, "a")
    ModelProvider.objects.update(model="our-own-7b")
    bench = on(project, frustrated, alice)
    told = runs.price(project, bench, runs.draft(bench, BACKFILL))
    assert told.session_count == 1
    assert told.input_tokens > 100
    assert told.cost is None

    rule = on(project, frustrated, alice, decision=Decision(kind="rule", rule="turns > 5", value="yes"))
    with pytest.raises(NotAllowed, match="judges all sessions"):
        runs.draft(rule, BACKFILL)


@pytest.mark.usefixtures("inline")
def test_what_cannot_be_ordered_is_refused_with_its_reason(
    project: Project, endpoint: Endpoint, frustrated: ScoreConfig, alice: User
) -> None:
    past(project, "a")
    bench = on(project, frustrated, alice)
    for fields, reason in [
        ({"query": "nonsense:1"}, "query: "),
        ({"query": "id:b"}, "no quiet session"),
        ({"sample_percent": 0}, "1 to 100"),
    ]:  # fmt: skip
        with pytest.raises(NotAllowed, match=reason):
            order(project, bench, alice, **fields)
    order(project, bench, alice)
    with pytest.raises(NotAllowed, match="has not ended"):
        order(project, bench, alice)
    ModelProvider.objects.update(consent_at=None)
    with pytest.raises(NotAllowed, match="agreed"):
        runs.draft(bench, BACKFILL)
    making.switch_off(project, bench.judge, by=alice)
    with pytest.raises(NotAllowed, match="Switch this one on"):
        runs.draft(bench, BACKFILL)


@pytest.mark.usefixtures("inline")
def test_what_was_stopped_keeps_its_verdicts_and_leaves_the_queue(
    project: Project, endpoint: Endpoint, frustrated: ScoreConfig, alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runs, "QUEUED_AT_ONCE", 2)
    past(project, *"abcdef")
    run = order(project, on(project, frustrated, alice), alice)
    judges.work(project.pk, time.monotonic() + 60)
    work(project)
    judges.work(project.pk, time.monotonic() + 60)
    runs.stop(run)
    finish(project)

    run.refresh_from_db(from_queryset=JudgeRun.objects.for_project(project))
    assert run.state == JudgeRun.State.STOPPED
    assert [row.session_id for row in Verdict.objects.for_project(project).order_by("session_id")] == ["a", "b"]
    assert runs.progress_of(run)["done"] == 2


@pytest.mark.usefixtures("inline")
def test_a_backfill_ends_with_the_version_that_it_is_by(
    project: Project, endpoint: Endpoint, frustrated: ScoreConfig, alice: User
) -> None:
    past(project, "a")
    bench = on(project, frustrated, alice)
    run = order(project, bench, alice)
    judges.work(project.pk, time.monotonic() + 60)
    making.switch_off(project, bench.judge, by=alice)
    finish(project)
    run.refresh_from_db(from_queryset=JudgeRun.objects.for_project(project))
    assert "switched off" in run.error
    assert endpoint.requests == []


@pytest.mark.usefixtures("inline")
def test_a_cap_holds_a_backfill_back_and_says_so(
    project: Project, endpoint: Endpoint, frustrated: ScoreConfig, alice: User
) -> None:
    past(project, *"abcdefgh")
    bench = on(project, frustrated, alice, monthly_cap=Decimal("0.001"))
    told = runs.price(project, bench, runs.draft(bench, BACKFILL))
    assert told.fitting_count is None
    run = order(project, bench, alice)
    judges.work(project.pk, time.monotonic() + 60)
    work(project)

    done = Verdict.objects.for_project(project).filter(state="done").count()
    assert 0 < done < 8
    assert JudgeSpending.objects.for_project(project).get().cost <= Decimal("0.001")
    assert "is used up" in runs.progress_of(run)["pause"]
    making.change(project, bench.judge, {"monthly_cap": Decimal("0.0001")}, by=alice)
    assert runs.price(project, bench, runs.draft(bench, BACKFILL)).fitting_count in (0, None)


@pytest.mark.usefixtures("inline")
def test_a_conversation_that_went_on_while_it_waited_is_judged_as_it_is(
    project: Project, endpoint: Endpoint, frustrated: ScoreConfig, alice: User
) -> None:
    past(project, "a", "b")
    order(project, on(project, frustrated, alice), alice)
    judges.work(project.pk, time.monotonic() + 60)
    tell(project, "b", [("It is broken!", "Sorry."), ("Still!", "Sorry."), ("Bye.", "Bye.")])
    finish(project)

    now = Session.objects.for_project(project).get(session_id="b").content_hash
    assert [row.content_hash for row in Verdict.objects.for_project(project).filter(session_id="b")] == [now]


@pytest.mark.usefixtures("inline")
def test_what_was_still_being_said_when_a_judge_was_switched_on_is_its_own_and_what_was_brought_is_the_past(
    project: Project, endpoint: Endpoint, frustrated: ScoreConfig, alice: User
) -> None:
    past(project, "talking", "brought")
    now = timezone.now()
    rows = Session.objects.for_project(project)
    rows.update(content_at=now - timedelta(minutes=5))
    rows.filter(session_id="talking").update(updated_at=now - timedelta(minutes=5))
    bench = on(project, frustrated, alice, quiet_seconds=900)
    assert runs.price(project, bench, runs.draft(bench, BACKFILL)).session_count == 1

    later = now + timedelta(minutes=11)
    watched = scope.watched(project, bench.judge, later, is_full=True)
    assert [one.session_id for one in watched] == ["talking"]
    order(project, bench, alice)
    finish(project)
    assert [row.session_id for row in Verdict.objects.for_project(project)] == ["brought"]


def toil(project_id: int) -> None:
    """A worker process, with threads of its own: it takes slices until it is killed."""
    calls._pool.cache_clear()
    while True:
        judges.work(project_id, time.monotonic() + 0.5)
        time.sleep(0.01)


def toiling(project: Project, is_enough: Callable[[], bool]) -> None:
    """Two workers, until it is enough. Then they are killed, and what they had is free as if their time was over."""
    connection.close()  # no process may have the other's
    workers = [multiprocessing.get_context("fork").Process(target=toil, args=[project.pk]) for _ in range(2)]
    for worker in workers:
        worker.start()
    try:
        until = time.monotonic() + 30
        while time.monotonic() < until and not is_enough():
            time.sleep(0.02)
    finally:
        for worker in workers:
            worker.kill()
            worker.join()
    expired = timezone.now() - timedelta(seconds=1)
    for model in (Verdict, JudgeRun):
        model.objects.for_project(project).exclude(leased_until=None).update(leased_until=expired)


@pytest.mark.django_db(transaction=True)
def test_each_session_is_judged_once_however_often_workers_are_killed(
    project: Project, endpoint: Endpoint, frustrated: ScoreConfig, alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runs, "QUEUED_AT_ONCE", 7)
    endpoint.seconds = 0.05
    ids = [f"s{number}" for number in range(14)]
    past(project, *ids)
    run = order(project, on(project, frustrated, alice, monthly_cap=Decimal(5)), alice)

    for most in (4, 10):
        toiling(project, lambda most=most: len(endpoint.requests) >= most)
    toiling(project, lambda: not JudgeRun.objects.for_project(project).unfinished().exists())

    run.refresh_from_db(from_queryset=JudgeRun.objects.for_project(project))
    assert run.is_ready
    rows = list(Verdict.objects.for_project(project))
    assert sorted(row.session_id for row in rows) == sorted(ids)
    states = dict(Session.objects.for_project(project).values_list("session_id", "content_hash"))
    assert all((row.state, row.is_current, row.content_hash) == ("done", True, states[row.session_id]) for row in rows)
    assert Score.objects.for_project(project).count() == len(ids)
    assert len(endpoint.requests) > len(ids)  # some were killed while they asked
    assert JudgeSpending.objects.for_project(project).get().cost >= sum(row.cost or 0 for row in rows)
