"""Random histories of sessions and killed workers against a naive account of what alerts fire, tell and end.

The clock is the test's. CONFAB_HISTORIES sets how many."""

import os
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import count
from typing import Any

import pytest
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from projects.models import Organization, Project, User
from sessions.alerts import channels, making
from sessions.alerts.watching import REENTRY_REST, WATCH_LEASE
from sessions.conversations import states
from sessions.models import Alert, AlertDelivery, AlertFiring, AlertFiringSession
from sessions.rollup.recomputing import drain
from tests.killing import killed_after
from tests.sessions.alerts.watched import an_alert, work
from tests.tracing.reports import call, failed, in_session
from tracing.ingest.pipeline import ingest
from tracing.store.deletion import delete_traces

HISTORIES = max(15, int(os.environ.get("CONFAB_HISTORIES", "0")) // 100)  # one takes a second
NUMBERS = count(1)
START = datetime.fromisoformat("2026-11-10T08:20:00+00:00")
HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)


@dataclass
class NaiveFiring:
    """What the history shows of one firing."""

    sessions: set[str]
    tell_at: datetime | None
    told_at: datetime | None = None
    is_over: bool = False
    told: list[str] = field(default_factory=list)


@dataclass
class Naive:
    """An alert that looks at every session whenever a worker comes by."""

    pace: str
    inside: set[str] = field(default_factory=set)
    left: dict[str, datetime] = field(default_factory=dict)
    firings: list[NaiveFiring] = field(default_factory=list)
    muted_until: datetime = START

    def due(self, at: datetime) -> list[NaiveFiring]:
        return [one for one in self.firings if one.told_at is None and one.tell_at and one.tell_at <= at]

    def tell(self, firing: NaiveFiring, at: datetime) -> None:
        if self.muted_until > at:
            firing.tell_at = None
        else:
            firing.told_at = at
            firing.told.append("fired")

    def look(self, matching: set[str], at: datetime) -> None:
        resting = {one for one, when in self.left.items() if when > at - REENTRY_REST}
        for one in matching & resting:
            for firing in self.firings:
                if one in firing.sessions:
                    firing.is_over = False
        if entered := matching - self.inside - resting:
            self._fire(entered, at)
        gone = self.inside - matching
        self.left = {one: when for one, when in self.left.items() if one not in matching} | dict.fromkeys(gone, at)
        self.inside = matching
        for firing in self.firings:
            has_left = firing.sessions & gone and not firing.sessions & matching
            if not firing.is_over and (has_left or not firing.sessions):
                firing.is_over = True
                if firing.told_at and self.muted_until <= at:
                    firing.told.append("ended")

    def forget(self, session_id: str) -> None:
        self.inside.discard(session_id)
        self.left.pop(session_id, None)
        for firing in self.firings:
            firing.sessions.discard(session_id)

    def _fire(self, entered: set[str], at: datetime) -> None:
        is_muted = self.muted_until > at
        for firing in reversed(self.firings):
            if firing.told_at is None and not firing.is_over and (firing.tell_at is None) == is_muted:
                firing.sessions |= entered
                return
        self.firings.append(NaiveFiring(set(entered), None if is_muted else self._due_at(at)))

    def _due_at(self, at: datetime) -> datetime:
        if self.pace == "hourly":
            return at.replace(minute=0, second=0) + HOUR
        told = [one.told_at for one in self.firings if one.told_at]
        return max(at + timedelta(seconds=10), told[-1] + MINUTE) if told else at + timedelta(seconds=10)

    def killed(self, matching: set[str], at: datetime) -> list["Naive"]:
        """What a killed worker may have done: it tells each firing in a transaction of its own, and then looks."""
        found = [deepcopy(self)]
        for _ in self.due(at):
            further = deepcopy(found[-1])
            further.tell(further.due(at)[0], at)
            found.append(further)
        looked = deepcopy(found[-1])
        looked.look(matching, at)
        return [*found, looked]

    def worked(self, matching: set[str], at: datetime) -> "Naive":
        for firing in self.due(at):
            self.tell(firing, at)
        self.look(matching, at)
        return self

    @property
    def account(self) -> list[Any]:
        return [(sorted(one.sessions), one.told_at is not None, one.is_over, one.told) for one in self.firings]


