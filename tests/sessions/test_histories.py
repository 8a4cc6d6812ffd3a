"""Random histories of reports against a second, naive implementation of every column of a session.

It follows docs/numbers.md, rule by rule; what a branch of spans adds up to says tests/tracing/naive.py.

CONFAB_HISTORIES sets how many; CI asks for more than the default."""

import os
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from itertools import count, pairwise
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from projects.models import Organization
from sessions.models import Session, SessionScore
from sessions.rollup.tasks import recompute_dirty
from tests.tracing.naive import naive_session
from tests.tracing.reports import at
from tracing.ingest.pipeline import ingest
from tracing.records import Claims, Kind, Level, ScoreRecord, SpanRecord
from tracing.store.rows import STATED_TOTAL, SpanRow
from tracing.token_usage import Usage

HISTORIES = int(os.environ.get("CONFAB_HISTORIES", "150"))
NUMBERS = count(1)
PRICES = {"gpt-4o": (Decimal("2.5"), Decimal(10)), "gpt-4o-mini": (Decimal("0.15"), Decimal("0.6"))}  # USD per million

TEXTS_AND_CLAIMS = ("input", "output"), ("session_id", "user_id", "tags", "environment", "release")
OF_MODELS = (
    *("input_tokens", "output_tokens", "total_tokens", "unpriced_count", "unmeasured_count"),
    *("input_cost", "output_cost", "total_cost"),
)
# Columns that no trace says anything of, and the state of the texts, which tests/judges/test_rules.py is about.
UNCOUNTED = {"project_id", "computed_at", "content_hash", "content_at"}
SAID_OF_ROWS = (
    *("parent_id", "started_at", "ended_at", "level", "model", "total_cost", "kind", "name"),
    *("input_tokens", "output_tokens"),
)


@dataclass
class NaiveSpan:
    """The last thing said of each field, nothing clever."""

    said: dict[str, Any] = field(default_factory=dict)

    def get(self, name: str) -> Any:
        return self.said.get(name)

    def row(self, trace_id: str, span_id: str) -> SpanRow:
        said = {name: self.get(name) for name in SAID_OF_ROWS}
        said["output_size"] = len(self.get("output") or "") or None  # a call that was answered did not fail
        row = SpanRow(trace_id, span_id, **said, stated_costs=0 if self.get("total_cost") is None else STATED_TOTAL)
        rates = PRICES.get(row.model or "")
        if rates is not None and (row.input_tokens or row.output_tokens):
            row.input_cost = Decimal(row.input_tokens or 0) * rates[0] / 10**6
            row.output_cost = Decimal(row.output_tokens or 0) * rates[1] / 10**6
            row.total_cost = row.input_cost + row.output_cost if row.total_cost is None else row.total_cost
        return row


Histories = dict[str, dict[str, NaiveSpan]]  # trace id -> span id -> what was said


def listen(known: Histories, record: SpanRecord) -> None:
    said = known.setdefault(record.trace_id, {}).setdefault(record.span_id, NaiveSpan()).said
    fields = {
        f: getattr(record, f)
        for f in ("parent_id", "started_at", "ended_at", "level", "model", "total_cost", "kind", "name")
    }
    usage = record.usage or Usage()
    fields |= {"input_tokens": usage.input_tokens, "output_tokens": usage.output_tokens}
    texts, claims = TEXTS_AND_CLAIMS
    fields |= {name: getattr(record, name) for name in texts} | {name: getattr(record.claims, name) for name in claims}
    said.update({name: value for name, value in fields.items() if value is not None})


def rows_of(trace_id: str, spans: dict[str, NaiveSpan]) -> list[SpanRow]:
    return [span.row(trace_id, span_id) for span_id, span in spans.items()]


Spans = dict[str, NaiveSpan]


def age(item: tuple[str, NaiveSpan]) -> tuple[datetime, str]:
    return item[1].get("started_at"), item[0]


