"""The keys page: for admins alone, with every secret shown once."""

import re

import pytest
from django.test import Client
from django.urls import reverse

from projects.auth import project_for
from projects.models import ApiKey, AuditEvent, Project, User

SECRET = re.compile(r"sk-[\w-]{40,}")


def page(project: Project) -> str:
    return reverse("project-keys", args=[project.pk])


def test_a_new_keys_secret_is_shown_once_and_works(as_alice: Client, project: Project) -> None:
    made = as_alice.post(
        reverse("key-create", args=[project.pk]), {"name": "ci", "scopes": ["ingest"], "expires": "90"}
    )
    secrets = SECRET.findall(made.content.decode())

    key = ApiKey.objects.get(project=project)
    assert len(set(secrets)) == 1
    assert project_for(f"Bearer {secrets[0]}") == project
    assert (key.name, key.scopes) == ("ci", ["ingest"])
    assert key.expires_at is not None
    assert "no-store" in made["Cache-Control"]
    assert not SECRET.search(as_alice.get(page(project)).content.decode())


def test_a_key_without_scopes_is_not_made(as_alice: Client, project: Project) -> None:
    answer = as_alice.post(reverse("key-create", args=[project.pk]), {"name": "ci"})

    assert answer.status_code == 400
    assert "Choose at least one scope" in answer.content.decode()
    assert not project.api_keys.exists()


def test_rotating_shows_the_new_secret_and_lets_the_old_pair_live(as_alice: Client, project: Project) -> None:
    as_alice.post(reverse("key-create", args=[project.pk]), {"name": "ci", "scopes": ["ingest"]})
    old = project.api_keys.get()

    made = as_alice.post(reverse("key-rotate", args=[project.pk, old.pk]), {"overlap": "24"})

    old.refresh_from_db()
    assert SECRET.search(made.content.decode())
    assert old.replaced_by is not None
    assert old.ended_at() is None


def test_a_revoked_key_stays_on_the_page_without_its_buttons(as_alice: Client, project: Project) -> None:
    as_alice.post(reverse("key-create", args=[project.pk]), {"name": "ci", "scopes": ["ingest"]})
    key = project.api_keys.get()

    as_alice.post(reverse("key-revoke", args=[project.pk, key.pk]))

    html = as_alice.get(page(project)).content.decode()
    assert "Revoked" in html
    assert reverse("key-revoke", args=[project.pk, key.pk]) not in html


def test_a_key_of_another_project_is_not_found_here(as_alice: Client, project: Project, other_project: Project) -> None:
    foreign = ApiKey.objects.create(project=other_project, public_key="pk-x", secret_hash="x", secret_prefix="sk-x")

    assert as_alice.post(reverse("key-revoke", args=[project.pk, foreign.pk])).status_code == 404
    foreign.refresh_from_db()
    assert foreign.revoked_at is None


def test_members_and_viewers_do_not_see_keys(client: Client, project: Project, bob: User, erin: User) -> None:
    for person in (bob, erin):
        client.force_login(person)
        assert client.get(page(project)).status_code == 403


@pytest.mark.parametrize("name", ["key created", "key rotated", "key revoked"])
def test_what_happens_to_keys_is_in_the_audit_log_without_secrets(
    as_alice: Client, project: Project, name: str
) -> None:
    made = as_alice.post(reverse("key-create", args=[project.pk]), {"name": "ci", "scopes": ["ingest"]})
    key = project.api_keys.get()
    as_alice.post(reverse("key-rotate", args=[project.pk, key.pk]), {"overlap": "0"})
    as_alice.post(reverse("key-revoke", args=[project.pk, project.api_keys.latest("pk").pk]))

    event = AuditEvent.objects.get(action=name)
    assert (event.actor, event.project_id, event.ip) == ("alice@example.com", project.pk, "127.0.0.1")
    assert SECRET.search(made.content.decode())
    assert not SECRET.search(str(AuditEvent.objects.values_list()))


def test_the_keys_page_takes_the_same_queries_for_one_key_and_for_many(
    as_alice: Client, project: Project, django_assert_num_queries: pytest.FixtureRequest
) -> None:
    for count in (1, 5):
        for number in range(count):
            ApiKey.objects.create(project=project, public_key=f"pk-{count}-{number}", secret_hash=f"{count}{number}")
        with django_assert_num_queries(4):  # type: ignore[operator]
            as_alice.get(page(project))