class World:
    """A project with an alert and its clock. `accounts` are all that may be true after workers were killed."""

    now = START

    def __init__(self, organization: Organization) -> None:
        self.project: Project = organization.projects.create(name=f"Watched {next(NUMBERS)}")
        self.failures: dict[str, dict[int, bool]] = {}
        self.handled: set[str] = set()
        self.began: dict[tuple[str, int], datetime] = {}
        self.buried: set[tuple[str, int]] = set()

    def begin(self, alice: User, pace: str) -> None:
        self.alice = alice
        channel, _ = channels.create(self.project, {"name": "Ours", "kind": "mail"}, by=alice)
        fields = {"channel_ids": [channel.id], "pace": pace, "name": "Failures"}
        self.alert: Alert = an_alert(self.project, alice, "has:error -label:handled", **fields)
        self.accounts = [Naive(pace)]

    @property
    def matching(self) -> set[str]:
        return {one for one, told in self.failures.items() if any(told.values()) and one not in self.handled}

    def store(self, session: str, number: int, fails: bool) -> None:
        if (session, number) in self.buried:
            return
        make = failed if fails else call
        began = self.began.setdefault(
            (session, number), self.now - number * HOUR
        )  # the higher its number, the later the trace comes
        times = {"started_at": began, "ended_at": began}
        ingest(self.project.pk, [make(f"{session}{number}", "a", claims=in_session(session), **times)])
        drain(self.project.pk)
        told = self.failures.setdefault(session, {})
        told[number] = told.get(number, False) or fails

    def lose(self, session: str, number: int) -> None:
        if number not in self.failures.get(session, {}):
            return
        self.buried.add((session, number))
        delete_traces(self.project.pk, [f"{session}{number}"])
        drain(self.project.pk)
        del self.failures[session][number]
        if not self.failures[session]:
            del self.failures[session]
            self.handled.discard(session)
            for one in self.accounts:
                one.forget(session)

    def label(self, session: str, is_handled: bool) -> None:
        if session in self.failures:
            edit = states.labelling("handled") if is_handled else states.unlabelling("handled")
            states.edit_states(self.project.pk, [session], edit, by=self.alice.email)
            (self.handled.add if is_handled else self.handled.discard)(session)

    def mute(self, minutes: int) -> None:
        until = self.now + timedelta(minutes=minutes)
        making.mute(self.project, self.alert, by=self.alice, until=until)
        for one in self.accounts:
            one.muted_until = until

    def wait(self, minutes: int) -> None:
        self.now += timedelta(minutes=minutes)

    def work(self, dies_after: int | None) -> None:
        if dies_after is not None:
            with killed_after(dies_after):
                work(self.project)
            self.accounts = [found for one in self.accounts for found in one.killed(self.matching, self.now)]
            self.now += WATCH_LEASE + timedelta(seconds=1)
        work(self.project)
        self.accounts = [one.worked(set(self.matching), self.now) for one in self.accounts]

    def check(self) -> None:
        rows = self.rows()
        assert rows in [one.account for one in self.accounts]

    def rows(self) -> list[Any]:
        """The account that the database gives."""
        kept, deliveries = (model.objects.for_project(self.project) for model in (AlertFiringSession, AlertDelivery))
        return [
            (
                sorted(kept.filter(firing_id=one.id).values_list("session_id", flat=True)),
                one.told_at is not None,
                one.ended_at is not None,
                list(deliveries.filter(firing_id=one.id).order_by("due_at", "-event").values_list("event", flat=True)),
            )
            for one in AlertFiring.objects.for_project(self.project).order_by("began_at")
        ]


SESSIONS = st.sampled_from("abc")
STORED = st.tuples(st.just("store"), st.tuples(SESSIONS, st.integers(0, 2), st.booleans()))
LABELLED = st.tuples(st.just("label"), st.tuples(SESSIONS, st.booleans()))
WORKED = st.tuples(st.just("work"), st.tuples(st.none() | st.none() | st.integers(0, 60)))
WAITED = st.tuples(st.just("wait"), st.tuples(st.sampled_from([0, 1, 20, 31, 70, 60 * 24])))
MUTED = st.tuples(st.just("mute"), st.tuples(st.sampled_from([0, 30])))
LOST = st.tuples(st.just("lose"), st.tuples(SESSIONS, st.integers(0, 2)))