def by_weight(spans: Spans) -> list[NaiveSpan]:
    """The root first, then all of them as they started."""
    tops = [item for item in spans.items() if item[1].get("parent_id") not in spans]
    root = min(tops, key=lambda item: (item[1].get("parent_id") is not None, *age(item)))
    return [root[1], *(span for _, span in sorted(spans.items(), key=age))]


def claim_of(spans: Spans, name: str) -> Any:
    """Of several values for a field of a trace, the root's wins, then that of the earliest span."""
    return next((span.get(name) for span in by_weight(spans) if span.get(name)), None)


def session_id_of(spans: Spans) -> str | None:
    found: str | None = claim_of(spans, "session_id")
    return found


def depth_of(spans: Spans, span: NaiveSpan) -> int:
    above = spans.get(span.get("parent_id"))
    return 0 if above is None else 1 + depth_of(spans, above)


def text_of(spans: Spans, side: str) -> str:
    """The root's, else of the last model call that answered, else of plain spans before tools, outermost first.

    The question is that of the call that answered, else of the latest before it, else of the latest after it."""
    root, *others = by_weight(spans)
    is_question = side == "input"
    calls = [span for span in reversed(others) if span.get("kind") == Kind.GENERATION]
    answer = next((place for place, span in enumerate(calls) if span.get("output")), 0)
    calls = [*calls[answer:], *calls[:answer]] if is_question else calls
    rest = others if is_question else list(reversed(others))
    plain, tools = ([s for s in rest if s.get("kind") == kind] for kind in (None, Kind.TOOL))
    late = [span for some in (plain, tools) for span in sorted(some, key=lambda span: depth_of(spans, span))]
    return next((span.get(side) for span in [root, *calls, *late] if span.get(side)), "")


def first_and_last_words(known: Histories, traces: list[Spans]) -> dict[str, str]:
    """Of the traces in the order of their starts, equal ones by their ids, those that say anything."""
    ids = {id(spans): trace_id for trace_id, spans in known.items()}
    in_order = sorted(traces, key=lambda spans: (min(s.get("started_at") for s in spans.values()), ids[id(spans)]))
    asked, answered = ([text for spans in in_order if (text := text_of(spans, side))] for side in ("input", "output"))
    return {"first_input": asked[0] if asked else "", "last_output": answered[-1] if answered else ""}


def expected(known: Histories, session_id: str) -> dict[str, Any] | None:
    traces = [spans for spans in known.values() if session_id_of(spans) == session_id]
    if not traces:
        return None
    everything = [span for spans in traces for span in spans.values()]
    total: dict[str, Any] = {"trace_count": len(traces), "span_count": len(everything)}
    total["turn_count"] = len(traces)  # no history has a conversation in one trace
    ids = {id(spans): trace_id for trace_id, spans in known.items()}
    branches = naive_session([rows_of(ids[id(spans)], spans) for spans in traces])
    total |= {
        name: sum(branch.tokens[name] for branch in branches)
        for name in ("input_tokens", "output_tokens", "total_tokens")
    }
    total["total_cost"] = sum(branch.cost for branch in branches)
    total["unmeasured_count"] = sum(len(branch.unmeasured) for branch in branches)
    total["unpriced_count"] = sum(len(branch.unpriced) for branch in branches)
    total["error_count"] = sum(branch.failures for branch in branches)
    total |= {"session_id": session_id} | first_and_last_words(known, traces)
    total["user_ids"] = sorted({user for spans in traces if (user := claim_of(spans, "user_id"))})
    total["environments"] = sorted({claim_of(spans, "environment") or "default" for spans in traces})
    total["releases"] = sorted({release for spans in traces if (release := claim_of(spans, "release"))})
    total["tags"] = sorted({tag for span in everything for tag in span.get("tags") or []})
    total["tool_names"] = sorted({s.get("name") for s in everything if s.get("kind") == Kind.TOOL and s.get("name")})
    return total | durations(traces)


