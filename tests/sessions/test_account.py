"""Every number says where it comes from."""

from projects.models import Project
from sessions.models import Session
from sessions.replay.account import compute_account
from sessions.rollup.tasks import recompute_dirty
from tests.tracing.reports import call, failed, in_session, span, usd
from tracing.ingest.pipeline import ingest
from tracing.models import Trace
from tracing.reading.spans import tree_of
from tracing.token_usage import Usage


def test_the_account_says_what_was_counted_and_what_was_left_out(project: Project) -> None:
    reports = [
        call("t", "agent", "root", tokens=(250, 50)),
        call("t", "1", "agent"),
        call("t", "2", "agent", model="home-made"),
        failed("t", "3", "root"),
        span("t", "root", level=3, claims=in_session("s")),
    ]
    ingest(project.pk, reports)
    ingest(project.pk, [call("t", "1", "agent")])
    recompute_dirty(project.pk)
    session = Session.objects.for_project(project).get()

    account = compute_account(session)

    assert (account.call_count, account.wrapper_count, account.wrapper_tokens) == (2, 2, 240)
    assert (account.not_itemised_tokens, account.wrapper_errors, account.repeat_count) == (60, 1, 1)
    assert (account.unpriced_models, account.wrapper_cost) == ([], usd("0.00045"))
    assert account.not_itemised_cost == usd("0.000675")
    assert account.late_count == 1  # yesterday's trace arrived today
    rows = tree_of(Trace.objects.for_project(project).get()).rows
    assert {row.span.span_id for row in rows if row.is_repeated} == set()


def test_an_account_of_nothing_left_out_is_all_zero(project: Project) -> None:
    ingest(project.pk, [span("t", "root", claims=in_session("s"))])
    recompute_dirty(project.pk)

    account = compute_account(Session.objects.for_project(project).get())

    assert (account.wrapper_count, account.wrapper_cost, account.not_itemised_tokens, account.call_count) == (
        0,
        0,
        0,
        0,
    )


def test_a_wrapper_that_repeats_and_adds_nothing_is_not_accounted_for(project: Project) -> None:
    silent = call("t", "outer", "root", model="", usage=Usage())
    ingest(project.pk, [span("t", "root", claims=in_session("s")), silent, call("t", "1", "outer")])
    recompute_dirty(project.pk)

    account = compute_account(Session.objects.for_project(project).get())

    assert (account.call_count, account.wrapper_count) == (1, 0)
    assert [row.is_repeated for row in tree_of(Trace.objects.for_project(project).get()).rows] == [False] * 3


def test_calls_of_a_model_in_several_traces_are_added_up(project: Project) -> None:
    ingest(project.pk, [call(trace, "a", claims=in_session("s")) for trace in ("t1", "t2", "t3")])
    recompute_dirty(project.pk)

    (usage,) = Session.objects.for_project(project).get().usage_by_model.values()
    assert usage["call_count"] == 3
