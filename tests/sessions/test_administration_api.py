"""Projects, members and keys for programs of people who administer an organization."""

import json
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.core.mail import EmailMessage
from django.test import Client
from django.utils import timezone
from pytest_django.fixtures import Settings

from projects.accounts import people
from projects.administration.views.invitations import INVITATIONS_PER_ADDRESS_AND_DAY
from projects.auth import create_own_key
from projects.models import ApiKey, AuditEvent, Invitation, Membership, Organization, Project, Role, Scope, User
from sessions.api.v1 import administration, keys
from sessions.models import KeptAnswer
from tests.conftest import Key

pytestmark = pytest.mark.django_db
SCOPES = [Scope.READ, Scope.ADMIN]


def bearer_of(user: User, scopes: list[Scope] = SCOPES) -> str:
    _, secret = create_own_key(user, name="script", scopes=list(scopes), expires_at=None)
    return f"Bearer {secret}"


@pytest.fixture
def ask(client: Client, project: Project, alice: User) -> Any:
    bearer = bearer_of(alice)

    def asked(method: str, path: str, body: Any = None, /, status: int = 200, **headers: str) -> Any:
        answer: Any = client.generic(
            method,
            f"/api/v1/{path}",
            "" if body is None else json.dumps(body),
            "application/json",
            headers={"Authorization": bearer, "X-Confab-Project": str(project.pk), **headers},
        )
        assert answer.status_code == status, answer.content
        return answer.json() if answer.content else None

    return asked


def events() -> list[str]:
    return [str(event.action) for event in AuditEvent.objects.order_by("pk")]


PATHS = ("projects", "members", "invitations", "keys")


@pytest.mark.parametrize("path", PATHS)
def test_a_key_of_a_project_and_a_member_without_the_role_are_refused(ask: Any, key: Key, bob: User, path: str) -> None:
    assert "not of a project" in ask("GET", path, status=403, Authorization=key.bearer)["detail"]
    assert "role admin" in ask("GET", path, status=403, Authorization=bearer_of(bob))["detail"]


@pytest.mark.parametrize("path", PATHS)
def test_a_stranger_finds_nothing(ask: Any, charlie: User, path: str) -> None:
    ask("GET", path, status=404, Authorization=bearer_of(charlie))


def test_a_key_that_reads_and_writes_changes_nothing(ask: Any, alice: User) -> None:
    writes = bearer_of(alice, [Scope.READ, Scope.WRITE])
    assert ask("GET", "members", Authorization=writes)["data"]
    refused = ask("POST", "keys", {"name": "x", "scopes": ["read"]}, status=403, Authorization=writes)
    assert "admin" in refused["detail"]
    ask("POST", "keys", {"name": "x", "scopes": ["admin"]}, status=400)


def test_a_project_is_created_changed_archived_and_restored(ask: Any, project: Project) -> None:
    made = ask("POST", "projects", {"name": "Sales", "time_zone": "Europe/Lisbon", "retention_days": 90}, status=201)
    assert (made["name"], made["time_zone"], made["retention_days"]) == ("Sales", "Europe/Lisbon", 90)
    assert [one["name"] for one in ask("GET", "projects")["data"]] == ["Sales", project.name]

    path = f"projects/{made['id']}"
    changed = ask("PATCH", path, {"monthly_span_quota": 1_000, "retention_days": None})
    assert (changed["monthly_span_quota"], changed["retention_days"], changed["time_zone"]) == (
        1_000,
        None,
        "Europe/Lisbon",
    )
    assert ask("PATCH", path, {"is_archived": True})["archived_at"]
    assert ask("PATCH", path, {"is_archived": False})["archived_at"] is None
    assert ask("GET", path) == {**changed, "archived_at": None}
    assert events() == ["project created", "project changed", "project archived", "project restored"]
    change = AuditEvent.objects.get(action="project changed").details
    assert (change["retention_days_before"], change["monthly_span_quota"]) == (90, 1_000)


@pytest.mark.parametrize(
    ("body", "named"),
    [
        ({}, "name"),
        ({"name": "Sales", "time_zone": "Moon/Base"}, "time_zone"),
        ({"name": "Sales", "retention_days": 0}, "retention_days"),
        ({"name": "Sales", "colour": "red"}, "colour"),
        ({"name": "Support"}, "name"),
        ({"name": "n" * 121}, "name"),
    ],
)
def test_a_project_that_cannot_be_is_not_created(ask: Any, project: Project, body: Any, named: str) -> None:
    assert named in ask("POST", "projects", body, status=400)["errors"]
    assert Project.objects.count() == 1


def test_a_project_of_another_organization_does_not_exist(ask: Any) -> None:
    other = Project.objects.create(organization=Organization.objects.create(name="Other"), name="Theirs")
    ask("GET", f"projects/{other.pk}", status=404)
    ask("PATCH", f"projects/{other.pk}", {"name": "Mine"}, status=404)


