"""A session enters what an alert watches: by its traces, its scores, its labels, or by falling idle."""

from datetime import timedelta

import psycopg
import pytest
from django.db import connection
from django.http import QueryDict
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from projects.models import Project, User
from sessions.alerts import making, watching
from sessions.alerts.refusals import AlertRefused
from sessions.alerts.watching import REENTRY_REST
from sessions.annotation import comments
from sessions.conversations import states
from sessions.listing.wording import conditions_in_words
from sessions.models import Alert, AlertFiring, AlertMember, Session, SessionState
from sessions.query.compiling import compiled
from sessions.rollup.session_rows import recompute
from sessions.search.index import index_waiting
from tests.sessions.alerts.watched import an_alert, everybody_fired, fired, later, look, store, work
from tracing.models import DirtyMark, Trace


def test_a_session_that_enters_fires_once_and_never_again_while_it_stays(project: Project, alice: User) -> None:
    alert = an_alert(project, alice)
    store(project, "fine")
    look(project)
    assert fired(project, alert) == []

    store(project, "bad", fails=True)
    look(project)
    store(project, "bad", "another trace")
    look(project)

    assert fired(project, alert) == [{"bad"}]
    assert not DirtyMark.objects.for_project(project).filter(target="watch").exists()


def test_a_late_trace_moves_a_session_into_the_query(project: Project, alice: User) -> None:
    alert = an_alert(project, alice, "errors >= 2")
    store(project, "s", fails=True)
    look(project)
    assert fired(project, alert) == []

    store(project, "s", "a late trace", fails=True)
    look(project)

    assert fired(project, alert) == [{"s"}]


def test_sessions_of_before_do_not_fire_but_those_that_change_into_it_do(project: Project, alice: User) -> None:
    store(project, "old and bad", fails=True)
    store(project, "old and fine")
    alert = an_alert(project, alice)
    assert alert.is_known

    store(project, "old and bad", "t2", fails=True)
    store(project, "old and fine", "t3", fails=True)
    look(project)

    assert everybody_fired(project, alert) == {"old and fine"}


def test_a_session_that_leaves_ends_its_firing_and_may_fire_again_after_a_rest(project: Project, alice: User) -> None:
    alert = an_alert(project, alice, "label:vip")
    store(project, "s")
    states.edit_states(project.pk, ["s"], states.labelling("vip"), by=alice.email)
    look(project)
    states.edit_states(project.pk, ["s"], states.unlabelling("vip"), by=alice.email)
    look(project)
    firing = AlertFiring.objects.for_project(project).get()
    assert firing.ended_at is not None

    states.edit_states(project.pk, ["s"], states.labelling("vip"), by=alice.email)
    look(project)
    assert fired(project, alert) == [{"s"}]  # it was out for a moment only
    assert AlertFiring.objects.for_project(project).get().ended_at is None

    states.edit_states(project.pk, ["s"], states.unlabelling("vip"), by=alice.email)
    look(project)
    later(project, alert, REENTRY_REST + timedelta(seconds=1))
    AlertFiring.objects.for_project(project).update(told_at=timezone.now())
    states.edit_states(project.pk, ["s"], states.labelling("vip"), by=alice.email)
    look(project)
    assert fired(project, alert) == [{"s"}, {"s"}]


def test_comments_and_words_are_watched(project: Project, alice: User) -> None:
    commented, said = an_alert(project, alice, "has:comment"), an_alert(project, alice, '"hello there"')
    store(project, "s")
    look(project)
    comments.add(project, "SESSION", "s", "look at this", by=alice)
    look(project)
    assert everybody_fired(project, commented) == {"s"}

    from tests.conversations import tell

    tell(project, "talk", [("Well, hello there.", "Hello.")])
    look(project)
    assert fired(project, said) == []
    index_waiting(project.pk, waited=timedelta())
    look(project)
    assert fired(project, said) == [{"talk"}]


def test_a_session_that_falls_idle_enters_without_any_report(project: Project, alice: User) -> None:
    alert = an_alert(project, alice, "is:idle")
    store(project, "s")
    work(project)
    assert fired(project, alert) == []

    ago = project.quiet_time + timedelta(minutes=1)
    Session.objects.for_project(project).update(updated_at=timezone.now() - ago)
    Alert.objects.for_project(project).update(checked_at=timezone.now() - ago, idle_until=timezone.now() - 2 * ago)
    work(project)

    assert fired(project, alert) == [{"s"}]


