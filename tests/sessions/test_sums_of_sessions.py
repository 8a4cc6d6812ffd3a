"""A session of two traces, every column added up by hand, and of two models every field of their usage."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from projects.models import Project
from sessions.models import Session, SessionScore
from sessions.rollup.session_rows import recompute
from tests.tracing.reports import at, usd
from tracing.models import Score, Trace

pytestmark = pytest.mark.django_db
# The number of a first and of a second trace; no two of them are alike.
SUMMED: dict[str, Any] = {
    "span_count": (3, 40), "error_count": (1, 20), "unmeasured_count": (2, 30), "unpriced_count": (4, 50),
    "input_tokens": (100, 2_000), "output_tokens": (10, 300), "total_tokens": (110, 2_301),
    "input_cost": (usd("0.1"), usd("2.02")), "output_cost": (usd("0.3"), usd("4.000000000001")),
    "total_cost": (usd("0.5"), usd("6.5")),
}  # fmt: skip
COUNTED = (
    "call_count", "input_tokens", "output_tokens", "total_tokens", "cached_tokens", "cache_write_tokens",
    "reasoning_tokens", "unmeasured_count", "unpriced_count", "not_itemised_tokens",
)  # fmt: skip
COSTS = ("input_cost", "output_cost", "total_cost")


def trace(project: Project, trace_id: str, start: float = 0, end: float | None = None, **fields: Any) -> Trace:
    given = {"bucket": at(0).date(), "received_at": at(0), "updated_at": at(0), "session_id": "s"}
    created: Trace = Trace.objects.create(
        project_id=project.pk,
        trace_id=trace_id,
        started_at=at(start),
        ended_at=at(start + 1 if end is None else end),
        **given | fields,
    )
    return created


def summed(project: Project, session_id: str = "s") -> Session:
    recompute(project.pk, [session_id])
    return Session.objects.for_project(project).get(session_id=session_id)


def usage(factor: int) -> dict[str, Any]:
    """Fields of which each is another multiple of `factor`."""
    counts = {name: factor * place for place, name in enumerate(COUNTED, start=1)}
    return counts | {name: f"{factor}.{place}" for place, name in enumerate(COSTS, start=1)}


def test_every_number_is_the_sum_over_the_traces(project: Project) -> None:
    for place, name in enumerate(("a", "b")):
        trace(project, name, **{field: values[place] for field, values in SUMMED.items()})
    found = summed(project)

    assert found.trace_count == 2
    assert {name: getattr(found, name) for name in SUMMED} == {name: sum(both) for name, both in SUMMED.items()}


def test_the_usage_of_a_model_is_summed_field_by_field(project: Project) -> None:
    trace(project, "a", usage_by_model={"m": usage(1), "only-a": usage(7)})
    trace(project, "b", usage_by_model={"m": usage(100), "only-b": usage(9)})
    trace(project, "c", usage_by_model={"m": usage(10_000)}, session_id="another")
    found = summed(project)

    assert found.model_names == ["m", "only-a", "only-b"]
    assert found.usage_by_model == {
        "m": {name: 101 * place for place, name in enumerate(COUNTED, start=1)}
        | {"input_cost": "101.2", "output_cost": "101.4", "total_cost": "101.6"},
        "only-a": usage(7),
        "only-b": usage(9),
    }


def test_what_older_rows_do_not_know_of_a_model_is_nothing(project: Project) -> None:
    younger = ("unmeasured_count", "not_itemised_tokens")
    trace(project, "a", usage_by_model={"m": {name: n for name, n in usage(1).items() if name not in younger}})
    assert {name: summed(project).usage_by_model["m"][name] for name in younger} == dict.fromkeys(younger, 0)
    trace(project, "b", usage_by_model={"m": usage(10)})
    assert [summed(project).usage_by_model["m"][name] for name in younger] == [80, 100]


def test_costs_of_a_model_are_exact(project: Project) -> None:
    for name in "abc":
        trace(project, name, usage_by_model={"m": usage(1) | dict.fromkeys(COSTS, "0.000000000001")})
    found = summed(project).usage_by_model["m"]
    assert [found[cost] for cost in COSTS] == ["0.000000000003"] * 3


def test_sets_hold_each_value_once_and_in_order(project: Project) -> None:
    trace(project, "a", tags=["y", "x"], tool_names=["search", "pay"], environment="prod", user_id="u2", release="r2")
    trace(project, "b", tags=["x", "a"], tool_names=["pay"], environment="prod", user_id="u2", release="r2")
    trace(project, "c", environment="dev", user_id="u1", release="r1")
    found = summed(project)

    assert (found.tags, found.tool_names) == (["a", "x", "y"], ["pay", "search"])
    assert (found.environments, found.user_ids, found.releases) == (["dev", "prod"], ["u1", "u2"], ["r1", "r2"])


def test_what_no_trace_has_is_empty_and_never_null(project: Project) -> None:
    trace(project, "a")
    found = summed(project)
    assert (found.tags, found.tool_names, found.model_names, found.user_ids, found.releases) == ([], [], [], [], [])
    assert (found.usage_by_model, found.scores, found.first_input, found.last_output) == ({}, {}, "", "")
    assert (found.environments, found.duration_ms, found.active_ms, found.idle_ms) == (["default"], 1000, 1000, 0)


@pytest.mark.parametrize(
    ("intervals", "duration", "active"),
    [
        ([(0, 1)], 1000, 1000), ([(0, 0)], 0, 0), ([(0, 1), (3, 5)], 5000, 3000), ([(0, 2), (1, 5)], 5000, 5000),
        ([(0, 9), (2, 3)], 9000, 9000), ([(0, 1), (1, 2)], 2000, 2000), ([(5, 6), (0, 1), (5, 6)], 6000, 2000),
        ([(0, 0.0004)], 0, 0), ([(0, 0.0006)], 1, 1),
    ],
)  # fmt: skip
def test_a_session_lasts_from_first_to_last_and_is_active_while_a_trace_runs(
    project: Project, intervals: list[tuple[float, float]], duration: int, active: int
) -> None:
    for number, (start, end) in enumerate(intervals):
        trace(project, str(number), start, end)
    found = summed(project)

    assert (found.created_at, found.updated_at) == (at(0), at(max(end for _, end in intervals)))
    assert (found.duration_ms, found.active_ms, found.idle_ms) == (duration, active, duration - active)


def test_the_first_input_and_the_last_output_are_those_that_say_something(project: Project) -> None:
    trace(project, "a", 0, input_preview="", output_preview="out a")
    trace(project, "c", 1, input_preview="in c", output_preview="out c")
    trace(project, "b", 1, input_preview="in b", output_preview="out b")
    trace(project, "d", 2, input_preview="in d", output_preview="")
    found = summed(project)
    assert (found.first_input, found.last_output) == ("in b", "out c")  # of two that start together, by their ids


def test_only_traces_of_the_session_and_the_project_count(project: Project, other_project: Project) -> None:
    for owner, session_id, tokens in ((project, "s", 1), (project, "other", 10), (other_project, "s", 100)):
        trace(owner, f"t-{session_id}", session_id=session_id, total_tokens=tokens, tags=[str(tokens)])
    trace(project, "none", session_id=None, total_tokens=1_000)
    found = summed(project)

    assert (found.total_tokens, found.tags, found.trace_count) == (1, ["1"], 1)
    assert not Session.objects.for_project(project).filter(session_id="other").exists(), "it was not asked for"
    assert not Session.objects.for_project(other_project).exists()


def test_a_session_is_recomputed_whole_and_goes_with_its_last_trace(project: Project) -> None:
    trace(project, "a", total_tokens=5)
    first = summed(project)
    trace(project, "b", total_tokens=7)
    second = summed(project)
    assert (first.total_tokens, second.total_tokens) == (5, 12)
    assert second.computed_at > first.computed_at

    Trace.objects.for_project(project).update(session_id="moved")
    recompute(project.pk, ["s", "moved", "s"])
    assert list(Session.objects.for_project(project).values_list("session_id", "total_tokens")) == [("moved", 12)]


def test_a_recomputed_session_is_younger_although_the_clock_went_back(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    trace(project, "a")
    first = summed(project).computed_at
    past: datetime = first - timedelta(hours=1)
    monkeypatch.setattr("django.utils.timezone.now", lambda: past)
    assert summed(project).computed_at == first + timedelta(microseconds=1)


def score(project: Project, score_id: str, name: str, data_type: str, **fields: Any) -> None:
    times = dict.fromkeys(("created_at", "updated_at", "scored_at"), at(0))
    Score.objects.create(project_id=project.pk, id=score_id, name=name, data_type=data_type, **times | fields)


def test_scores_are_counted_averaged_and_shared_out_by_name(project: Project) -> None:
    trace(project, "a")
    trace(project, "b")
    trace(project, "z", session_id="another")
    score(project, "1", "quality", "NUMERIC", value=1, trace_id="a")
    score(project, "2", "quality", "NUMERIC", value=1, trace_id="b")  # as the first: two people of one mind
    score(project, "3", "quality", "NUMERIC", value=4, session_id="s")
    score(project, "4", "quality", "NUMERIC", value=100, trace_id="z")
    score(project, "5", "quality", "NUMERIC", value=100, session_id="another")
    score(project, "6", "solved", "BOOLEAN", value=1, trace_id="a")
    score(project, "7", "solved", "BOOLEAN", value=0, trace_id="a", span_id="x")
    score(project, "8", "mood", "CATEGORICAL", string_value="good", trace_id="a")
    score(project, "9", "mood", "CATEGORICAL", string_value="good", trace_id="b")
    score(project, "10", "mood", "CATEGORICAL", string_value="bad", session_id="s")
    score(project, "11", "note", "TEXT", string_value="long", trace_id="a")
    score(project, "12", "quality", "NUMERIC", value=50, trace_id="a", is_unsure=True)

    assert summed(project).scores == {
        "quality": {"count": 3, "mean": 2, "shares": {}},
        "solved": {"count": 2, "mean": 0.5, "shares": {}},
        "mood": {"count": 3, "mean": None, "shares": {"good": 2, "bad": 1}},
        "note": {"count": 1, "mean": None, "shares": {}},
    }
    Score.objects.for_project(project).filter(name="quality", session_id="s").delete()
    Score.objects.for_project(project).filter(name="mood").delete()
    found = summed(project)
    assert found.scores["quality"] == {"count": 2, "mean": 1, "shares": {}}
    assert set(SessionScore.objects.for_project(project).values_list("name", flat=True)) == {
        "quality",
        "solved",
        "note",
    }
