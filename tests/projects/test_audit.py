"""The audit log: only ever added to, filtered, exported, and free of secrets."""

import csv
from datetime import timedelta

import pytest
from django.db import DatabaseError, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from projects.administration.reading_audit import read_event
from projects.audit import Action, Trail, record
from projects.models import ApiKey, AuditEvent, Organization, Project, User
from tests.conftest import Key
from tests.conversations import tell
from tests.downloads import body_of


def page(organization: Organization, **filters: str) -> str:
    return reverse("organization-audit", args=[organization.pk], query=filters or None)


@pytest.fixture
def event(organization: Organization, alice: User) -> AuditEvent:
    record(Action.EXPORTED, organization, actor=alice, target="everything")
    return AuditEvent.objects.get(target="everything")


def test_the_database_refuses_to_change_or_delete_what_was_recorded(event: AuditEvent) -> None:
    with pytest.raises(DatabaseError, match="only ever added"), transaction.atomic():
        AuditEvent.objects.update(actor="mallory")
    with pytest.raises(DatabaseError, match="only ever added"), transaction.atomic():
        event.delete()


def test_it_says_who_did_what_to_what_and_from_where(as_alice: Client, project: Project) -> None:
    as_alice.post(reverse("project-rename", args=[project.pk]), {"name": "Help desk"})

    html = as_alice.get(page(project.organization)).content.decode()
    for text in ("alice@example.com", "Project changed", "Help desk", "127.0.0.1", "name was Support"):
        assert text in html


def test_what_is_said_of_a_session_is_recorded_with_where_it_came_from(as_alice: Client, project: Project) -> None:
    tell(project, "ticket-1")
    as_alice.post(reverse("annotate", args=[project.pk, "session", "ticket-1"]), {"thumb": "0"})
    as_alice.post(reverse("comment-new", args=[project.pk, "session", "ticket-1"]), {"content": "Too late."})

    events = AuditEvent.objects.filter(action__in=[Action.SCORE_GIVEN, Action.COMMENTED])
    assert sorted(events.values_list("action", "ip")) == [("commented", "127.0.0.1"), ("score given", "127.0.0.1")]


def test_a_keys_deeds_carry_its_public_key(project: Project, key: Key) -> None:
    record(Action.TRACE_DELETED, project, actor=ApiKey.objects.get(public_key=key.public), target="t1")

    event = AuditEvent.objects.get(target="t1")
    assert (event.actor, event.actor_id) == (f"key {key.public}", None)


def test_secrets_that_slip_in_are_masked(project: Project, key: Key, alice: User) -> None:
    record(Action.KEY_CREATED, project, actor=alice, target=key.secret, note=f"sent {key.bearer}")

    assert key.secret not in str(AuditEvent.objects.values().get())


def test_it_is_filtered_by_action_person_and_project(project: Project, alice: User, bob: User) -> None:
    organization = project.organization
    record(Action.EXPORTED, organization, actor=alice)
    record(Action.EXPORTED, project, actor=bob)
    record(Action.PROJECT_CHANGED, project, actor=bob)

    assert Trail(action="exported").events(organization).count() == 2
    assert Trail(actor="bob@").events(organization).count() == 2
    assert Trail(action="exported", project_id=project.pk).events(organization).count() == 1


def test_its_time_is_chosen_as_on_every_page(as_alice: Client, organization: Organization) -> None:
    events = [
        AuditEvent(organization_id=organization.pk, actor="x", action="exported", target=f"old {days}", at=at)
        for days, at in ((3, timezone.now() - timedelta(days=3)), (40, timezone.now() - timedelta(days=40)))
    ]
    AuditEvent.objects.bulk_create(events)

    def shown(**params: str) -> set[int]:
        html = as_alice.get(page(organization, **params)).content.decode()
        return {days for days in (3, 40) if f"old {days}" in html}

    assert shown() == {3, 40}
    assert shown(range="7d") == {3}
    assert shown(**{"from": "60 days ago", "to": "10 days ago"}) == {40}
    assert shown(range="nonsense") == {3, 40}
    html = as_alice.get(page(organization, range="7d", actor="x")).content.decode()
    assert 'name="range" value="7d"' in html, "the other filters keep the time"
    assert 'name="actor" value="x"' in html, "the time keeps the other filters"


def test_another_organizations_events_are_never_found(other_project: Project, organization: Organization) -> None:
    record(Action.EXPORTED, other_project, actor="somebody")

    assert not Trail(project_id=other_project.pk).events(organization).exists()


