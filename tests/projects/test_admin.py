"""The operator's admin: it shows no secret, deletes no tenant, and reads one project's rows at a time."""

from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.test import Client
from django.urls import reverse

from projects.auth import create_key
from projects.jobs.jobs import job
from projects.models import ApiKey, Organization, Project, User
from sessions.rollup.session_rows import recompute
from tests.tracing.reports import at, call, in_session
from tracing import admin
from tracing.ingest.pipeline import ingest

pytestmark = pytest.mark.django_db


@pytest.fixture
def operator(db: None) -> User:
    return User.objects.create_superuser("operator@example.com", "correct horse battery")


@pytest.fixture
def pages(client: Client, operator: User) -> Client:
    client.force_login(operator)
    return client


@pytest.fixture
def stored(project: Project, other_project: Project) -> Project:
    ingest(project.pk, [call("t1", "a", claims=in_session("chat/1"))])
    ingest(other_project.pk, [call("theirs", "a", claims=in_session("their chat"))])
    recompute(project.pk, ["chat/1"])
    recompute(other_project.pk, ["their chat"])
    return project


def text(pages: Client, path: str, **params: Any) -> str:
    response = pages.get(path, params)
    assert response.status_code == 200, path
    return response.content.decode()


@pytest.mark.parametrize(
    "model", ["organization", "project", "user", "apikey", "membership", "invitation", "auditevent", "jobrun"]
)
def test_every_list_opens(pages: Client, project: Project, alice: User, model: str) -> None:
    create_key(project)
    text(pages, reverse(f"admin:projects_{model}_changelist"))


def test_every_row_opens(pages: Client, project: Project, alice: User) -> None:
    key, _ = create_key(project)
    for row in (project, project.organization, alice, key, alice.memberships.get()):
        text(pages, reverse(f"admin:projects_{row._meta.model_name}_change", args=[row.pk]))


def test_no_page_shows_a_secret(pages: Client, project: Project, alice: User) -> None:
    key, secret = create_key(project)
    for path in (
        reverse("admin:projects_apikey_changelist"),
        reverse("admin:projects_apikey_change", args=[key.pk]),
        reverse("admin:projects_user_change", args=[alice.pk]),
    ):
        page = text(pages, path)
        assert not any(hidden in page for hidden in (secret, key.secret_hash, alice.password))


def test_selected_keys_can_be_revoked(pages: Client, project: Project) -> None:
    key, _ = create_key(project)
    pages.post(reverse("admin:projects_apikey_changelist"), {"action": "revoke", "_selected_action": [key.pk]})
    assert ApiKey.objects.get(pk=key.pk).revoked_at


@pytest.mark.parametrize("model", ["organization", "project"])
def test_a_tenant_is_not_deleted_here(pages: Client, project: Project, model: str) -> None:
    pk = project.pk if model == "project" else project.organization_id
    assert pages.post(reverse(f"admin:projects_{model}_delete", args=[pk]), {"post": "yes"}).status_code == 403
    assert Organization.objects.filter(pk=project.organization_id).exists()


def test_a_project_is_renamed_but_never_changes_hands(pages: Client, project: Project, other_project: Project) -> None:
    path = reverse("admin:projects_project_change", args=[project.pk])
    given = {"name": "Renamed", "organization": other_project.organization_id, "time_zone": "Europe/Lisbon"}
    assert pages.post(path, given | {"time_zone": "Lisbon time"}).status_code == 200  # the form again, with the reason
    pages.post(path, given)
    project.refresh_from_db()
    assert (project.name, project.time_zone, project.organization.name) == ("Renamed", "Europe/Lisbon", "Acme")


def test_a_member_is_no_operator(client: Client, alice: User, stored: Project) -> None:
    client.force_login(alice)
    for path in (reverse("admin:index"), reverse("admin-sessions", args=[stored.pk])):
        assert client.get(path).status_code in (302, 403)


def test_a_stranger_signs_in_by_the_pages_of_everybody(client: Client) -> None:
    response = client.get(reverse("admin:login"))
    assert response.status_code == 302
    assert response["Location"].startswith(reverse("sign-in"))


def test_a_project_leads_to_its_sessions_and_traces(pages: Client, stored: Project) -> None:
    page = text(pages, reverse("admin:projects_project_change", args=[stored.pk]))
    for name, own, foreign in (("sessions", "chat/1", "their chat"), ("traces", "t1", "theirs")):
        path = reverse(f"admin-{name}", args=[stored.pk])
        assert path in page
        rows = text(pages, path)
        assert own in rows
        assert foreign not in rows


@pytest.mark.parametrize(("name", "own", "foreign"), [("sessions", "chat/1", "their chat"), ("traces", "t1", "theirs")])
def test_one_row_opens_in_its_own_project_alone(
    pages: Client, stored: Project, name: str, own: str, foreign: str
) -> None:
    assert "usage_by_model" in text(pages, reverse(f"admin-{name}-row", args=[stored.pk, own]))
    assert pages.get(reverse(f"admin-{name}-row", args=[stored.pk, foreign])).status_code == 404
    assert own in text(pages, reverse(f"admin-{name}", args=[stored.pk]), id=own)
    assert foreign not in text(pages, reverse(f"admin-{name}", args=[stored.pk]), id=foreign).partition("<tbody>")[2]


def test_older_rows_are_a_link_away(pages: Client, project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(admin, "ADMIN_PAGE_ROWS", 2)
    ingest(project.pk, [call(f"t{n}", "a", started_at=at(n), ended_at=at(n + 1)) for n in range(3)])
    path = reverse("admin-traces", args=[project.pk])
    newest = text(pages, path)
    assert "t2" in newest
    cursor = newest.partition("?cursor=")[2].partition('"')[0]
    assert ">t0<" in text(pages, path, cursor=cursor)
    assert pages.get(path, {"cursor": "forged"}).status_code == 404


def test_staff_needs_the_permission_to_read_what_tenants_said(client: Client, stored: Project) -> None:
    clerk = User.objects.create_user("clerk@example.com", "correct horse battery", is_staff=True)
    client.force_login(clerk)
    path = reverse("admin-traces", args=[stored.pk])
    assert client.get(path).status_code == 403
    clerk.user_permissions.add(Permission.objects.get(codename="view_trace"))
    assert client.get(path).status_code == 200


def test_the_jobs_page_shows_each_jobs_last_run_and_why_it_failed(pages: Client) -> None:
    with job("retention") as run:
        run.rows = 4321
    with pytest.raises(ValueError, match="no room"), job("sum up days"):
        raise ValueError("no room")

    shown = text(pages, reverse("admin:projects_jobrun_changelist"))

    assert "4321" in shown
    assert "ValueError: no room" in shown
    assert pages.get(reverse("admin:projects_jobrun_add")).status_code == 403