def expected_scores(known: Histories, scores: dict[str, ScoreRecord], session_id: str) -> dict[str, Any]:
    traces = {trace_id for trace_id, spans in known.items() if session_id_of(spans) == session_id}
    summed: dict[str, Any] = {}
    for name in sorted({score.name for score in scores.values()}):
        mine = [s for s in scores.values() if s.name == name and (s.session_id == session_id or s.trace_id in traces)]
        numbers = [s.value for s in mine if s.value is not None]
        shares: dict[str, int] = {}
        for score in mine:
            if score.data_type == "CATEGORICAL" and score.string_value is not None:
                shares[score.string_value] = shares.get(score.string_value, 0) + 1
        if mine:
            mean = sum(numbers) / len(numbers) if numbers else None
            summed[name] = {"count": len(mine), "mean": pytest.approx(mean), "shares": shares}
    return summed


def expected_usage(session: Session) -> dict[str, Any]:
    """What the columns about models must be: their usage, which has to add up to the sums of all traces."""
    usage = session.usage_by_model.values()
    summed: dict[str, Any] = {name: sum((Decimal(of[name]) for of in usage), Decimal(0)) for name in OF_MODELS}
    return summed | {"usage_by_model": session.usage_by_model, "model_names": sorted(session.usage_by_model)}


def durations(traces: list[dict[str, NaiveSpan]]) -> dict[str, Any]:
    """Second by second: the histories' times are whole seconds."""
    intervals = []
    for spans in traces:
        starts = [s.get("started_at") for s in spans.values()]
        ends = [s.get("ended_at") or s.get("started_at") for s in spans.values()]
        intervals.append((min(starts), max(*ends, max(starts))))
    first, last = min(i[0] for i in intervals), max(i[1] for i in intervals)
    seconds = int((last - first).total_seconds())
    base = int((first - at(0)).total_seconds())
    busy = sum(any(a <= at(base + s) and at(base + s + 1) <= b for a, b in intervals) for s in range(seconds))
    spent = {"duration_ms": seconds * 1000, "active_ms": busy * 1000, "idle_ms": (seconds - busy) * 1000}
    return {"created_at": first, "updated_at": last, **spent}


# Made once: to make a strategy takes longer than to draw from it.
TRACES, SPANS, STARTS = st.integers(0, 2), st.integers(0, 4), st.integers(0, 60)
# Parents have smaller numbers, so no history closes a loop; "missing" never comes.
PARENTS = [st.sampled_from([None, "missing", *map(str, range(number))]) for number in range(5)]
TOKENS = st.none() | st.integers(0, 999)
SAID: dict[str, st.SearchStrategy[Any]] = {
    "name": st.sampled_from([None, "search", "answer"]),
    "kind": st.sampled_from([None, Kind.TOOL, Kind.GENERATION]),
    "level": st.sampled_from([None, None, Level.DEFAULT, Level.ERROR]),
    "model": st.sampled_from([None, "gpt-4o", "gpt-4o-mini", "home-made"]),
    "usage": st.builds(Usage, TOKENS, TOKENS) | st.none(),
    "input": st.sampled_from([None, None, "ask this", "ask that"]),
    "output": st.sampled_from([None, None, "say this", "say that"]),
    "total_cost": st.none() | st.none() | st.decimals(0, 9, places=4),
}
CLAIMED: dict[str, st.SearchStrategy[Any]] = {
    "session_id": st.sampled_from([None, None, "a", "b"]),
    "user_id": st.sampled_from([None, None, "ana", "ben"]),
    "tags": st.sampled_from([None, None, ["x"], ["x", "y"]]),
    "environment": st.sampled_from([None, None, "prod", "test"]),
    "release": st.sampled_from([None, None, "1.0", "1.1"]),
}
LASTED = st.sampled_from([None, 1, 7])


@st.composite
def reports(draw: st.DrawFn) -> SpanRecord:
    number, start, lasted = draw(SPANS), draw(STARTS), draw(LASTED)
    return SpanRecord(
        f"t{draw(TRACES)}",
        f"{number}",
        draw(PARENTS[number]),
        **{name: draw(values) for name, values in SAID.items()},
        started_at=at(start),
        ended_at=None if lasted is None else at(start + lasted),
        claims=Claims(**{name: draw(values) for name, values in CLAIMED.items()}),
    )