def test_a_filter_that_makes_no_sense_does_not_break_the_page(as_alice: Client, organization: Organization) -> None:
    address = page(organization, action="nonsense", since="soon", project="x", page="-7")

    assert as_alice.get(address).status_code == 200


def test_it_is_exported_as_csv_which_is_itself_recorded(as_alice: Client, event: AuditEvent) -> None:
    answer = as_alice.get(reverse("organization-audit-csv", args=[event.organization_id]))
    text = body_of(answer).decode()

    rows = list(csv.DictReader(text.splitlines()))
    assert [(row["actor"], row["action"]) for row in rows if row["target"] == "everything"] == [
        ("alice@example.com", "exported")
    ]
    assert AuditEvent.objects.filter(action="exported", target="audit log").exists()


def test_a_spreadsheet_runs_nothing_out_of_the_export(as_alice: Client, organization: Organization) -> None:
    record(Action.EXPORTED, organization, actor="=HYPERLINK(1)")

    answer = as_alice.get(reverse("organization-audit-csv", args=[organization.pk]))

    assert "'=HYPERLINK" in body_of(answer).decode()


def test_members_do_not_see_it(client: Client, bob: User, organization: Organization) -> None:
    client.force_login(bob)

    assert client.get(page(organization)).status_code == 403


def test_a_page_of_it_takes_the_same_queries_however_long_it_is(
    as_alice: Client, organization: Organization, alice: User, django_assert_num_queries: pytest.FixtureRequest
) -> None:
    for _ in range(2):
        for _ in range(40):
            record(Action.EXPORTED, organization, actor=alice)
        with django_assert_num_queries(8):  # type: ignore[operator]  # one for who did it
            as_alice.get(page(organization))


def test_the_csv_holds_every_event_once_however_many_share_a_moment(
    as_alice: Client, organization: Organization, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("projects.administration.views.audit.EVENTS_PER_BATCH", 7)
    moment = timezone.now()
    for number in range(40):
        event = AuditEvent(organization_id=organization.pk, actor="a", action=Action.EXPORTED, target=f"event {number}")
        event.at = moment - timedelta(seconds=number // 10)
        event.save()

    answer = as_alice.get(reverse("organization-audit-csv", args=[organization.pk]))
    rows = csv.DictReader(body_of(answer).decode().splitlines())

    targets = [row["target"] for row in rows if row["target"].startswith("event ")]
    assert sorted(targets) == sorted(f"event {number}" for number in range(40))


@pytest.mark.parametrize(
    ("details", "said"),
    [
        ({"query": "", "sessions": 3}, "sessions: 3"),
        ({"type": "CATEGORICAL"}, "type: categorical"),
        ({"value": "False"}, "value: no"),
        ({"shared": True, "default": False}, "shared: yes; default: no"),
        ({"retention_days_before": 30, "retention_days": 1000}, "retention days: 30 → 1,000"),
        ({"monthly_span_quota_before": None, "monthly_span_quota": 10}, "monthly span limit: none → 10"),
        ({"retention_days_before": None, "retention_days": None}, ""),
        ({"was": "viewer", "role": "admin"}, "role: viewer → admin"),
        ({"was": "viewer"}, "before: viewer"),
        ({"old_pair_ends": "2026-11-30 01:22:33.123456+00:00"}, "old pair ends: 30 Nov 2026, 01:22 UTC"),
    ],
)
def test_details_are_words(details: dict[str, str | int | bool | None], said: str) -> None:
    assert read_event(AuditEvent(action="bulk action", details=details), "", {}).details == said


def test_rows_name_what_they_are_about_and_lead_to_it(as_alice: Client, project: Project, alice: User) -> None:
    trace_id = "0910cd6006" + "0" * 70 + "201aa"
    record(Action.SCORE_GIVEN, project, actor=alice, target=f"trace {trace_id}", name="thumbs", value=False)

    html = as_alice.get(page(project.organization)).content.decode()

    assert f'href="{reverse("trace", args=[project.pk, trace_id])}"' in html
    assert f">{trace_id}<" not in html
    assert "trace 0910cd6006" in html
    assert "name: thumbs; value: no" in html
    assert f"<td>{project.name}</td>" in html
    assert "Score given" in html


def test_a_row_leads_nowhere_where_its_project_is_gone() -> None:
    assert read_event(AuditEvent(action="commented", target="trace t", project_id=7), "", {}).address == ""
