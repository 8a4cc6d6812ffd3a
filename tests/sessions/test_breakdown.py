"""Sets with counts, and what scores come to."""

from projects.models import Project
from sessions.models import Session
from sessions.models.properties import sets_of
from sessions.rollup.breakdown import count_values
from sessions.rollup.tasks import recompute_dirty
from tests.tracing.reports import call, in_session, span
from tracing.ingest.pipeline import ingest
from tracing.records import Kind, ScoreRecord


def test_each_value_of_a_set_is_counted_by_the_traces_that_carry_it(project: Project, other_project: Project) -> None:
    for tenant in (project, other_project):
        ingest(
            tenant.pk,
            [
                call("t1", "a", claims=in_session("s", user_id="ana", tags=["x", "y"], release="1")),
                call("t2", "a", claims=in_session("s", user_id="ana", tags=["x"], environment="staging")),
                span("t2", "b", "a", kind=Kind.TOOL, name="search"),
            ],
        )
    recompute_dirty(project.pk)

    assert count_values(Session.objects.for_project(project).get()) == {
        "environments": {"default": 1, "staging": 1},
        "model_names": {"gpt-4o": 2},
        "releases": {"1": 1},
        "tags": {"x": 2, "y": 1},
        "tool_names": {"search": 1},
        "user_ids": {"ana": 2},
    }


def test_the_values_of_the_traces_are_those_of_the_session(project: Project) -> None:
    claims = in_session("s", user_id="ana", tags=["x"], release="1", environment="staging")
    ingest(project.pk, [call("t1", "a", claims=claims), span("t2", "b", "a", kind=Kind.TOOL, name="search")])
    ingest(project.pk, [span("t2", "c", claims=in_session("s", user_id="bea"))])
    recompute_dirty(project.pk)

    session = Session.objects.for_project(project).get()
    counts = count_values(session)
    for declared in sets_of(Session):
        assert getattr(session, declared.field), f"let the traces of this test have {declared.label}"
        assert sorted(counts[declared.name]) == getattr(session, declared.field), declared.label


def test_scores_of_the_session_its_traces_and_spans_have_a_mean(project: Project, other_project: Project) -> None:
    scores = [
        ScoreRecord("1", "helpful", "NUMERIC", 4.0, session_id="s"),
        ScoreRecord("2", "helpful", "NUMERIC", 2.0, trace_id="t", span_id="a"),
        ScoreRecord("3", "topic", "CATEGORICAL", string_value="refund", session_id="s"),
        ScoreRecord("4", "solved", "BOOLEAN", 1.0, trace_id="t"),
    ]
    ingest(project.pk, [call("t", "a", claims=in_session("s")), *scores])
    ingest(other_project.pk, [ScoreRecord("5", "helpful", "NUMERIC", 0.0, session_id="s")])
    recompute_dirty(project.pk)

    assert Session.objects.for_project(project).get().scores == {
        "helpful": {"mean": 3, "count": 2, "shares": {}},
        "solved": {"mean": 1, "count": 1, "shares": {}},
        "topic": {"mean": None, "count": 1, "shares": {"refund": 1}},
    }
