"""Random histories of conversations, judges and killed workers against a naive account of which verdicts there must be.

The clock is the test's. The model says what it read, so a verdict proves which texts it is about. CONFAB_HISTORIES sets
how many."""

import os
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from itertools import count
from typing import Any, NamedTuple

import pytest
from django.utils import timezone
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from projects.models import Organization, Project, User
from sessions.annotation import configs
from sessions.judges import making
from sessions.judges.making import Decision
from sessions.judges.running import judge_one
from sessions.models import Judge, ModelProvider, ScoreConfig, Verdict
from sessions.rollup.recomputing import drain
from tests.judges.endpoint import Endpoint
from tests.judges.judged import plan
from tests.killing import killed_after
from tests.tracing.reports import call, in_session
from tracing.ingest.pipeline import ingest
from tracing.models import Score
from tracing.store.deletion import delete_traces

HISTORIES = max(25, int(os.environ.get("CONFAB_HISTORIES", "0")) // 50)  # one takes 0.4 s
NUMBERS = count(1)
START = datetime.fromisoformat("2026-11-10T08:00:00+00:00")
LEASE = Verdict.LEASE + timedelta(seconds=1)
QUIET = timedelta(minutes=15)
LATE = timedelta(minutes=7)  # how much earlier than now a trace of a number began

Texts = frozenset[tuple[str, str]]  # trace ids and what was said in them


class Given(NamedTuple):
    """What makes a verdict the only one."""

    version: int
    session_id: str
    texts: Texts

    @property
    def minutes(self) -> str:
        return minutes_of(text for _, text in self.texts)


@dataclass
class Conversation:
    """What a session says, since when, and what a judge says of it."""

    texts: dict[str, str] = field(default_factory=dict)
    began: dict[str, datetime] = field(default_factory=dict)
    gone: set[str] = field(default_factory=set)
    since: datetime = START
    score: Given | None = None

    @property
    def until(self) -> datetime:
        return max(self.began[trace_id] for trace_id in self.texts)

    @property
    def now(self) -> Texts:
        return frozenset(self.texts.items())


@dataclass
class Naive:
    """One judge that looks at every session whenever a worker comes by."""

    is_rule: bool
    quiet: timedelta
    version: int = 1
    is_on: bool = True
    since: datetime | None = None
    sessions: dict[str, Conversation] = field(default_factory=dict)
    verdicts: set[Given] = field(default_factory=set)

    def look(self, at: datetime) -> None:
        for session_id, told in self.sessions.items():
            one = Given(self.version, session_id, told.now)
            if told.texts and self.is_on and self._is_due(told, at):
                self.verdicts.add(one)
                told.score = one

    def forget(self, session_id: str) -> None:
        self.verdicts = {one for one in self.verdicts if one.session_id != session_id}
        self.sessions[session_id].score = None

    def switch(self, version: int, at: datetime) -> None:
        self.version, self.is_on, self.since = version, True, None if self.is_rule else at
        for session_id, told in self.sessions.items():
            if (one := Given(version, session_id, told.now)) in self.verdicts:
                told.score = one

    def _is_due(self, told: Conversation, at: datetime) -> bool:
        if told.since > at - self.quiet:
            return False
        if self.since is None or told.since > self.since:
            return True
        talked = self.since - self.quiet
        return told.since > talked and told.until > talked


def minutes_of(texts: Iterable[str]) -> str:
    return " | ".join(sorted(texts))


def reads(data: dict[str, Any]) -> dict[str, Any]:
    """A model that tells what it read, and says yes if somebody was angry."""
    texts = [entry["text"] for entry in data["conversation"]]
    return {"reason": minutes_of(texts), "turns": [], "answer": "yes" if any("angry" in one for one in texts) else "no"}


class World:
    """A project with one judge, its clock, and the naive account of it."""

    now = START

    def __init__(self, organization: Organization) -> None:
        self.project: Project = organization.projects.create(name=f"Judged {next(NUMBERS)}")

    def begin(self, alice: User, endpoint: Endpoint, decision: Decision) -> None:
        """Choose a model, and switch a judge on."""
        self.alice = alice
        config: ScoreConfig = configs.create(self.project, {"name": "angry", "data_type": "BOOLEAN"}, by=alice)
        ModelProvider.objects.create(
            project=self.project, protocol="openai_compatible", base_url=endpoint.url, model="gpt-4o-mini",
            requests_per_minute=10_000, consent_by="alice@example.com", consent_at=self.now,
        )  # fmt: skip
        fields = {"name": "Angry?", "config_id": config.id, "quiet_seconds": int(QUIET.total_seconds())}
        self.judge: Judge = making.create(self.project, fields, decision, by=alice)
        self.naive = Naive(decision.kind == "rule", QUIET)
        self.decision = decision
        self.switch(1)

    def say(self, session: str, number: int, text: str) -> None:
        """One trace, which began earlier the higher its number, or what is said in it now."""
        text = f"{text} {number}"  # the same words in two traces are one that tells the former again
        trace_id, told = f"{session}{number}", self.naive.sessions.setdefault(session, Conversation())
        if trace_id in told.gone:
            return
        began = told.began.setdefault(trace_id, self.now - number * LATE)
        ingest(self.project.pk, [
            call(trace_id, "a", input=text, claims=in_session(session), started_at=began, ended_at=began)
        ])  # fmt: skip
        drain(self.project.pk)
        if told.texts.get(trace_id) != text:
            told.texts[trace_id], told.since = text, self.now

    def lose(self, session: str, number: int) -> None:
        told = self.naive.sessions.get(session)
        if told is None or told.texts.pop(f"{session}{number}", None) is None:
            return
        told.gone.add(f"{session}{number}")
        delete_traces(self.project.pk, [f"{session}{number}"])
        drain(self.project.pk)
        self.naive.forget(session)
        told.since = self.now

    def switch(self, version: int | None) -> None:
        if version is None:
            making.switch_off(self.project, self.judge, by=self.alice)
            self.naive.is_on = False
            return
        if version > making.latest_version(self.judge).number:
            more = {"prompt": "Is anybody cross?", "rule": "turns >= 3"}
            how = self.decision.kind if self.decision.kind == "rule" else "prompt"
            making.change(self.project, self.judge, {}, replace(self.decision, **{how: more[how]}), by=self.alice)
        making.switch_on(self.project, self.judge, version, by=self.alice)
        self.naive.switch(version, self.now)

    def edit(self, quiet_minutes: int) -> None:
        making.change(self.project, self.judge, {"quiet_seconds": quiet_minutes * 60}, by=self.alice)
        self.naive.quiet = timedelta(minutes=quiet_minutes)

    def wait(self, minutes: int) -> None:
        self.now += timedelta(minutes=minutes)

    def work(self, dies_after: int | None) -> None:
        """A worker comes by. If it is killed, another one goes on when its lease is over."""
        if dies_after is not None:
            with killed_after(dies_after):
                self._work()
            self.now += LEASE
        self._work()
        self.naive.look(self.now)

    def _work(self) -> None:
        plan(self.project)
        for row in Verdict.objects.for_project(self.project).free():
            judge_one(row)
        drain(self.project.pk)

    def check(self) -> None:
        rows = list(Verdict.objects.for_project(self.project))
        assert {row.state for row in rows} <= {"done"}
        assert len(rows) == len(self.naive.verdicts)
        if not self.naive.is_rule:
            wanted = sorted((one.version, one.session_id, one.minutes) for one in self.naive.verdicts)
            assert sorted((row.version, row.session_id, row.reason) for row in rows) == wanted
        current = {row.session_id: (row.version, row.answer) for row in rows if row.is_current}
        scores = {score.session_id: score.string_value for score in Score.objects.for_project(self.project)}
        for session_id, told in self.naive.sessions.items():
            one = told.score
            if one is None:
                assert session_id not in current
                assert session_id not in scores
            else:
                assert current[session_id] == (one.version, self._answer(one))
                assert scores[session_id] == {"yes": "True", "no": "False"}[self._answer(one)]

    def _answer(self, one: Given) -> str:
        if self.naive.is_rule:
            return "yes" if len(one.texts) > one.version else "no"
        return "yes" if any("angry" in text for _, text in one.texts) else "no"


SESSIONS, TRACES = st.sampled_from("ab"), st.integers(0, 2)
TEXTS = st.sampled_from(["I am angry", "hello", "thanks"])
EVENTS: st.SearchStrategy[tuple[str, tuple[Any, ...]]] = st.one_of(
    st.tuples(st.just("say"), st.tuples(SESSIONS, TRACES, TEXTS)),
    st.tuples(st.just("say"), st.tuples(SESSIONS, TRACES, TEXTS)),
    st.tuples(st.just("wait"), st.tuples(st.sampled_from([1, 14, 16, 90, 60 * 24]))),
    st.tuples(st.just("work"), st.tuples(st.none() | st.integers(0, 70))),
    st.tuples(st.just("work"), st.tuples(st.none() | st.integers(0, 70))),
    st.tuples(st.just("lose"), st.tuples(SESSIONS, TRACES)),
    st.tuples(st.just("edit"), st.tuples(st.sampled_from([0, 15, 45]))),
    st.tuples(st.just("switch"), st.tuples(st.sampled_from([None, 1, 2]))),
)
SAID_AGAIN = [
    event
    for text in ("hello", "I am angry", "hello")
    for event in (("say", ("a", 0, text)), ("wait", (16,)), ("work", (None,)))
]
RULE = Decision(kind="rule", rule="turns >= 2", value="yes", otherwise="no")
PROMPT = Decision(kind="prompt", prompt="Is anybody angry?")


@pytest.mark.parametrize("decision", [RULE, PROMPT], ids=["rule", "prompt"])
@settings(max_examples=HISTORIES, deadline=None, suppress_health_check=list(HealthCheck))
@given(history=st.lists(EVENTS, min_size=3, max_size=16))
@example(history=SAID_AGAIN)
def test_verdicts_are_those_of_a_naive_judge(
    organization: Organization, alice: User, endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch, decision: Decision,
    history: list[tuple[str, tuple[Any, ...]]],
) -> None:  # fmt: skip
    endpoint.answer = reads
    world = World(organization)
    with monkeypatch.context() as patched:
        patched.setattr(timezone, "now", lambda: world.now)
        world.begin(alice, endpoint, decision)
        for name, arguments in history:
            getattr(world, name)(*arguments)
            world.wait(1)
        world.wait(60)  # longer than any quiet time
        world.work(None)
        world.check()