def test_sessions_that_enter_together_are_one_firing(project: Project, alice: User) -> None:
    alert = an_alert(project, alice)
    for number in range(3):
        store(project, f"s{number}", fails=True)
        look(project)

    assert fired(project, alert) == [{"s0", "s1", "s2"}]
    assert AlertFiring.objects.for_project(project).get().session_count == 3


def test_the_list_shows_exactly_the_sessions_of_a_firing(client: Client, project: Project, alice: User) -> None:
    an_alert(project, alice)
    store(project, "bad", fails=True)
    look(project)
    store(project, "later", fails=True)
    firing = AlertFiring.objects.for_project(project).get()
    client.force_login(alice)

    page = client.get(f"/project/{project.pk}/sessions", {"firing": str(firing.id)})

    assert [row.session_id for row in page.context["listing"].rows] == ["bad"]
    assert [found.value for found in conditions_in_words(QueryDict(f"firing={firing.id}"))] == ["reported by an alert"]


def test_deleted_sessions_leave_no_trace_in_alerts(project: Project, alice: User) -> None:
    alert = an_alert(project, alice)
    store(project, "bad", fails=True)
    look(project)
    Trace.objects.for_project(project).delete()

    recompute(project.pk, ["bad"])
    look(project)

    assert not AlertMember.objects.for_project(project).exists()
    assert fired(project, alert) == [set()]
    assert AlertFiring.objects.for_project(project).get().ended_at is not None


@pytest.mark.parametrize(
    ("query", "reason"),
    [
        ("started > -3d", "only because time passes"),
        ("started:today", "only because time passes"),
        ("is:idle updated > -3d", "only because time passes"),
        ("colour:red", "no property"),
        ("cost >", "missing"),
    ],
)
def test_a_query_that_cannot_be_watched_is_refused(project: Project, alice: User, query: str, reason: str) -> None:
    with pytest.raises(AlertRefused, match=reason):
        making.create(project, {"name": "a", "kind": "enters", "query": query}, by=alice)


@pytest.mark.parametrize("query", ["", "started > 2026-01-01", "is:idle -has:error", "trace(span(level:error))"])
def test_a_query_that_depends_on_sessions_alone_is_watched(project: Project, alice: User, query: str) -> None:
    assert making.create(project, {"name": "a", "kind": "enters", "query": query}, by=alice).is_on


def test_a_project_without_alerts_marks_nothing(project: Project, alice: User) -> None:
    store(project, "s")
    assert not DirtyMark.objects.for_project(project).filter(target="watch").exists()

    alert = an_alert(project, alice)
    making.change(project, alert, {"is_on": False}, by=alice)
    store(project, "s", "t2")
    assert not DirtyMark.objects.for_project(project).filter(target="watch").exists()


def test_a_changed_query_is_watched_anew(project: Project, alice: User) -> None:
    alert = an_alert(project, alice, "label:vip")
    store(project, "s", fails=True)
    look(project)

    making.change(project, alert, {"query": "has:error"}, by=alice)

    store(project, "s", "t2", fails=True)
    look(project)
    assert fired(project, alert) == [{"s"}]  # it changed before it was known: rather heard twice than never