def test_programs_add_no_end_of_projects_and_keys(ask: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(administration, "MAX_PROJECTS", 1)
    monkeypatch.setattr(keys, "MAX_LIVE_KEYS", 1)
    ask("POST", "projects", {"name": "Sales"}, status=400)
    ask("POST", "keys", {"name": "one", "scopes": ["read"]}, status=201)
    ask("POST", "keys", {"name": "two", "scopes": ["read"]}, status=400)


def test_members_are_listed_and_get_other_roles(ask: Any, alice: User, bob: User) -> None:
    listed = {one["email"]: one for one in ask("GET", "members")["data"]}
    assert (listed[alice.email]["role"], listed[bob.email]["role"]) == ("owner", "member")

    assert ask("PATCH", f"members/{bob.pk}", {"role": "viewer"})["role"] == "viewer"
    ask("PATCH", f"members/{alice.pk}", {"role": "viewer"}, status=400)  # the only owner
    ask("DELETE", f"members/{bob.pk}", status=204)
    assert not Membership.objects.filter(user=bob).exists()
    ask("DELETE", f"members/{bob.pk}", status=404)
    ask("DELETE", f"members/{alice.pk}", status=403)
    assert events() == ["member role changed", "member removed"]


def test_nobody_gives_a_role_above_their_own(ask: Any, bob: User, alice: User) -> None:
    Membership.objects.filter(user=bob).update(role=Role.ADMIN)
    admins = bearer_of(bob)
    ask("PATCH", f"members/{bob.pk}", {"role": "owner"}, status=400, Authorization=admins)
    ask("PATCH", f"members/{alice.pk}", {"role": "viewer"}, status=400, Authorization=admins)
    ask("DELETE", f"members/{alice.pk}", status=403, Authorization=admins)
    ask("POST", "members", {"email": "new@example.com", "role": "owner"}, status=400, Authorization=admins)
    assert Membership.objects.get(user=alice).role == Role.OWNER


def test_somebody_is_invited_by_mail(ask: Any, mailoutbox: list[EmailMessage]) -> None:
    assert ask("POST", "members", {"email": "dora@example.com", "role": "member"}, status=201)["link"] is None
    [letter] = mailoutbox
    assert letter.to == ["dora@example.com"]


def test_somebody_is_invited_by_a_link_where_no_mail_is_sent(ask: Any, client: Client, settings: Settings) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.console.EmailBackend"
    made = ask("POST", "members", {"email": "Dora@example.com", "role": "member"}, status=201)

    assert (made["email"], made["role"]) == ("dora@example.com", "member")
    assert client.get(urlsplit(made["link"]).path).status_code == 200
    assert Invitation.objects.get().email == "dora@example.com"
    for _ in range(INVITATIONS_PER_ADDRESS_AND_DAY - 1):
        ask("POST", "members", {"email": "dora@example.com", "role": "member"}, status=201)
    ask("POST", "members", {"email": "dora@example.com", "role": "member"}, status=400)


def test_an_invitation_is_listed_and_withdrawn(
    ask: Any, client: Client, settings: Settings, alice: User, other_project: Project, charlie: User
) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.console.EmailBackend"
    made = ask("POST", "members", {"email": "dora@example.com", "role": "viewer"}, status=201)
    theirs, _ = people.invite(other_project.organization, "eve@example.com", Role.MEMBER, by=charlie)

    [told] = ask("GET", "invitations")["data"]
    assert (told["email"], told["role"], told["invited_by"]) == ("dora@example.com", "viewer", alice.email)
    assert told["expires_at"] == made["expires_at"]
    ask("DELETE", f"invitations/{told['id']}", status=403, Authorization=bearer_of(alice, [Scope.READ, Scope.WRITE]))
    ask("DELETE", f"invitations/{theirs.pk}", status=404)
    assert client.get(urlsplit(made["link"]).path).status_code == 200

    ask("DELETE", f"invitations/{told['id']}", status=204)
    assert client.get(urlsplit(made["link"]).path).status_code == 404
    assert ask("GET", "invitations") == {"data": []}
    assert events()[-1] == "invitation withdrawn"
    ask("DELETE", f"invitations/{told['id']}", status=404)


def test_a_key_is_shown_once_and_revoked(ask: Any, client: Client, project: Project) -> None:
    until = timezone.now() + timedelta(days=1)
    body = {"name": "ci", "scopes": ["read", "read"], "expires_at": until.isoformat()}
    made = ask("POST", "keys", body, status=201, **{"Idempotency-Key": "once"})

    bearer = {"Authorization": f"Bearer {made['secret_key']}"}
    assert made["scopes"] == ["read"]
    assert client.get("/api/v1/me", headers=bearer).status_code == 200
    [listed] = ask("GET", "keys")["data"]
    assert listed["last_used_at"]
    assert listed | {"last_used_at": None} == {name: value for name, value in made.items() if name != "secret_key"}
    assert not KeptAnswer.objects.for_project(project).exists()  # which would hold the secret

    ask("DELETE", f"keys/{made['id']}", status=204)
    assert client.get("/api/v1/me", headers=bearer).status_code == 401
    assert ask("GET", "keys")["data"][0]["revoked_at"]
    assert events() == ["key created", "key revoked"]
    assert AuditEvent.objects.filter(actor="alice@example.com").count() == 2


@pytest.mark.parametrize(
    ("body", "named"),
    [
        ({"scopes": ["read"]}, "name"),
        ({"name": "ci", "scopes": []}, "scopes"),
        ({"name": "ci", "scopes": ["all"]}, "scopes"),
        ({"name": "ci", "scopes": ["read"], "expires_at": "2001-01-01T00:00:00Z"}, "expires_at"),
        ({"name": "ci", "scopes": ["read"], "expires_at": "9999-12-31T23:59:59Z"}, "expires_at"),
    ],
)
def test_a_key_that_cannot_be_is_not_created(ask: Any, body: Any, named: str) -> None:
    assert named in ask("POST", "keys", body, status=400)["errors"]


def test_a_key_of_another_project_or_person_is_not_revoked(ask: Any, project: Project, alice: User) -> None:
    other = Project.objects.create(organization=project.organization, name="Other")
    theirs = ApiKey.objects.create(project=other, public_key="pk-x", secret_hash="x")
    ask("DELETE", f"keys/{theirs.pk}", status=404)
    ask("DELETE", f"keys/{alice.own_keys.get().pk}", status=404)
