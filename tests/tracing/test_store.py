"""Reports in any order, split, repeated and corrected add up to the same rows."""

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from projects.models import Project
from sessions.models import Session
from sessions.rollup.tasks import recompute_dirty
from tests.tracing.reports import at, call, failed, in_session, span, usd
from tracing.ingest.pipeline import ingest
from tracing.limits import fitting
from tracing.models import IngestionIssue, Score, Span, SpanIO, Trace
from tracing.records import Claims, Kind, Origin, Reason, ScoreRecord, Sdk, SpanRecord, TraceRecord
from tracing.store import dirty, stored
from tracing.token_usage import Usage


def trace_of(project: Project, trace_id: str = "t") -> Trace:
    return Trace.objects.for_project(project).get(trace_id=trace_id)


def session_of(project: Project, session_id: str = "s") -> Session:
    recompute_dirty(project.pk)
    return Session.objects.for_project(project).get(session_id=session_id)


def rows(project: Project) -> list[dict[str, Any]]:
    """All that a reader sees of a project, without the times of receipt and the hashes of the last reports."""
    recompute_dirty(project.pk)
    hidden = {"received_at", "updated_at", "computed_at", "repeat_count", "claims", "said"}
    hidden |= {"text_hash", "content_hash", "content_at"}
    found = []
    for model in (Trace, Span, SpanIO, Session):
        for row in model.objects.for_project(project).order_by("pk"):
            fields = {f.attname: getattr(row, f.attname) for f in model._meta.local_concrete_fields}
            hides = hidden - {"updated_at"} if model is Session else hidden
            found.append(
                {"model": model.__name__} | {k: v for k, v in fields.items() if k not in hides | {"project_id"}}
            )
    return found


def test_a_session_appears_with_the_first_trace_that_names_it(project: Project) -> None:
    ingest(
        project.pk, [call("t", "child", "root"), span("t", "root", claims=in_session("s", user_id="ana", tags=["vip"]))]
    )

    session = session_of(project)

    assert (session.trace_count, session.span_count, session.input_tokens, session.output_tokens) == (1, 2, 100, 20)
    assert (session.user_ids, session.tags, session.environments) == (["ana"], ["vip"], ["default"])
    assert session.total_cost == usd("0.00045")
    assert session.usage_by_model["gpt-4o"]["call_count"] == 1


def test_the_session_id_of_a_later_batch_counts_for_the_spans_before_it(project: Project) -> None:
    ingest(project.pk, [call("t", "child", "root")])
    ingest(project.pk, [span("t", "root", claims=in_session("s"))])

    assert session_of(project).total_tokens == 120


def test_replaying_a_request_changes_nothing(project: Project) -> None:
    def report() -> list[SpanRecord]:
        return [call("t", "child", "root", input="a", output="b"), span("t", "root", claims=in_session("s", input="q"))]

    ingest(project.pk, report())
    before = rows(project)
    ingest(project.pk, report())

    assert rows(project) == before
    assert trace_of(project).repeat_count == 2
    assert not dirty.waiting_projects(dirty.URGENT)


def test_a_correction_of_the_same_length_is_not_taken_for_a_repeat(project: Project) -> None:
    ingest(project.pk, [span("t", "a", output="yes", claims=Claims(input="12"))])
    ingest(project.pk, [span("t", "a", output="non", claims=Claims(input="34"))])

    assert SpanIO.objects.for_project(project).get(span_id="a").output == "non"
    assert (trace_of(project).output_preview, trace_of(project).input_preview) == ("non", "34")


def test_a_partial_report_keeps_what_it_does_not_say(project: Project) -> None:
    ingest(project.pk, [call("t", "a", name="answer", input="in", raw={"attributes": {"x": 1}})])
    ingest(project.pk, [SpanRecord("t", "a", output="out", raw={"attributes": {"y": 2}})])

    stored_span, texts = Span.objects.for_project(project).get(), SpanIO.objects.for_project(project).get()
    assert (stored_span.name, stored_span.input_tokens, stored_span.total_cost) == ("answer", 100, usd("0.00045"))
    assert (texts.input, texts.output, texts.raw) == ("in", "out", {"attributes": {"x": 1, "y": 2}})


