"""What people say of a session, who is next to it, and how it grows while somebody looks."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from projects.models import Project, Role, User
from sessions.deletion import erasing
from sessions.models import SessionState
from sessions.replay import neighbours as finding_neighbours
from sessions.rollup.session_rows import recompute
from tests.conversations import TICKET, tell, window_of
from tests.tracing.reports import call, in_session
from tracing.ingest.pipeline import ingest

FRAGMENT = {"HX-Request": "true"}


@pytest.fixture
def alices(client: Client, alice: User) -> Client:
    client.force_login(alice)
    return client


def page_of(project: Project, session_id: str = "ticket-1") -> str:
    return reverse("session", args=[project.pk, session_id])


def state_url(project: Project, session_id: str = "ticket-1") -> str:
    return reverse("session-state", args=[project.pk, session_id])


def test_title_note_and_bookmark_stay_whatever_is_recomputed(alices: Client, project: Project) -> None:
    tell(project, "ticket-1")

    alices.post(state_url(project), {"title": "The late order", "note": "Ask DHL."})
    alices.post(state_url(project), {"bookmark": "1"})
    recompute(project.pk, ["ticket-1"])

    html = alices.get(page_of(project)).content.decode()
    assert "The late order</h1>" in html
    assert "Ask DHL." in html
    assert 'aria-pressed="true"' in html
    state = SessionState.objects.for_project(project).get()
    assert (state.title, state.note, state.is_bookmarked) == ("The late order", "Ask DHL.", True)
    assert state.updated_by == "alice@example.com"


def test_a_bookmark_is_taken_back_and_a_title_too_long_is_refused(alices: Client, project: Project) -> None:
    tell(project, "ticket-1")
    alices.post(state_url(project), {"bookmark": "1"})

    alices.post(state_url(project), {"bookmark": "0"})
    refused = alices.post(state_url(project), {"title": "t" * 201, "note": "kept"})

    assert not SessionState.objects.for_project(project).get().is_bookmarked
    assert refused.status_code == 400
    assert "kept" in refused.content.decode()


def test_what_was_said_goes_with_the_session(alices: Client, project: Project) -> None:
    tell(project, "ticket-1")
    alices.post(state_url(project), {"note": "private"})

    erasing.delete_session(project.pk, "ticket-1")

    assert not SessionState.objects.for_project(project).exists()
    assert alices.post(state_url(project), {"note": "again"}).status_code == 404


def test_viewers_read_and_do_not_write(client: Client, project: Project) -> None:
    tell(project, "ticket-1")
    viewer = User.objects.create_user("viewer@example.com", "correct horse battery")
    project.organization.memberships.create(user=viewer, role=Role.VIEWER)
    client.force_login(viewer)

    assert client.post(state_url(project), {"bookmark": "1"}).status_code == 403
    assert "Add title or note" not in client.get(page_of(project)).content.decode()


def test_a_title_in_a_traces_metadata_is_shown_until_somebody_writes_another(alices: Client, project: Project) -> None:
    ingest(project.pk, [call("t", "a", claims=in_session("ticket-1", metadata={"session_title": "Late  order"}))])
    recompute(project.pk, ["ticket-1"])

    given = alices.get(page_of(project)).context["saying"].title
    alices.post(state_url(project), {"title": "Very late order"})

    assert given == "Late order"
    assert alices.get(page_of(project)).context["saying"].title == "Very late order"


def test_a_session_is_active_until_it_has_been_quiet(alices: Client, project: Project) -> None:
    now = timezone.now()
    for session_id, ago in (("busy", timedelta(seconds=20)), ("quiet", timedelta(minutes=20))):
        times: dict[str, Any] = {"started_at": now - ago, "ended_at": now - ago}
        ingest(project.pk, [call(session_id, "a", claims=in_session(session_id), **times)])
    recompute(project.pk, ["busy", "quiet"])

    assert alices.get(page_of(project, "busy")).context["saying"].is_active
    assert not alices.get(page_of(project, "quiet")).context["saying"].is_active


def test_a_project_says_itself_when_its_sessions_are_idle(alices: Client, project: Project) -> None:
    ended = timezone.now() - timedelta(minutes=20)
    ingest(project.pk, [call("t", "a", claims=in_session("slow"), started_at=ended, ended_at=ended)])
    recompute(project.pk, ["slow"])
    settings, sessions = (reverse(name, args=[project.pk]) for name in ("project-rename", "sessions"))

    def found(query: str) -> int:
        return alices.get(sessions, {"q": query}).context["listing"].matching.count()

    before = alices.get(page_of(project, "slow")).context["saying"].is_active, found("is:active"), found("is:idle")
    assert alices.post(settings, {"name": "Support", "session_quiet_minutes": "60"}).status_code == 302
    after = alices.get(page_of(project, "slow")).context["saying"].is_active, found("is:active"), found("is:idle")
    assert alices.post(settings, {"name": "Help desk"}).status_code == 302  # an older page, which only renames
    project.refresh_from_db()

    assert before == (False, 0, 1)
    assert after == (True, 1, 0)
    assert project.session_quiet_minutes == 60
    assert alices.post(settings, {"name": "Support", "session_quiet_minutes": "0"}).status_code == 400
    assert alices.post(settings, {"name": "Support", "session_quiet_minutes": ""}).status_code == 302
    project.refresh_from_db()
    assert project.session_quiet_minutes is None


def test_neighbours_are_those_of_the_list_one_came_from(alices: Client, project: Project) -> None:
    for number, user_id in enumerate(("ana", "ben", "ana", "ana")):
        tell(project, f"ticket-{number}", TICKET[:1], user_id=user_id)

    neighbours = alices.get(page_of(project, "ticket-2"), {"in": "user_ids=ana&sort=id"}).context["page"].neighbours
    first = alices.get(page_of(project, "ticket-0"), {"in": "user_ids=ana&sort=id"}).context["page"].neighbours
    wrong = alices.get(page_of(project, "ticket-0"), {"in": "nonsense=1"})

    assert (neighbours.previous, neighbours.next) == ("ticket-0", "ticket-3")
    assert (first.previous, first.next) == (None, "ticket-2")
    assert (first.place, neighbours.place) == ("1 of 3", "2 of 3")
    assert wrong.status_code == 200


def test_a_place_is_told_only_where_the_list_has_one(
    alices: Client, project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(4):
        tell(project, f"ticket-{number}", TICKET[:1], user_id="ana" if number else "ben")

    def place(session_id: str, query: str) -> str:
        page = alices.get(page_of(project, session_id), {"in": query})
        shown = str(page.context["page"].neighbours.place)
        assert ("Its place in the list" in page.content.decode()) == bool(shown)
        return shown

    assert place("ticket-3", "sort=-id") == "1 of 4"
    assert place("ticket-0", "user_ids=ana") == ""
    assert place("ticket-1", "") == ""
    monkeypatch.setattr(finding_neighbours, "MAX_PLACED_SESSIONS", 2)
    assert place("ticket-1", "sort=id") == "2 of 4+"
    assert place("ticket-3", "sort=id") == ""


def test_a_session_that_grows_sends_what_is_new(alices: Client, project: Project) -> None:
    tell(project, "ticket-1", TICKET[:1])
    page = window_of(alices.get(page_of(project)))
    query = {"live": str(page.last), "seen": page.turns[-1].trace.updated_at.isoformat()}
    unchanged = alices.get(page_of(project), query, headers=FRAGMENT)

    tell(project, "ticket-1", TICKET)
    grown = alices.get(page_of(project), query, headers=FRAGMENT)

    assert unchanged.status_code == 204
    assert [turn.number for turn in window_of(grown).turns] == [2]
    assert 'hx-swap-oob="beforebegin:#waiting"' in grown.content.decode()
    assert 'id="facts" hx-swap-oob="true"' in grown.content.decode()
