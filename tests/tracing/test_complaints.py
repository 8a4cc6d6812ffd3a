"""What people complain about in other tools, rebuilt: each test is one wrong number that must not come back."""

from django.http import QueryDict

from projects.models import Project
from sessions.listing.listing import Listing
from sessions.models import Session
from sessions.rollup.tasks import recompute_dirty
from tests.tracing.reports import at, call, failed, in_session, span, usd
from tracing.ingest.pipeline import ingest
from tracing.models import Span
from tracing.records import Kind, SpanRecord
from tracing.token_usage import Usage

CALL_COST = usd("0.00045")  # of a `call` as tests/tracing/reports.py makes them


def session_of(project: Project) -> Session:
    recompute_dirty(project.pk)
    return Session.objects.for_project(project).get()


def test_a_parent_that_repeats_its_childrens_usage_does_not_double_the_cost(project: Project) -> None:
    agent = call("t", "agent", tokens=(200, 40), kind=Kind.AGENT, claims=in_session("s"))
    ingest(project.pk, [agent, call("t", "1", "agent"), call("t", "2", "agent")])

    session = session_of(project)

    assert (session.total_tokens, session.total_cost) == (240, 2 * CALL_COST)


def test_a_session_is_not_free_because_its_model_calls_carry_no_session_id(project: Project) -> None:
    ingest(project.pk, [call("t", "1", "root"), call("t", "2", "1a"), span("t", "1a", "root")])
    ingest(project.pk, [span("t", "root", claims=in_session("s"))])

    assert session_of(project).total_cost == 2 * CALL_COST


def test_cached_tokens_are_a_part_of_the_input_and_cheaper_not_added_to_it(project: Project) -> None:
    usage = Usage(input_tokens=100, output_tokens=20, cached_tokens=80)
    ingest(project.pk, [call("t", "a", usage=usage, claims=in_session("s"))])

    session = session_of(project)

    assert (session.input_tokens, session.total_tokens) == (100, 120)
    assert session.total_cost < CALL_COST
    assert session.usage_by_model["gpt-4o"]["cached_tokens"] == 80


def test_a_time_filter_finds_every_session_that_overlaps_it_and_cuts_none_of_its_totals(project: Project) -> None:
    early = call("t1", "a", claims=in_session("long"))
    late = call("t2", "a", started_at=at(3600), ended_at=at(3601), claims=in_session("long"))
    over = call("t3", "a", started_at=at(60), ended_at=at(61), claims=in_session("over before"))
    ahead = call("t4", "a", started_at=at(7200), ended_at=at(7201), claims=in_session("begins after"))
    ingest(project.pk, [early, late, over, ahead])
    recompute_dirty(project.pk)
    params = QueryDict(mutable=True)
    params.update({"updated_at__gte": at(1800).isoformat(), "created_at__lte": at(5400).isoformat()})

    rows = Listing(project, params).rows

    assert [(session.session_id, session.trace_count, session.total_tokens) for session in rows] == [("long", 2, 240)]


def test_a_redelivered_batch_is_not_counted_again(project: Project) -> None:
    def batch() -> list[SpanRecord]:
        return [call("t", "a", "root"), span("t", "root", claims=in_session("s"))]

    for _ in range(3):
        ingest(project.pk, batch())

    session = session_of(project)

    assert (session.span_count, session.total_tokens, session.total_cost) == (2, 120, CALL_COST)


def test_a_failure_is_not_counted_once_more_for_every_ancestor(project: Project) -> None:
    ingest(
        project.pk,
        [failed("t", "root", claims=in_session("s")), failed("t", "chain", "root"), failed("t", "tool", "chain")],
    )

    assert session_of(project).error_count == 1


def test_a_model_call_inside_a_model_call_is_one_call(project: Project) -> None:
    ingest(project.pk, [call("t", "wrapper", claims=in_session("s")), call("t", "client", "wrapper")])

    session = session_of(project)

    assert (session.total_tokens, session.usage_by_model["gpt-4o"]["call_count"]) == (120, 1)


def test_a_wrapper_that_reports_only_its_last_step_hides_none_of_the_others(project: Project) -> None:
    wrapper = call("t", "agent", tokens=(100, 20), claims=in_session("s"))
    ingest(project.pk, [wrapper, *(call("t", str(n), "agent") for n in range(3))])

    assert session_of(project).total_tokens == 360


def test_an_unknown_model_is_listed_as_unpriced_and_not_as_free(project: Project) -> None:
    ingest(project.pk, [call("t", "a", model="home-made-7b", claims=in_session("s")), call("t", "b")])

    session = session_of(project)

    assert Span.objects.for_project(project).get(span_id="a").total_cost is None
    assert (session.unpriced_count, session.total_cost) == (1, CALL_COST)
    assert session.usage_by_model["home-made-7b"]["unpriced_count"] == 1
