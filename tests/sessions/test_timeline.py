"""The strip of a session: bars, their steps, waits that are cut short, and the times below."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from projects.models import Project, User
from sessions.replay.strip_axis import clock_format, place_ticks
from sessions.replay.strip_steps import MAX_STRIP_STEPS
from sessions.replay.timeline import BARS, Timeline
from sessions.rollup.session_rows import recompute
from tests.conversations import read, tell
from tests.tracing.reports import at, call, failed, in_session, span
from tracing.ingest.pipeline import ingest
from tracing.records import Kind

MORNING = datetime(2026, 11, 27, 9, 0, tzinfo=UTC)


@pytest.fixture
def alices(client: Client, alice: User) -> Client:
    client.force_login(alice)
    return client


def timeline_of(alices: Client, project: Project, session_id: str, **asked: str) -> Timeline:
    page = reverse("session", args=[project.pk, session_id])
    timeline: Timeline = alices.get(page, {"timeline": ""} | asked).context["timeline"]
    return timeline


def hold(project: Project, *steps: Any, seconds: int = 10) -> None:
    times = {"started_at": at(0), "ended_at": at(seconds)}
    ingest(project.pk, [span("t", "root", name="turn", claims=in_session("s"), **times), *steps])
    recompute(project.pk, ["s"])


def test_the_steps_of_a_turn_stand_where_they_took_place(alices: Client, project: Project) -> None:
    hold(
        project,
        span("t", "agent", "root", kind=Kind.AGENT, started_at=at(0), ended_at=at(10)),
        call("t", "ask", "agent", started_at=at(0), ended_at=at(2)),
        failed("t", "tool", "agent", kind=Kind.TOOL, started_at=at(2), ended_at=at(5)),
        span("t", "find", "agent", kind=Kind.RETRIEVER, started_at=at(5), ended_at=at(6)),
        call("t", "say", "agent", started_at=at(6), ended_at=at(10)),
    )

    timeline = timeline_of(alices, project, "s")
    (bar,) = timeline.bars
    html = read(alices.get(reverse("session", args=[project.pk, "s"]), {"timeline": ""}))

    assert [tuple(step) for step in bar.steps] == [
        (0, 20, "generation"), (50, 10, "retriever"), (60, 40, "generation"), (20, 30, "error"),
    ]  # fmt: skip
    assert timeline.kinds == ["generation", "retriever", "error"]
    legend = html.partition("strip-legend")[2].partition("</ul>")[0]
    assert [name in legend for name in ("Model call", "Retrieval", "Failed", "Tool call")] == [True, True, True, False]
    assert "strip-error" not in html  # the red step says it


def test_a_turn_without_known_work_is_one_step_and_its_failure_a_dot(alices: Client, project: Project) -> None:
    ingest(project.pk, [failed("t", "root", claims=in_session("s"), started_at=at(0), ended_at=at(4))])
    recompute(project.pk, ["s"])

    assert [tuple(step) for step in timeline_of(alices, project, "s").bars[0].steps] == [(0, 100, "span")]
    assert "strip-error" in read(alices.get(reverse("session", args=[project.pk, "s"]), {"timeline": ""}))


def test_more_steps_than_can_be_told_apart_are_none(alices: Client, project: Project) -> None:
    calls = [call("t", f"c{n}", "root", started_at=at(1), ended_at=at(2)) for n in range(MAX_STRIP_STEPS + 1)]
    hold(project, *calls)

    timeline = timeline_of(alices, project, "s")

    assert not timeline.has_steps
    assert len(timeline.bars) == 1


def test_long_waits_are_cut_short(alices: Client, project: Project) -> None:
    tell(project, "ticket-1", [("a", "b")] * 3)  # two seconds each, a minute apart

    timeline = timeline_of(alices, project, "ticket-1")

    assert [(bar.number, bar.left, bar.width) for bar in timeline.bars] == [(1, 0, 24), (2, 38, 24), (3, 76, 24)]
    assert [(gap.idle_ms, gap.is_labelled) for gap in timeline.gaps] == [(58_000, True), (58_000, True)]
    assert timeline.error_count == 3
    assert {bar.failed for bar in timeline.bars} == {1.0}


def test_a_wait_says_its_length_where_it_has_room(alices: Client, project: Project) -> None:
    def labels(turn_count: int) -> set[tuple[bool, bool]]:
        tell(project, f"of-{turn_count}", [("a", "b")] * turn_count)
        gaps = timeline_of(alices, project, f"of-{turn_count}").gaps
        assert len(gaps) == turn_count - 1
        return {(gap.is_labelled, gap.is_labelled and not gap.is_tight) for gap in gaps}

    assert labels(3) == {(True, True)}
    assert labels(6) == {(True, False)}  # too narrow on a phone
    assert labels(12) == {(False, False)}


def test_a_session_of_nothing_but_waits_has_a_bounded_timeline(alices: Client, project: Project) -> None:
    tell(project, "ticket-1", [("a", "b")] * 300)  # a minute apart

    timeline = timeline_of(alices, project, "ticket-1")
    part = timeline_of(alices, project, "ticket-1", **{"from": "101", "to": "103"})

    assert len(timeline.gaps) <= len(timeline.bars) <= BARS
    assert [bar.number for bar in timeline.bars[1:]] == [bar.last + 1 for bar in timeline.bars[:-1]]
    assert (timeline.first, timeline.last, timeline.is_whole, timeline.has_steps) == (1, 300, True, False)
    assert [(bar.number, bar.last, bar.left) for bar in part.bars] == [(101, 101, 0), (102, 102, 38), (103, 103, 76)]
    assert (part.is_whole, part.has_steps) == (False, True)


def test_times_below_the_strip_do_not_touch() -> None:
    starts = [(float(left), MORNING + timedelta(minutes=left)) for left in range(0, 100, 2)]

    ticks = place_ticks(starts, "H:i")
    on_a_phone = [tick.left for tick in ticks if not tick.is_tight]

    assert [tick.left for tick in ticks] == [float(left) for left in range(0, 93, 8)]
    assert [tick.at for tick in ticks][:2] == [MORNING, MORNING + timedelta(minutes=8)]
    assert min(later - earlier for earlier, later in pairwise(on_a_phone)) >= 22
    assert on_a_phone[0] == 0


@pytest.mark.parametrize(
    ("apart", "clock"),
    [
        (timedelta(minutes=9), "H:i:s"),
        (timedelta(minutes=10), "H:i"),
        (timedelta(hours=14), "H:i"),
        (timedelta(hours=15), "j M H:i"),
    ],
)
def test_times_are_as_exact_as_the_session_is_short(apart: timedelta, clock: str) -> None:
    assert clock_format([MORNING, MORNING + apart]) == clock


def test_a_session_without_turns_has_no_clock_to_write() -> None:
    assert clock_format([]) == "H:i"
