"""Rule judges: exact, immediate, and never a loop."""

import time
from datetime import timedelta

import pytest
from django.utils import timezone

from projects.models import Project, User
from sessions.annotation import configs, scoring
from sessions.annotation.configs import NotAllowed
from sessions.annotation.scoring import ScoreAnswer
from sessions.annotation.targets import Target
from sessions.judges import making, planning, runs
from sessions.judges.loading import load_bench
from sessions.judges.making import Decision
from sessions.models import Judge, ScoreConfig, Session, SessionScore, Verdict
from sessions.query.compiling import compiled
from sessions.rollup.recomputing import drain
from tests.conversations import tell
from tests.judges.judged import make, plan, session, verdict
from tests.tracing.reports import at, call, in_session, span
from tracing.ingest.pipeline import ingest
from tracing.models import Score
from tracing.store.deletion import delete_traces, erase_traces

RULE = Decision(kind="rule", rule="turns >= 2", value="yes", otherwise="no")


def told(project: Project, session_id: str, *traces: str) -> None:
    ingest(
        project.pk, [call(f"{session_id}-{name}", "a", input=name, claims=in_session(session_id)) for name in traces]
    )


def found(project: Project, query: str) -> set[str]:
    matching = Session.objects.for_project(project).filter(compiled(query, project.pk).condition)
    return set(matching.values_list("session_id", flat=True))


@pytest.fixture
def judge(project: Project, frustrated: ScoreConfig, alice: User) -> Judge:
    return make(project, frustrated, alice, RULE)


def test_a_rule_gives_every_session_its_answer_and_the_answer_is_a_score_like_any_other(
    project: Project, judge: Judge
) -> None:
    told(project, "short", "1")
    told(project, "long", "1", "2")
    plan(project)

    assert {v.session_id: v.answer for v in Verdict.objects.for_project(project)} == {"short": "no", "long": "yes"}
    assert found(project, "score.frustrated = yes") == {"long"}
    assert found(project, "score.frustrated = no") == {"short"}
    score = Score.objects.for_project(project).get(session_id="long")
    assert (score.source, score.name, score.value, score.author_id) == ("eval", "frustrated", 1.0, None)
    assert score.metadata == {"judge": str(judge.id), "version": 1, "turns": []}
    assert session(project, "long").scores["frustrated"] == {"count": 1, "mean": 1, "shares": {}}


def test_the_verdict_follows_the_conversation_and_the_former_one_stays_readable(project: Project, judge: Judge) -> None:
    told(project, "s", "1")
    plan(project)
    first = verdict(project, "s")
    told(project, "s", "2")
    plan(project)

    assert (first.answer, verdict(project, "s").answer) == ("no", "yes")
    former = Verdict.objects.for_project(project).get(session_id="s", is_current=False)
    assert (former.content_hash, former.answer) == (first.content_hash, "no")
    assert Score.objects.for_project(project).count() == 1


def test_a_judge_does_not_wake_itself(project: Project, judge: Judge) -> None:
    """Its score recomputes the session, and the recompute is no new state."""
    told(project, "s", "1")
    plan(project)
    before = session(project, "s")
    for _ in range(3):
        Judge.objects.for_project(project).update(scanned_at=None)
        plan(project)

    assert session(project, "s").computed_at == before.computed_at
    assert Verdict.objects.for_project(project).count() == 1


def test_a_rule_may_ask_for_what_another_judge_said_but_not_for_its_own_answer(
    project: Project, judge: Judge, frustrated: ScoreConfig, alice: User
) -> None:
    bad = configs.create(project, {"name": "bad", "data_type": "BOOLEAN"}, by=alice)
    make(project, bad, alice, Decision(kind="rule", rule="score.frustrated = yes", value="yes"), name="Bad?")
    told(project, "s", "1")
    plan(project)
    assert found(project, "score.bad = yes") == set()
    told(project, "s", "2")
    for _ in range(2):
        plan(project)
    assert found(project, "score.bad = yes") == {"s"}

    own = Decision(kind="rule", rule="-(score.frustrated = yes) turns > 1", value="yes")
    with pytest.raises(NotAllowed, match="cannot ask for frustrated"):
        making.change(project, judge, {}, own, by=alice)


def test_scores_by_people_are_never_touched(
    project: Project, judge: Judge, frustrated: ScoreConfig, alice: User
) -> None:
    told(project, "s", "1")
    plan(project)
    scoring.give(project, Target(session_id="s"), frustrated, ScoreAnswer("yes"), by=alice)
    told(project, "s", "2")
    plan(project)

    values = dict(Score.objects.for_project(project).values_list("source", "value"))
    assert values == {"annotation": 1.0, "eval": 1.0}
    assert SessionScore.objects.for_project(project).get().count == 2


def test_deleted_and_erased_sessions_take_their_verdicts_along(project: Project, judge: Judge) -> None:
    for name in ("deleted", "erased", "shortened", "kept"):
        told(project, name, "1", "2")
    plan(project)
    delete_traces(project.pk, ["deleted-1", "deleted-2", "shortened-2"])
    erase_traces(project.pk, ["erased-1", "erased-2"], timezone.now())

    assert set(Verdict.objects.for_project(project).values_list("session_id", flat=True)) == {"kept"}
    assert set(Score.objects.for_project(project).values_list("session_id", flat=True)) == {"kept"}
    plan(project)
    assert verdict(project, "shortened").answer == "no"
    assert found(project, "has:score") == {"shortened", "kept"}