def test_a_computed_cost_follows_a_correction_and_a_stated_one_stays(project: Project) -> None:
    ingest(project.pk, [call("t", "a"), call("t", "b", total_cost=usd("0.5"))])
    ingest(
        project.pk,
        [SpanRecord("t", "a", usage=Usage(output_tokens=120)), SpanRecord("t", "b", usage=Usage(output_tokens=120))],
    )

    costs = dict(Span.objects.for_project(project).values_list("span_id", "total_cost"))
    assert costs == {"a": usd("0.00145"), "b": usd("0.5")}


def test_an_unknown_model_has_an_unknown_cost(project: Project) -> None:
    ingest(project.pk, [call("t", "a", model="home-made-7b", claims=in_session("s"))])

    assert Span.objects.for_project(project).get().total_cost is None
    assert (session_of(project).total_cost, session_of(project).unpriced_count) == (0, 1)


def test_a_correction_moves_the_trace_and_both_sessions_come_out_right(project: Project) -> None:
    ingest(project.pk, [call("t", "a", claims=in_session("old")), call("u", "a", claims=in_session("old"))])
    assert session_of(project, "old").trace_count == 2
    ingest(project.pk, [span("t", "a", claims=in_session("new"))])

    assert session_of(project, "new").total_tokens == 120
    assert session_of(project, "old").trace_count == 1
    ingest(project.pk, [span("u", "a", claims=in_session("new"))])
    recompute_dirty(project.pk)
    assert not Session.objects.for_project(project).filter(session_id="old").exists()


def test_the_roots_session_id_wins_and_the_conflict_is_reported(project: Project) -> None:
    ingest(project.pk, [span("t", "root", claims=in_session("right"))])
    found = ingest(project.pk, [span("t", "child", "root", claims=in_session("wrong"))], sdk=Sdk("python", "1"))

    assert trace_of(project).session_id == "right"
    assert [issue.reason for issue in found] == [Reason.SESSION_ID_CONFLICT]
    issue = IngestionIssue.objects.for_project(project).get()
    assert (issue.reason, issue.sdk_name, issue.count) == ("session_id_conflict", "python", 1)
    assert "'wrong' lost to 'right'" in issue.sample


def test_an_id_that_a_library_made_up_loses_to_the_applications(project: Project) -> None:
    made_up = Claims(session_id="auto", session_origin=Origin.LIBRARY)
    found = ingest(
        project.pk, [span("t", "root", claims=made_up), span("t", "child", "root", claims=in_session("mine"))]
    )

    assert trace_of(project).session_id == "mine"
    assert found == []


@pytest.mark.parametrize(
    ("session_id", "reason"),
    [
        ("x" * 201, Reason.SESSION_ID_TOO_LONG),
        ("conversación", Reason.SESSION_ID_NOT_ASCII),
        ("a\x00b", Reason.SESSION_ID_NOT_ASCII),
        ("[Scrubbed due to 'session']", Reason.SESSION_ID_PLACEHOLDER),
    ],
)
def test_an_unusable_session_id_is_dropped_and_reported_but_its_trace_is_kept(
    project: Project, session_id: str, reason: Reason
) -> None:
    found = ingest(project.pk, [call("t", "a", claims=in_session(session_id))])

    assert [issue.reason for issue in found] == [reason]
    assert (trace_of(project).session_id, trace_of(project).total_tokens) == (None, 120)


def test_a_session_id_of_200_characters_is_fine_and_a_blank_one_says_nothing(project: Project) -> None:
    assert (
        ingest(project.pk, [span("t", "a", claims=in_session("x" * 200)), span("u", "a", claims=in_session("  "))])
        == []
    )
    assert trace_of(project).session_id == "x" * 200
    assert trace_of(project, "u").session_id is None