@pytest.mark.parametrize("pace", ["once", "hourly"])
@settings(max_examples=HISTORIES, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    history=st.lists(st.one_of(STORED, STORED, LABELLED, WORKED, WORKED, WAITED, MUTED, LOST), min_size=3, max_size=18)
)
def test_sessions_fire_and_end_as_a_naive_alert_says(
    organization: Organization, alice: User, monkeypatch: pytest.MonkeyPatch, pace: str,
    history: list[tuple[str, tuple[Any, ...]]],
) -> None:  # fmt: skip
    world = World(organization)
    with monkeypatch.context() as patched:
        patched.setattr(timezone, "now", lambda: world.now)
        world.begin(alice, pace)
        for name, arguments in history:
            getattr(world, name)(*arguments)
            world.now += timedelta(seconds=11)
        for _ in range(2):  # whoever waits for the hour is told
            world.wait(61)
            world.work(None)
        world.check()


@dataclass
class NaiveNumber:
    """An alert that counts all sessions of its window at every look."""

    state: str = "ok"
    good_since: datetime | None = None
    firings: list[dict[str, Any]] = field(default_factory=list)

    def look(self, began: dict[str, tuple[datetime, bool]], at: datetime) -> None:
        for firing in self.firings:
            if firing["told"] is None and firing["at"] + timedelta(seconds=10) <= at:
                firing["told"] = not firing["over"]
        measured = {one: bad for one, (when, bad) in began.items() if at - HOUR < when <= at}
        share = Decimal(sum(measured.values())) / len(measured) if len(measured) >= 2 else None
        if self.state != "firing":
            if share is not None and share > BOUND:
                bad = sorted(one for one, is_bad in measured.items() if is_bad)
                self.firings.append({"at": at, "sessions": bad, "share": share, "over": None, "told": None})
                self.state, self.good_since = "firing", None
            else:
                self.state = "no data" if share is None else "ok"
        elif share is not None and share > GOOD:
            self.good_since = None
        else:
            self.good_since = self.good_since or at
            if at - self.good_since >= RECOVERY:
                self.firings[-1]["over"] = at
                self.state, self.good_since = "no data" if share is None else "ok", None


BOUND, GOOD, RECOVERY = Decimal("0.5"), Decimal("0.4"), timedelta(minutes=10)
NUMBER_EVENTS = st.one_of(
    st.tuples(st.sampled_from(["fine", "bad", "bad"]), st.integers(0, 5)),
    st.tuples(st.sampled_from(["fine", "bad", "bad"]), st.integers(0, 5)),
    st.tuples(st.just("wait"), st.sampled_from([1, 4, 11, 40])),
)


@settings(max_examples=HISTORIES, deadline=None, suppress_health_check=list(HealthCheck))
@given(history=st.lists(NUMBER_EVENTS, min_size=4, max_size=25))
def test_a_number_fires_and_recovers_as_a_naive_one_says(
    organization: Organization, alice: User, monkeypatch: pytest.MonkeyPatch, history: list[tuple[str, int]]
) -> None:
    world, naive, began = World(organization), NaiveNumber(), {}
    with monkeypatch.context() as patched:
        patched.setattr(timezone, "now", lambda: world.now)
        alert = an_alert(
            world.project, alice, "has:error", kind="crosses", measure="share", bound=BOUND, recovery_bound=GOOD,
            least_sessions=2, recovery_minutes=10, window_minutes=60,
        )  # fmt: skip
        for name, number in history:
            if name == "wait":
                world.wait(number)
            else:  # the later ones of a session come late: it began when its first did
                world.store(f"s{number}", 0, name == "bad")
                when, was_bad = began.get(f"s{number}", (world.now, False))
                began[f"s{number}"] = (when, was_bad or name == "bad")
            world.now += timedelta(seconds=31)
            work(world.project)
            naive.look(began, world.now)

    kept = AlertFiringSession.objects.for_project(world.project)
    rows = AlertFiring.objects.for_project(world.project).order_by("began_at")
    found = [(one.began_at, one.ended_at, one.value, one.told_at is not None,
              sorted(kept.filter(firing_id=one.id).values_list("session_id", flat=True))) for one in rows]  # fmt: skip
    places = Decimal("1e-9")
    assert found == [
        (one["at"], one["over"], one["share"].quantize(places), bool(one["told"]), one["sessions"])
        for one in naive.firings
    ]
    assert Alert.objects.for_project(world.project).get(id=alert.id).state == naive.state
