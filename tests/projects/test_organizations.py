"""Organizations and projects: founded, renamed, archived, deleted for good."""

import time
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from projects import deletion
from projects.models import AuditEvent, Membership, Organization, Project, ProjectDeletion, Role, User
from projects.sqlguard import tenant_tables
from projects.tasks import deletions
from sessions.rollup.session_rows import recompute
from tests.tracing.reports import in_session, span
from tracing.ingest.pipeline import ingest
from tracing.models import Span, Trace
from tracing.records import SpanRecord


def age(project: Project) -> None:
    """Lets the time pass in which a late request could still write."""
    ProjectDeletion.objects.filter(project_id=project.pk).update(requested_at=timezone.now() - timedelta(minutes=5))


def spoken(trace_id: str) -> SpanRecord:
    return span(trace_id, "a", input="hello", claims=in_session("s"))


def test_whoever_founds_an_organization_owns_it(client: Client, charlie: User) -> None:
    client.force_login(charlie)

    client.post(reverse("organization-create"), {"name": "Initech"})

    assert Membership.objects.get(user=charlie, organization__name="Initech").role == Role.OWNER


def test_every_organization_of_a_person_is_one_click_away(
    as_alice: Client, alice: User, organization: Organization
) -> None:
    second = Organization.objects.create(name="Initech")
    second.memberships.create(user=alice, role=Role.VIEWER)

    html = as_alice.get(reverse("organizations")).content.decode()

    for one in (organization, second):
        assert f'href="{reverse("organization", args=[one.pk])}"' in html


def test_a_project_is_created_and_its_setup_comes_next(as_alice: Client, organization: Organization) -> None:
    answer = as_alice.post(reverse("project-create", args=[organization.pk]), {"name": "Sales"})

    project = organization.projects.get(name="Sales")
    assert answer["Location"] == reverse("setup", args=[project.pk])


def test_two_projects_of_an_organization_cannot_share_a_name(as_alice: Client, project: Project) -> None:
    organization = project.organization
    answer = as_alice.post(reverse("project-create", args=[organization.pk]), {"name": project.name})
    assert answer.status_code == 400

    other = organization.projects.create(name="Sales")
    answer = as_alice.post(reverse("project-rename", args=[other.pk]), {"name": project.name})
    assert answer.status_code == 400
    assert "has this name" in answer.content.decode()


def test_a_project_is_archived_and_restored(as_alice: Client, project: Project) -> None:
    as_alice.post(reverse("project-archive", args=[project.pk]))
    project.refresh_from_db()
    assert project.archived_at is not None

    as_alice.post(reverse("project-archive", args=[project.pk]))
    project.refresh_from_db()
    assert project.archived_at is None