def test_nul_and_lone_surrogates_do_not_lose_the_span(project: Project) -> None:
    hostile = "a\x00b\ud800c"
    ingest(
        project.pk,
        [span("t", "a", name=hostile, input=hostile, claims=Claims(metadata={hostile: [hostile, float("nan")]}))],
    )

    assert Span.objects.for_project(project).get().name == "a\ufffdb?c"
    assert SpanIO.objects.for_project(project).get().input == "a\x00b?c"


def test_a_text_beyond_the_limit_is_cut_reported_and_its_true_length_kept(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fitting, "MAX_TEXT_CHARACTERS", 10)
    found = ingest(project.pk, [span("t", "a", output="x" * 25), span("t", "b", output="x" * 10)])

    assert [(issue.reason, issue.span_id) for issue in found] == [(Reason.TEXT_CUT, "a")]
    assert SpanIO.objects.for_project(project).get(span_id="a").output == "x" * 10
    assert Span.objects.for_project(project).get(span_id="a").output_size == 25


@pytest.mark.parametrize("left", [Span, SpanIO])
def test_rows_that_a_deletion_by_hand_left_are_written_over(project: Project, left: type[Span] | type[SpanIO]) -> None:
    ingest(project.pk, [span("t", "root", input="old", claims=in_session("s"))])
    (SpanIO if left is Span else Span).objects.for_project(project).delete()
    if left is Span:
        Trace.objects.for_project(project).update(span_count=0)

    ingest(project.pk, [span("t", "root", input="new", claims=in_session("s"))])

    assert SpanIO.objects.for_project(project).get(span_id="root").input == "new"
    assert trace_of(project).span_count == 1
    assert not IngestionIssue.objects.for_project(project).exists()


def test_two_projects_may_use_the_same_ids(project: Project, other_project: Project) -> None:
    ingest(project.pk, [call("t", "a", claims=in_session("s"))])
    ingest(other_project.pk, [call("t", "a", tokens=(1, 1), claims=in_session("s"))])

    assert session_of(project).total_tokens == 120
    assert session_of(other_project).total_tokens == 2


def test_the_previews_are_what_was_said(project: Project) -> None:
    question = '[{"role": "system", "content": "Be kind."}, {"role": "user", "content": "Where is it?"}]'
    ingest(project.pk, [call("t", "a", "root", input=question, output='[{"role": "assistant", "content": "Here."}]')])
    assert (trace_of(project).input_preview, trace_of(project).output_preview) == ("Where is it?", "Here.")

    ingest(project.pk, [span("t", "root", input='{"args": ["Hi"], "kwargs": {}}')])
    assert (trace_of(project).input_preview, trace_of(project).output_preview) == ("Hi", "Here.")


@pytest.mark.parametrize("nothing", ["{}", "[]", "null", '""'])
def test_an_empty_value_has_no_preview(project: Project, nothing: str) -> None:
    ingest(project.pk, [span("t", "root", input=nothing)])
    assert trace_of(project).input_preview == ""


def test_a_trace_that_was_only_talked_about_is_there_already(project: Project) -> None:
    ingest(project.pk, [TraceRecord("t", in_session("s", name="ticket", tags=["b"]), started_at=at(0), said_at=at(0))])
    ingest(project.pk, [TraceRecord("t", Claims(tags=["a"], output="bye"), said_at=at(1))])

    assert (trace_of(project).name, trace_of(project).tags, trace_of(project).output_preview) == (
        "ticket",
        ["a", "b"],
        "bye",
    )
    assert session_of(project).span_count == 0


def test_scores_are_upserted_by_their_id(project: Project) -> None:
    ingest(project.pk, [ScoreRecord("1", "helpful", "NUMERIC", 3.0, session_id="s")])
    ingest(project.pk, [ScoreRecord("1", "helpful", "NUMERIC", 4.0, session_id="s")])

    assert Score.objects.for_project(project).get().value == 4.0


