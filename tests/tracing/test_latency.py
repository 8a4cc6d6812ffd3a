"""Percentiles out of sums, against those of all rows."""

import math
import random
from datetime import timedelta

from django.db import connection
from hypothesis import given
from hypothesis import strategies as st

from projects.models import Project
from tests.tracing.reports import at, call, in_session, span
from tracing.ingest.pipeline import ingest
from tracing.models import Activity, DirtyMark, Trace
from tracing.store import activity
from tracing.store.deletion import delete_traces
from tracing.store.latency import FIRST_TOKEN, RELATIVE_ERROR, WHOLE_CALL, added, percentiles, slot_of

# The same question of the spans themselves.
EXACT = """
SELECT percentile_cont(%s) WITHIN GROUP (ORDER BY extract(epoch FROM ended_at - started_at) * 1000)
FROM span WHERE project_id = %s AND kind = 1
"""


def exact(lengths: list[int], share: float) -> float:
    """In microseconds, as `percentile_cont` has it."""
    place = share * (len(lengths) - 1)
    low, high = sorted(lengths)[math.floor(place)], sorted(lengths)[math.ceil(place)]
    return low + (high - low) * (place - math.floor(place))


@given(
    several=st.lists(st.lists(st.integers(1_000, 86_400_000_000), min_size=1, max_size=30), min_size=1, max_size=8),
    share=st.sampled_from([0.0, 0.5, 0.95, 0.99, 1.0]),
)
def test_a_percentile_of_sums_is_off_by_the_stated_error_at_most(several: list[list[int]], share: float) -> None:
    sums = added({slot_of(timedelta(microseconds=length)): 1} for lengths in several for length in lengths)

    (found,) = percentiles(sums, [share])

    wanted = exact([length for lengths in several for length in lengths], share) / 1000
    assert found is not None
    assert abs(found - wanted) <= wanted * RELATIVE_ERROR * (1 + 1e-9)


def test_of_no_calls_there_is_no_percentile() -> None:
    assert percentiles({}, [0.5]) == [None]


def test_less_than_a_millisecond_counts_as_one_and_more_than_a_day_as_a_day() -> None:
    assert slot_of(timedelta()) == slot_of(timedelta(milliseconds=1)) == "0"
    assert slot_of(timedelta(days=1)) == slot_of(timedelta(days=400))


def test_an_hour_knows_how_long_its_model_calls_took(project: Project, other_project: Project) -> None:
    drawn = random.Random(7)
    for trace in range(40):
        lengths = [timedelta(milliseconds=drawn.lognormvariate(7, 2)) for _ in range(10)]
        ingest(
            project.pk,
            [
                call(f"t{trace}", f"{place}", ended_at=at(0) + length, completion_started_at=at(0) + length / 10,
                     claims=in_session(f"s{trace % 5}"))
                for place, length in enumerate(lengths)
            ],
        )  # fmt: skip
    ingest(other_project.pk, [call("t0", "0", ended_at=at(3000), claims=in_session("s0"))])
    activity.recompute_dirty(DirtyMark.Target.HOUR)
    activity.recompute_dirty(DirtyMark.Target.HOUR)
    activity.recompute_dirty(DirtyMark.Target.DAY)

    for period in Activity.Period:
        [cell] = Activity.objects.for_project(project).filter(period=period, model="")
        assert sum(cell.latencies[WHOLE_CALL].values()) == sum(cell.latencies[FIRST_TOKEN].values()) == 400
        for share in (0.5, 0.95, 0.99):
            with connection.cursor() as cursor:
                cursor.execute(EXACT, [share, project.pk])
                wanted = float(cursor.fetchone()[0])
            (found,) = percentiles(cell.latencies[WHOLE_CALL], [share])
            assert found is not None
            assert abs(found - wanted) <= wanted * RELATIVE_ERROR
            (first,) = percentiles(cell.latencies[FIRST_TOKEN], [share])
            assert first is not None
            assert abs(first - wanted / 10) <= wanted / 10 * RELATIVE_ERROR


def test_only_model_calls_of_sessions_that_say_when_they_ended_have_a_latency(project: Project) -> None:
    ingest(project.pk, [call("t", "a", claims=in_session("s")), span("t", "tool"), call("t", "open", ended_at=None)])
    ingest(project.pk, [call("alone", "a")])
    activity.recompute_dirty(DirtyMark.Target.HOUR)

    [cell] = Activity.objects.for_project(project).filter(period="hour", model="")
    assert cell.latencies == {WHOLE_CALL: {slot_of(timedelta(seconds=1)): 1}}


def test_corrections_and_deletions_change_what_was_counted(project: Project) -> None:
    ingest(project.pk, [call("t", "a", claims=in_session("s")), call("u", "a", claims=in_session("s"))])
    ingest(project.pk, [call("t", "a", ended_at=at(9), claims=in_session("s"))])
    assert Trace.objects.for_project(project).get(trace_id="t").latencies == {
        WHOLE_CALL: {slot_of(timedelta(seconds=9)): 1}
    }

    delete_traces(project.pk, ["u"])
    activity.recompute_dirty(DirtyMark.Target.HOUR)

    [cell] = Activity.objects.for_project(project).filter(period="hour", model="")
    assert cell.latencies == {WHOLE_CALL: {slot_of(timedelta(seconds=9)): 1}}