SCORE_IDS, SCORE_NAMES = st.sampled_from("123456"), st.sampled_from(["quality", "topic"])
SCORED = st.sampled_from([None, "t0", "t1", "t2"])
DATA_TYPES = st.sampled_from(["NUMERIC", "BOOLEAN", "CATEGORICAL", "TEXT"])
SCORE_NUMBERS, SCORE_TEXTS = st.sampled_from([0.0, 1.0]), st.sampled_from(["low", "high"])
MAYBE_FIRST_SPAN, SCORED_SESSIONS = st.none() | st.just("0"), st.sampled_from("ab")


@st.composite
def scores(draw: st.DrawFn) -> ScoreRecord:
    """Of few ids, so that a later one often replaces an earlier one, on another target."""
    trace_id, data_type = draw(SCORED), draw(DATA_TYPES)
    number, text = draw(SCORE_NUMBERS), draw(SCORE_TEXTS)
    is_number = data_type in {"NUMERIC", "BOOLEAN"}
    return ScoreRecord(
        draw(SCORE_IDS),
        draw(SCORE_NAMES),
        data_type,
        number if is_number else None,
        None if is_number else text,
        trace_id=trace_id,
        span_id=draw(MAYBE_FIRST_SPAN) if trace_id else None,
        session_id=None if trace_id else draw(SCORED_SESSIONS),
    )


def alike(number: str, **target: str) -> ScoreRecord:
    return ScoreRecord(number, "quality", "NUMERIC", 1.0, **target)


TWO_OF_ONE_MIND = [
    SpanRecord("t0", "0", started_at=at(0), claims=Claims(session_id="a")),
    *(alike(number, trace_id="t0") for number in "12"),
    *(alike(number, session_id="a") for number in "34"),
]


@pytest.mark.timeout(max(300, HISTORIES))  # one takes 0.03 to 0.06 s
@settings(max_examples=HISTORIES, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    history=st.lists(reports() | reports() | reports() | scores(), min_size=1, max_size=25),
    cuts=st.sets(st.integers(1, 24), max_size=5),
    repeat=st.booleans(),
)
@example(history=TWO_OF_ONE_MIND, cuts=set(), repeat=False)
def test_every_session_number_equals_the_naive_one(
    organization: Organization, history: list[SpanRecord | ScoreRecord], cuts: set[int], repeat: bool
) -> None:
    # A project of its own: in one that is emptied, each history would pass by the dead rows of all before it.
    project = organization.projects.create(name=f"History {next(NUMBERS)}")
    known: Histories = {}
    given: dict[str, ScoreRecord] = {}
    bounds = [0, *sorted(cut for cut in cuts if cut < len(history)), len(history)]
    for start, end in pairwise(bounds):
        for _ in range(2 if repeat else 1):
            ingest(project.pk, deepcopy(history[start:end]))
            for record in history[start:end]:
                if isinstance(record, ScoreRecord):
                    given[record.id] = record
                else:
                    listen(known, record)
        if start % 2:  # sometimes a worker runs in between
            recompute_dirty(project.pk)
    recompute_dirty(project.pk)

    for session_id in ("a", "b"):
        session = Session.objects.for_project(project).filter(session_id=session_id).first()
        wanted = expected(known, session_id)
        assert (session is None) == (wanted is None)
        if session is not None and wanted is not None:
            wanted["scores"] = expected_scores(known, given, session_id)
            assert {name: getattr(session, name) for name in wanted} == wanted
            usage = expected_usage(session)
            assert {name: getattr(session, name) for name in usage} == usage
            assert {*wanted, *usage} == {f.attname for f in Session._meta.local_concrete_fields} - UNCOUNTED
        rows = SessionScore.objects.for_project(project).filter(session_id=session_id)
        assert {row.name for row in rows} == set(session.scores if session else ())