def test_an_outsized_trace_is_summed_up_by_the_worker(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stored, "SPANS_SUMMED_WHILE_STORING", 3)
    ingest(project.pk, [call("t", str(n), claims=in_session("s")) for n in range(5)])
    assert trace_of(project).rollup_due
    ingest(project.pk, [SpanRecord("t", "0", output="more"), *(call("t", str(n)) for n in range(5, 8))])

    recompute_dirty(project.pk)

    assert not trace_of(project).rollup_due
    assert (trace_of(project).span_count, session_of(project).input_tokens) == (8, 800)
    assert Span.objects.for_project(project).get(span_id="0").input_tokens == 100


def test_a_failure_counts_where_it_happened(project: Project) -> None:
    ingest(
        project.pk,
        [failed("t", "root"), failed("t", "agent", "root"), failed("t", "call", "agent", kind=Kind.GENERATION)],
    )

    assert trace_of(project).error_count == 1


REPORTS = [
    call("t", "a", "root", name="first", input="in", said_at=at(1)),
    SpanRecord("t", "a", name="second", output="out", claims=in_session("s", tags=["x"]), said_at=at(2)),
    SpanRecord("t", "a", output="final", usage=Usage(7, 3), claims=Claims(user_id="u"), said_at=at(3)),
    span("t", "root", said_at=at(1), claims=in_session("s", name="n")),
    SpanRecord("t", "root", name="root", claims=in_session("moved"), said_at=at(4)),
    failed("t", "tool", "a", kind=Kind.TOOL, name="search", said_at=at(2)),
    TraceRecord("t", Claims(metadata={"plan": "pro"}, version="1"), started_at=at(-1), said_at=at(1)),
    TraceRecord("t", Claims(version="2", environment="staging"), said_at=at(2)),
]


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    order=st.permutations(range(len(REPORTS))), cuts=st.sets(st.integers(1, len(REPORTS) - 1)), again=st.integers(0, 7)
)
def test_creates_and_updates_in_any_order_and_split_give_the_same_rows(
    project: Project, order: list[int], cuts: set[int], again: int
) -> None:
    from copy import deepcopy

    Span.objects.for_project(project).delete()
    SpanIO.objects.for_project(project).delete()
    Trace.objects.for_project(project).delete()
    Session.objects.for_project(project).delete()
    ordered = [deepcopy(REPORTS[index]) for index in [*order, again]]
    for start, end in zip([0, *sorted(cuts)], [*sorted(cuts), len(ordered)], strict=True):
        ingest(project.pk, ordered[start:end])
    trace, first = trace_of(project), Span.objects.for_project(project).get(span_id="a")

    assert (first.name, first.input_tokens, first.output_tokens) == ("second", 7, 3)
    assert SpanIO.objects.for_project(project).get(span_id="a").output == "final"
    assert (trace.session_id, trace.user_id, trace.version, trace.environment) == ("moved", "u", "2", "staging")
    assert (trace.error_count, trace.tool_names, trace.metadata) == (1, ["search"], {"plan": "pro"})
    assert trace.started_at == at(-1)
    assert session_of(project, "moved").total_tokens == 10


@pytest.mark.parametrize("names", [("x", "y"), ("y", "x")])
def test_two_reports_of_one_instant_give_the_same_whichever_comes_first(
    project: Project, names: tuple[str, str]
) -> None:
    for name in names:
        ingest(project.pk, [span("t", "a", name=name, said_at=at(5), claims=in_session("s", user_id=name))])

    assert Span.objects.for_project(project).get().name == "y"
    assert trace_of(project).user_id == "y"


@pytest.mark.parametrize(
    ("first", "second", "name"),
    [(5, 6, "b"), (6, 5, "z"), (5, None, "b"), (None, 5, "b"), (None, None, "b"), (5, 5, "z")],
)
def test_of_two_reports_the_later_said_counts_or_else_the_later_come(
    project: Project, first: int | None, second: int | None, name: str
) -> None:
    for said, text in ((first, "z"), (second, "b")):
        ingest(project.pk, [span("t", "a", name=text, said_at=None if said is None else at(said))])

    assert Span.objects.for_project(project).get().name == name
