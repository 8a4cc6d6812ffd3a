"""A number crosses a bound, stays, recovers, or has no data."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from projects.models import Project, User
from sessions.alerts import measuring
from sessions.alerts.refusals import AlertRefused
from sessions.models import Alert, AlertFiring, AlertFiringSession
from tests.sessions.alerts.watched import an_alert
from tests.sessions.rows import session

NOW = timezone.now().replace(microsecond=0)


def a_number(project: Project, by: User, **fields: Any) -> Alert:
    given = {"measure": "share", "bound": Decimal("0.05"), "least_sessions": 4, "recovery_minutes": 10}
    return an_alert(project, by, fields.pop("query", "has:error"), kind="crosses", **given | fields)


def began(project: Project, session_id: str, minutes_ago: float, **fields: Any) -> None:
    start = NOW - timedelta(minutes=minutes_ago)
    session(project, session_id, created_at=start, updated_at=start + timedelta(seconds=30), **fields)


def check(project: Project, alert: Alert, minutes: float = 0) -> Alert:
    """Look at the number so many minutes from now, and return the alert."""
    measuring.check(project, Alert.objects.for_project(project).get(id=alert.id), NOW + timedelta(minutes=minutes))
    return Alert.objects.for_project(project).get(id=alert.id)


def test_a_share_above_its_bound_fires_with_its_sessions(project: Project, alice: User) -> None:
    alert = a_number(project, alice)
    for number in range(10):
        began(project, f"s{number}", 10 + number, error_count=1 if number < 2 else 0)
    began(project, "long ago", 100, error_count=1)

    alert = check(project, alert)

    assert (alert.state, alert.value, alert.session_count) == ("firing", Decimal("0.2"), 10)
    firing = AlertFiring.objects.for_project(project).get()
    kept = AlertFiringSession.objects.for_project(project).filter(firing_id=firing.id)
    assert set(kept.values_list("session_id", flat=True)) == {"s0", "s1"}
    assert (firing.session_count, firing.measured_count) == (2, 10)
    check(project, alert)
    assert AlertFiring.objects.for_project(project).count() == 1


def test_a_number_recovers_after_its_time_and_not_by_swinging(project: Project, alice: User) -> None:
    alert = a_number(project, alice, window_minutes=60, recovery_bound=Decimal("0.04"))
    for number in range(4):
        began(project, f"s{number}", 1, error_count=1)
    assert check(project, alert).state == "firing"

    assert check(project, alert, 62).state == "firing"  # no data is no reason to fire on, but not over at once either
    assert check(project, alert, 70).good_since is not None
    alert = check(project, alert, 73)
    assert alert.state == "no data"
    assert AlertFiring.objects.for_project(project).get().ended_at == NOW + timedelta(minutes=73)


def test_too_few_sessions_are_no_data(project: Project, alice: User) -> None:
    alert = a_number(project, alice)
    for number in range(3):
        began(project, f"s{number}", 5, error_count=1)
    alert = check(project, alert)
    assert (alert.state, alert.value) == ("no data", None)
    assert not AlertFiring.objects.for_project(project).exists()


@pytest.mark.parametrize(
    ("measure", "bound", "value"),
    [
        ("sessions", "3", "4"),
        ("cost", "5", "10"),
        ("cost-each", "2", "2.5"),
        ("tokens", "50", "100"),
        ("p95", "1000", "3850"),
        ("errors", "1", "2"),
        ("error-rate", "0.4", "0.5"),
    ],
)
def test_measures_of_the_dashboard_are_measured(
    project: Project, alice: User, measure: str, bound: str, value: str
) -> None:
    alert = a_number(project, alice, query="", measure=measure, bound=Decimal(bound))
    for number in range(4):
        began(
            project, f"s{number}", 5, error_count=number % 2, total_cost=Decimal(number + 1), total_tokens=25,
            duration_ms=1000 * (number + 1),
        )  # fmt: skip
    alert = check(project, alert)
    assert (alert.state, alert.value) == ("firing", Decimal(value))


def test_a_change_to_the_window_before(project: Project, alice: User) -> None:
    alert = a_number(project, alice, query="", measure="cost", bound=Decimal("0.4"), is_relative=True)
    for number in range(4):
        began(project, f"before{number}", 90, total_cost=Decimal(1))
        began(project, f"now{number}", 30, total_cost=Decimal("1.5"))
    alert = check(project, alert)
    assert (alert.state, alert.value) == ("firing", Decimal("0.5"))


def test_a_cost_of_which_a_part_is_unknown_is_not_below_a_bound(project: Project, alice: User) -> None:
    alert = a_number(project, alice, query="", measure="cost", bound=Decimal(5), is_above=False)
    for number in range(4):
        began(project, f"s{number}", 5, total_cost=Decimal(1), unpriced_count=1)
    assert check(project, alert).state == "no data"


def test_a_late_failure_moves_the_number(project: Project, alice: User) -> None:
    alert = a_number(project, alice)
    for number in range(10):
        began(project, f"s{number}", 10)
    assert check(project, alert).state == "ok"
    from sessions.models import Session

    Session.objects.for_project(project).filter(session_id="s1").update(error_count=1)
    assert check(project, alert).state == "firing"


def test_a_number_alert_needs_a_bound_and_a_known_measure(project: Project, alice: User) -> None:
    with pytest.raises(AlertRefused, match="bound is missing"):
        a_number(project, alice, bound=None)
    with pytest.raises(AlertRefused, match="no measure"):
        a_number(project, alice, measure="happiness")


def test_the_form_reads_bounds_in_the_unit_of_the_measure(client: Client, project: Project, alice: User) -> None:
    client.force_login(alice)
    given = {
        "name": "Slow", "query": "", "among": "", "measure": "p95", "window_minutes": 60, "side": "above",
        "against": "value", "bound": "30s", "least_sessions": 20, "recovery_minutes": 15, "pace": "once",
        "from_hour": 0, "until_hour": 24, "is_on": "on",
    }  # fmt: skip
    answer = client.post(f"/project/{project.pk}/alerts/new?kind=crosses", given)
    assert answer.status_code == 302, answer.context["form"].errors
    alert = Alert.objects.for_project(project).get()
    assert alert.bound == 30_000
    assert 'value="30s"' in client.get(f"/project/{project.pk}/alerts/{alert.id}").content.decode()
    assert "p95 duration of all sessions" in client.get(f"/project/{project.pk}/alerts").content.decode()