def test_whoever_deletes_a_project_reads_how_much_goes(
    as_alice: Client, as_dana: Client, project: Project, other_project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = reverse("project-settings", args=[project.pk])
    ingest(project.pk, [spoken("t0"), spoken("t1"), span("t1", "b", claims=in_session("s"))])
    ingest(other_project.pk, [spoken("t2")])
    recompute(project.pk, ["s"])

    assert "1 session, 2 traces and 3 spans" in as_alice.get(page).content.decode()
    assert "2 traces" not in as_dana.get(page).content.decode(), "an admin cannot delete it"

    monkeypatch.setattr("sessions.deletion.contents.MAX_COUNTED_ROWS", 1)
    assert "1 session, 1+ traces and 1+ spans" in as_alice.get(page).content.decode()


def test_a_project_is_deleted_only_when_its_name_is_typed(as_alice: Client, project: Project) -> None:
    answer = as_alice.post(reverse("project-delete", args=[project.pk]), {"confirm": "support"})

    assert answer.status_code == 400
    project.refresh_from_db()
    assert project.deleted_at is None


def test_a_deleted_project_is_closed_at_once_and_then_gone_with_every_row(
    as_alice: Client, project: Project, other_project: Project
) -> None:
    for one in (project, other_project):
        ingest(one.pk, [spoken(f"t{number}") for number in range(3)])

    as_alice.post(reverse("project-delete", args=[project.pk]), {"confirm": project.name})
    assert as_alice.get(reverse("project-settings", args=[project.pk])).status_code == 404
    age(project)
    deletion.proceed(project.pk)

    assert not Project.objects.filter(pk=project.pk).exists()
    assert not Trace.objects.for_project(project).exists()
    assert not Span.objects.for_project(project).exists()
    assert Trace.objects.for_project(other_project).count() == 3
    receipt = ProjectDeletion.objects.get(project_id=project.pk)
    assert receipt.row_count == receipt.expected_rows
    assert receipt.deleted_rows["trace"] == 3
    assert receipt.finished_at is not None


def test_no_tenant_table_keeps_a_row_of_a_deleted_project(as_alice: Client, project: Project) -> None:
    ingest(project.pk, [spoken("t")])
    deletion.begin(project, by=User.objects.get(email="alice@example.com"))
    age(project)
    deletion.proceed(project.pk)

    with connection.cursor() as cursor:
        for table in sorted(tenant_tables()):
            cursor.execute(f"SELECT count(*) FROM {table} WHERE project_id = %s", [project.pk])
            assert cursor.fetchone() == (0,), table


def test_a_deletion_goes_on_in_batches_and_after_a_kill(
    project: Project, alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    ingest(project.pk, [spoken(f"t{number}") for number in range(7)])
    monkeypatch.setattr(deletion, "ROWS_AT_ONCE", 2)
    deletion.begin(project, by=alice)
    deletion._delete_some(Trace, project.pk)  # a worker that was killed before it could count
    assert Trace.objects.for_project(project).count() == 5

    deletion.proceed(project.pk)

    assert not Trace.objects.for_project(project).exists()


def test_a_deletion_takes_some_rows_a_slice_and_other_projects_their_turn(
    project: Project, alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    ingest(project.pk, [spoken(f"t{number}") for number in range(7)])
    monkeypatch.setattr(deletion, "ROWS_AT_ONCE", 2)
    deletion.begin(project, by=alice)
    age(project)

    slices = 1
    while deletions.work(project.pk, time.monotonic()):
        slices += 1

    receipt = ProjectDeletion.objects.get(project_id=project.pk)
    assert slices > 7
    assert receipt.row_count == receipt.expected_rows
    assert receipt.finished_at
    assert not Project.objects.filter(pk=project.pk).exists()


def test_the_project_stays_closed_until_no_request_can_still_be_writing(project: Project, alice: User) -> None:
    deletion.begin(project, by=alice)
    deletion.proceed(project.pk)
    assert Project.objects.filter(pk=project.pk).exists()

    ingest(project.pk, [spoken("late")])  # it had passed the door before
    age(project)
    deletion.proceed(project.pk)

    assert not Trace.objects.for_project(project).exists()
    assert not Project.objects.filter(pk=project.pk).exists()


def test_only_an_owner_deletes(as_dana: Client, project: Project) -> None:
    answer = as_dana.post(reverse("project-delete", args=[project.pk]), {"confirm": project.name})
    assert answer.status_code == 403
    answer = as_dana.post(reverse("organization-delete", args=[project.organization_id]), {"confirm": "Acme"})
    assert answer.status_code == 403


def test_a_deleted_organization_goes_with_its_last_project(as_alice: Client, project: Project) -> None:
    organization = project.organization
    as_alice.post(reverse("organization-delete", args=[organization.pk]), {"confirm": organization.name})
    assert as_alice.get(reverse("organization", args=[organization.pk])).status_code == 404
    age(project)
    deletion.proceed(project.pk)

    assert not Organization.objects.filter(pk=organization.pk).exists()
    assert AuditEvent.objects.filter(organization_id=organization.pk, action="organization deleted").exists()


def test_the_progress_of_a_deletion_is_visible(as_alice: Client, project: Project) -> None:
    page = reverse("organization", args=[project.organization_id])
    ingest(project.pk, [spoken("t")])
    as_alice.post(reverse("project-delete", args=[project.pk]), {"confirm": project.name})
    assert "Waiting for the worker" in as_alice.get(page).content.decode()

    deletion.proceed(project.pk)
    assert "<progress" in as_alice.get(page).content.decode()

    age(project)
    deletion.proceed(project.pk)
    assert "Gone" in as_alice.get(page).content.decode()