class TestRules:
    def test_what_enters_is_queued_labelled_and_assigned(self, project: Project, alice: User) -> None:
        actions = [
            {"action": "label", "argument": "check"},
            {"action": "assign", "argument": alice.email},
            {"action": "bookmark"},
        ]
        an_alert(project, alice, actions=actions, name="Failures")
        store(project, "bad", fails=True)
        look(project)

        state = SessionState.objects.for_project(project).get()
        assert (state.labels, state.assignee_id, state.is_bookmarked) == (["check"], alice.pk, True)
        assert state.updated_by == "rule Failures"

    def test_two_rules_that_undo_each_other_come_to_rest(self, project: Project, alice: User) -> None:
        opening = an_alert(
            project, alice, "status:resolved", actions=[{"action": "status", "argument": "open"}], name="Reopen"
        )
        closing = an_alert(
            project, alice, "status:open", actions=[{"action": "status", "argument": "resolved"}], name="Close"
        )
        store(project, "s")
        states.edit_states(project.pk, ["s"], states.setting(status="open"), by=alice.email)

        for _ in range(5):
            look(project)

        assert SessionState.objects.for_project(project).get().status == "resolved"
        assert fired(project, closing) == [{"s"}]
        assert fired(project, opening) == [{"s"}]  # an alert tells what a rule did, but no rule acts on it

    def test_a_share_is_drawn_by_the_ids(self, project: Project, alice: User) -> None:
        an_alert(project, alice, actions=[{"action": "bookmark", "share": 20}])
        for number in range(60):
            store(project, f"s{number}", fails=True)
        look(project)
        first = set(SessionState.objects.for_project(project).values_list("session_id", flat=True))
        assert 3 <= len(first) <= 25

    def test_an_action_that_cannot_be_done_is_named(self, project: Project, alice: User, bob: User) -> None:
        alert = an_alert(project, alice, actions=[{"action": "assign", "argument": bob.email}])
        bob.memberships.all().delete()
        store(project, "bad", fails=True)
        look(project)

        assert fired(project, alert) == [{"bad"}]
        assert "left the organization" in Alert.objects.for_project(project).get().fault

    @pytest.mark.parametrize(
        "action", [{"action": "delete"}, {"action": "queue", "argument": "none"}, {"action": "bookmark", "share": 0}]
    )
    def test_what_a_rule_may_not_do_is_refused(self, project: Project, alice: User, action: dict[str, object]) -> None:
        with pytest.raises(AlertRefused):
            an_alert(project, alice, actions=[action])


def test_a_project_with_many_rules_gathers_what_changes_before_it_looks(
    project: Project, alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    alert = an_alert(project, alice)
    monkeypatch.setattr(watching, "FREE_RULES", 0)
    monkeypatch.setattr(watching, "REST_OF_A_RULE", timedelta(seconds=30))
    store(project, "one", fails=True)
    look(project)
    assert fired(project, alert) == []

    DirtyMark.objects.for_project(project).update(marked_at=timezone.now() - timedelta(seconds=31))
    store(project, "two", fails=True)
    look(project)

    assert fired(project, alert) == [{"one", "two"}]


class TestManyRules:
    QUERIES = (
        "has:error", "", "-has:error", "turns >= 1", "user:nobody", "label:vip", "-label:vip", "has:comment",
        "trace(span(level:error))", '"hello there"', '-"hello there"', "score.quality < 3", "has:error OR label:vip",
        "is:active", "cost > 5", "-cost:1",
    )  # fmt: skip

    def test_each_query_is_met_by_the_sessions_that_it_finds_by_itself(self, project: Project, alice: User) -> None:
        from tests.conversations import tell

        asked = [an_alert(project, alice, query) for query in self.QUERIES]
        store(project, "bad", fails=True)
        tell(project, "talk", [("Well, hello there.", "Hello.")])
        index_waiting(project.pk, waited=timedelta())
        for session_id in ("bad", "talk"):
            states.edit_states(project.pk, [session_id], states.labelling("vip"), by=alice.email)
        comments.add(project, "SESSION", "bad", "look at this", by=alice)

        found = watching.read_matches(project, asked, ["bad", "talk", "nobody's"], timezone.now())

        assert found == {
            alert: set(
                Session.objects.for_project(project)
                .filter(compiled(alert.query_text, project.pk).condition)
                .values_list("session_id", flat=True)
            )
            for alert in asked
        }

    def test_a_rule_that_takes_too_long_keeps_no_other_from_looking(
        self, project: Project, alice: User, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        slow, other = an_alert(project, alice, "has:comment"), an_alert(project, alice)
        store(project, "bad", fails=True)
        monkeypatch.setattr(watching, "WATCH_TIMEOUT_MS", 200)

        with psycopg.connect(**connection.get_connection_params() | {"cursor_factory": None}) as busy:
            busy.execute("LOCK TABLE comment IN ACCESS EXCLUSIVE MODE NOWAIT")
            look(project)

        assert fired(project, other) == [{"bad"}]
        slow.refresh_from_db(from_queryset=Alert.objects.for_project(project))
        assert (slow.fault, slow.missed_count) == (watching.TOO_SLOW, 1)

    def test_so_many_rules_are_two_statements(self, project: Project, alice: User) -> None:
        asked = [an_alert(project, alice, query) for query in self.QUERIES]
        with CaptureQueriesContext(connection) as seen:
            watching.read_matches(project, asked, ["bad"], timezone.now())
        assert sum('FROM "session"' in one["sql"] for one in seen) == 2
