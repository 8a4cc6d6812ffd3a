"""What an alert would have done: the same as it does when it looks, without a trace of having been tried."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from projects.models import AuditEvent, Project, User
from sessions.alerts import making, measuring
from sessions.alerts.rehearsing import rehearse
from sessions.models import Alert, AlertFiring, Session
from tests.sessions.alerts.watched import an_alert
from tests.sessions.rows import session

NUMBER = {
    "kind": "crosses", "measure": "share", "query": "has:error", "window_minutes": 360, "bound": Decimal("0.5"),
    "least_sessions": 2, "recovery_minutes": 60,
}  # fmt: skip
FORM = {
    "query": "has:error", "measure": "share", "window_minutes": "360", "side": "above", "against": "value",
    "bound": "50", "least_sessions": "2", "recovery_minutes": "60", "pace": "once", "from_hour": "0",
    "until_hour": "24", "rehearse": "1",
}  # fmt: skip


@pytest.fixture
def week(project: Project) -> None:
    """Two sessions every hour of six days; on two of them, most fail for some hours."""
    now = timezone.now()
    for hour in range(6 * 24):
        for one in range(2):
            fails = hour in range(30, 42) or hour in range(100, 105)
            session_id = f"s{hour}-{one}"
            session(project, session_id, error_count=int(fails))
            at = now - timedelta(hours=hour, minutes=5)
            Session.objects.for_project(project).filter(session_id=session_id).update(created_at=at)


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"recovery_bound": Decimal("0.2"), "recovery_minutes": 180},
        {"is_above": False, "bound": Decimal("0.1")},
        {"is_relative": True, "is_above": False, "bound": Decimal("0.2"), "measure": "errors", "query": ""},
        {"least_sessions": 500},
    ],
)
def test_a_rehearsal_fires_and_ends_as_the_alert_does(
    project: Project, alice: User, week: None, changes: dict[str, Any]
) -> None:
    fields = NUMBER | changes
    found = rehearse(project, making.draft(project, {"name": "tried", **fields}, by=alice))
    assert Alert.objects.for_project(project).count() == AlertFiring.objects.for_project(project).count() == 0

    alert = an_alert(project, alice, **fields)
    values = []
    for place in range(len(found.values)):
        measuring.check(project, Alert.objects.for_project(project).get(id=alert.id), found.since + place * found.step)
        value = Alert.objects.for_project(project).get(id=alert.id).value
        values.append(None if value is None else float(value))
    fired = AlertFiring.objects.for_project(project).filter(alert_id=alert.id).order_by("began_at")
    last = found.since + len(found.values) * found.step
    really = [(one.began_at, one.ended_at or last) for one in fired]

    assert [(found.since + start * found.step, found.since + end * found.step) for start, end in found.fired] == really
    assert values == list(found.values)
    assert bool(found.fired) == (changes != {"least_sessions": 500})


def test_the_form_shows_it_with_and_without_a_script_and_stores_nothing(
    project: Project, alice: User, week: None
) -> None:
    page, address = Client(), reverse("alert-new", args=[project.pk]) + "?kind=crosses"
    page.force_login(alice)
    fragment = page.post(address, FORM, headers={"HX-Request": "true"}).content.decode()
    whole = page.post(address, FORM).content.decode()

    for html in (fragment, whole):
        assert "Would have fired 2 times in the last 7 days" in html
        assert "the bound is 50.0%" in html
        assert 'class="fired"' in html
    assert "<form" not in fragment
    assert 'name="bound" value="50"' in whole
    assert Alert.objects.for_project(project).count() == 0
    assert not AuditEvent.objects.filter(action__startswith="alert").exists()
    refused = page.post(address, FORM | {"query": "cost >"}, headers={"HX-Request": "true"}).content.decode()
    assert 'class="small soft" role="status"' in refused
    assert "See the last 7 days" in page.post(address, FORM | {"bound": ""}).content.decode()


def test_sessions_that_match_are_counted(project: Project, alice: User, week: None) -> None:
    page, address = Client(), reverse("alert-new", args=[project.pk])
    page.force_login(alice)
    html = page.post(address, FORM, headers={"HX-Request": "true"}).content.decode()
    assert "34 sessions of the last 7 days would have fired it." in html
    assert html.count("rule-bar") in range(4, 8)


def test_a_viewer_tries_nothing(project: Project, bob: User) -> None:
    project.organization.memberships.filter(user=bob).update(role="viewer")
    page = Client()
    page.force_login(bob)
    assert page.post(reverse("alert-new", args=[project.pk]), FORM).status_code == 403


def test_the_list_draws_on_which_days_an_alert_fired(project: Project, alice: User) -> None:
    alert = an_alert(project, alice)
    for days in (0, 0, 3):
        at = timezone.now() - timedelta(days=days)
        AlertFiring(project_id=project.pk, alert_id=alert.id, began_at=at, told_at=at).save(force_insert=True)
    page = Client()
    page.force_login(alice)
    assert page.get(reverse("alerts", args=[project.pk])).content.decode().count("rule-bar") == 2
