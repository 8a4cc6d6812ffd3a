"""A person's own API keys: shown once, as able as the person is in each project, and ended with the membership."""

import re

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from projects.auth import PROJECT_HEADER, create_key, create_own_key
from projects.models import ApiKey, AuditEvent, Membership, Organization, Project, Role, User
from sessions.models import Comment
from tests.sessions.rows import session
from tracing.models import Score

SECRET = re.compile(r"sk-own-[\w-]{40,}")
KEYS = reverse("account-keys")


def headers_of(user: User, *scopes: str, project: object = None) -> dict[str, str]:
    _, secret = create_own_key(user, name="laptop", scopes=list(scopes or ["read", "write"]), expires_at=None)
    named = {} if project is None else {PROJECT_HEADER: str(project)}
    return {"Authorization": f"Bearer {secret}", **named}


def as_role(user: User, role: Role) -> User:
    Membership.objects.filter(user=user).update(role=role)
    return user


@pytest.fixture
def chat(project: Project) -> str:
    session(project, "chat")
    return "/api/v1/sessions/chat"


def test_a_secret_is_shown_once_and_opens_what_the_person_may_open(
    as_alice: Client, client: Client, alice: User, project: Project, chat: str
) -> None:
    made = as_alice.post(KEYS, {"name": "laptop", "scopes": ["read"], "expires": "90"})
    [secret] = set(SECRET.findall(made.content.decode()))
    key = ApiKey.objects.get(owner=alice)

    assert "no-store" in made["Cache-Control"]
    assert not SECRET.search(as_alice.get(KEYS).content.decode())
    assert secret not in {key.secret_hash, key.public_key, key.secret_prefix}
    bearer = {"Authorization": f"Bearer {secret}"}
    assert client.get(chat, headers=bearer).json()["id"] == "chat", "there is only one project that could be meant"
    assert client.get("/api/v1/me", headers=bearer).json()["key"]["owner"] == alice.email
    assert client.patch(chat, {}, "application/json", headers=bearer).status_code == 403, "it has no scope to write"
    key.refresh_from_db()
    assert key.last_used_at


def test_a_request_names_its_project_and_never_one_of_strangers(
    client: Client, alice: User, project: Project, other_project: Project, chat: str
) -> None:
    second = Organization.objects.create(name="Initech").projects.create(name="Second")
    Membership.objects.create(user=alice, organization=second.organization, role=Role.VIEWER)

    unnamed = client.get(chat, headers=headers_of(alice))
    assert unnamed.status_code == 400
    assert all(f"{one.pk} ({one.name})" in unnamed.json()["detail"] for one in (project, second))
    assert other_project.name not in unnamed.json()["detail"]
    assert client.get(chat, headers=headers_of(alice, project=project.pk)).status_code == 200
    assert client.get(chat, headers=headers_of(alice, project=second.pk)).status_code == 404
    for named in (other_project.pk, 10**30, "x", "-1", "²"):
        answer = client.get("/api/v1/me", headers=headers_of(alice, project=named))
        assert answer.status_code == 404
        assert other_project.name not in answer.content.decode()


@pytest.mark.parametrize(
    ("role", "labels", "deletes", "configures"),
    [(Role.VIEWER, 403, 403, 403), (Role.MEMBER, 200, 403, 403), (Role.ADMIN, 200, 200, 200)],
)
def test_a_key_may_what_the_role_of_its_owner_may(
    client: Client, bob: User, project: Project, chat: str, role: Role, labels: int, deletes: int, configures: int
) -> None:
    headers = headers_of(as_role(bob, role))

    assert client.get(chat, headers=headers).status_code == 200
    assert client.patch(chat, {"labels": ["late"]}, "application/json", headers=headers).status_code == labels
    config = {"name": "quality", "data_type": "NUMERIC"}
    made = client.post("/api/v1/score-configs", config, "application/json", headers=headers)
    assert made.status_code == configures
    erased = client.post("/api/v1/erasures", {"user_id": "ann"}, "application/json", headers=headers)
    assert erased.status_code == deletes


