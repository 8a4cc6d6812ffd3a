"""How long a session took, and how much of it somebody was at work."""

from projects.models import Project
from sessions.models import Session
from sessions.rollup.tasks import recompute_dirty
from tests.tracing.reports import at, in_session, span
from tracing.ingest.pipeline import ingest
from tracing.models import Trace


def test_duration_is_active_and_idle_and_what_overlaps_is_active_once(project: Project) -> None:
    moments = [(0, 10), (5, 12), (60, 70), (65, 65)]
    ingest(
        project.pk,
        [
            span(f"t{n}", "a", started_at=at(start), ended_at=at(end), claims=in_session("s"))
            for n, (start, end) in enumerate(moments)
        ],
    )
    recompute_dirty(project.pk)

    session = Session.objects.for_project(project).get()

    assert (session.duration_ms, session.active_ms, session.idle_ms) == (70_000, 22_000, 48_000)


def test_a_trace_never_ends_before_it_starts(project: Project) -> None:
    ingest(project.pk, [span("t", "a", started_at=at(10), ended_at=at(3), claims=in_session("s"))])
    recompute_dirty(project.pk)

    trace, session = Trace.objects.for_project(project).get(), Session.objects.for_project(project).get()

    assert (trace.started_at, trace.ended_at) == (at(10), at(10))
    assert (session.duration_ms, session.active_ms, session.idle_ms) == (0, 0, 0)