def test_what_is_switched_off_judges_nothing_and_its_scores_stay(project: Project, judge: Judge, alice: User) -> None:
    told(project, "s", "1")
    plan(project)
    making.switch_off(project, judge, by=alice)
    told(project, "s", "2")
    told(project, "new", "1")
    plan(project)

    assert Verdict.objects.for_project(project).count() == 1
    assert Score.objects.for_project(project).get().value == 0.0


def test_only_sessions_of_the_scope_and_the_sample_are_judged_and_every_version_has_the_same_sample(
    project: Project, frustrated: ScoreConfig, alice: User
) -> None:
    for number in range(60):
        told(project, f"s{number}", "1")
    told(project, "out", "1", "2")
    judge = make(project, frustrated, alice, RULE, query="turns = 1", sample_percent=40)
    plan(project)
    first = set(Verdict.objects.for_project(project).values_list("session_id", flat=True))

    assert 10 < len(first) < 40
    assert "out" not in first
    number = making.change(project, judge, {}, Decision(kind="rule", rule="turns >= 1", value="yes"), by=alice)
    making.switch_on(project, judge, number, by=alice)
    plan(project)
    second = Verdict.objects.for_project(project).filter(version=number)
    assert set(second.values_list("session_id", flat=True)) == first
    assert {v.answer for v in second} == {"yes"}


def test_a_session_is_judged_when_it_has_been_quiet_for_the_time(
    project: Project, frustrated: ScoreConfig, alice: User
) -> None:
    make(project, frustrated, alice, RULE, quiet_seconds=600)
    told(project, "s", "1")
    plan(project)
    assert not Verdict.objects.for_project(project).exists()

    long_ago = session(project, "s").content_at - timedelta(seconds=601)
    Session.objects.for_project(project).update(content_at=long_ago)
    plan(project)
    assert verdict(project, "s").answer == "no"


def test_a_corrected_text_is_a_new_state_and_a_repeated_report_is_not(project: Project) -> None:
    said = {"started_at": at(0), "ended_at": at(1), "claims": in_session("s")}
    ingest(project.pk, [span("t", "a", input="x" * 600, **said)])
    plan(project)
    first = session(project, "s")
    ingest(project.pk, [span("t", "a", input="x" * 600, **said)])
    plan(project)
    assert session(project, "s").content_hash == first.content_hash
    ingest(project.pk, [span("t", "a", input="x" * 599 + "y", **said)])
    plan(project)
    now = session(project, "s")
    assert now.content_hash != first.content_hash
    assert now.content_at > first.content_at


def test_sessions_of_an_earlier_release_get_a_state(project: Project, judge: Judge) -> None:
    told(project, "s", "1")
    plan(project)
    Verdict.objects.for_project(project).delete()
    Session.objects.for_project(project).update(content_hash=None, content_at=None)
    Judge.objects.for_project(project).update(scanned_at=None)
    plan(project)
    Judge.objects.for_project(project).update(scanned_at=None)
    plan(project)
    assert verdict(project, "s").answer == "no"


def test_a_query_that_names_what_is_gone_stops_only_its_own_judge(
    project: Project, judge: Judge, frustrated: ScoreConfig, alice: User
) -> None:
    Judge.objects.for_project(project).filter(id=judge.id).update(query="assignee:gone@example.com")
    make(project, frustrated, alice, RULE, name="other")
    told(project, "s", "1")
    planning.plan(project, time.monotonic() + 5)
    plan(project)
    assert Verdict.objects.for_project(project).count() == 1


def test_what_tell_stores_is_judged_too(project: Project, judge: Judge) -> None:
    tell(project, "ticket")
    plan(project)
    assert verdict(project, "ticket").answer == "yes"


def test_a_trial_of_a_rule_says_what_it_would_say_and_scores_nothing(
    project: Project, frustrated: ScoreConfig, alice: User
) -> None:
    told(project, "short", "1")
    told(project, "long", "1", "2")
    drain(project.pk)
    judge = make(project, frustrated, alice, RULE, is_on=False)
    bench = load_bench(judge, 1)
    assert bench is not None
    order = runs.draft(bench, runs.TEST, session_ids=["long", "short"])
    run = runs.begin(project, bench, order, by=alice)
    while not run.row.get().finished_at:
        runs.proceed(project, run)

    answers = Verdict.objects.for_project(project).values_list("session_id", "string_value", "value", "is_current")
    assert {one[0]: one[1:] for one in answers} == {"short": ("False", 0.0, False), "long": ("True", 1.0, False)}
    assert not Score.objects.for_project(project).exists()
    assert runs.progress_of(run.row.get())["percent"] == 100

    making.switch_on(project, judge, 1, by=alice)
    plan(project)
    assert found(project, "score.frustrated = yes") == {"long"}