def test_a_key_ends_with_the_membership_with_the_account_and_when_it_is_revoked(
    as_alice: Client, client: Client, alice: User, bob: User, project: Project, chat: str
) -> None:
    mine, bobs = headers_of(alice), headers_of(bob)
    assert client.get(chat, headers=bobs).status_code == 200
    Membership.objects.filter(user=bob).delete()
    assert client.get(chat, headers=bobs | {PROJECT_HEADER: str(project.pk)}).status_code == 404
    assert client.get(chat, headers=bobs).status_code == 400
    User.objects.filter(pk=bob.pk).update(is_active=False)
    assert client.get(chat, headers=bobs).status_code == 401

    key = ApiKey.objects.get(owner=alice)
    as_alice.post(reverse("account-key-revoke", args=[key.pk]))
    assert client.get(chat, headers=mine).status_code == 401
    ApiKey.objects.filter(pk=key.pk).update(revoked_at=None, expires_at=timezone.now())
    assert client.get(chat, headers=mine).status_code == 401


def test_nobody_revokes_the_key_of_somebody_else(as_alice: Client, bob: User) -> None:
    headers_of(bob)
    key = ApiKey.objects.get(owner=bob)

    assert as_alice.post(reverse("account-key-revoke", args=[key.pk])).status_code == 404
    key.refresh_from_db()
    assert key.revoked_at is None
    assert "<b>laptop</b>" not in as_alice.get(KEYS).content.decode()


@pytest.mark.parametrize("path", ["/v1/traces", "/api/public/ingestion", "/api/public/sessions"])
def test_what_sdks_ask_is_closed_to_keys_of_people(client: Client, alice: User, project: Project, path: str) -> None:
    method = "get" if path.endswith("sessions") else "post"
    answer = getattr(client, method)(path, content_type="application/json", headers=headers_of(alice))

    assert answer.status_code == 403
    assert "/api/v1 alone" in answer.content.decode()


def test_what_a_key_does_is_its_owners_and_the_log_names_the_key(
    as_alice: Client, client: Client, alice: User, project: Project, chat: str
) -> None:
    as_alice.post(KEYS, {"name": "laptop", "scopes": ["read", "write"]})
    made = AuditEvent.objects.get(action="key created")
    key = ApiKey.objects.get(owner=alice)
    comment = {"object_type": "SESSION", "object_id": "chat", "content": "Look", "author": "somebody else"}
    posted = client.post("/api/v1/comments", comment, "application/json", headers=headers_of(alice))

    assert posted.status_code == 200
    written = Comment.objects.for_project(project).get()
    assert (written.author_id, written.author) == (alice.pk, alice.email)
    event = AuditEvent.objects.get(action="commented")
    assert (event.actor_id, event.actor) == (alice.pk, alice.email)
    assert event.details["key"].startswith("pk-own-")
    assert (made.actor_id, made.details["key"]) == (alice.pk, key.public_key)


def test_a_key_without_scopes_is_not_made(as_alice: Client, alice: User) -> None:
    for scopes in ([], ["ingest"]):
        assert as_alice.post(KEYS, {"name": "laptop", "scopes": scopes}).status_code == 400
    assert not ApiKey.objects.filter(owner=alice).exists()


def test_a_score_by_a_persons_key_is_theirs_and_nobody_elses(
    client: Client, alice: User, bob: User, project: Project, chat: str
) -> None:
    def give(headers: dict[str, str], value: int) -> int:
        score = {"id": "s1", "session_id": "chat", "name": "helpful", "value": value}
        return client.post("/api/v1/scores", score, "application/json", headers=headers).status_code

    assert give(headers_of(alice), 1) == 200
    assert Score.objects.for_project(project).get().author_id == alice.pk
    assert give(headers_of(alice), 2) == 200, "a correction of one's own"
    assert give(headers_of(bob), 3) == 400
    _, secret = create_key(project, name="program")
    assert give({"Authorization": f"Bearer {secret}"}, 4) == 400
    assert Score.objects.for_project(project).get().value == 2
