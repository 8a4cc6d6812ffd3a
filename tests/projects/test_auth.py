"""API key -> project: which keys pass, with which scope, and how soon that ends."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from projects.auth import KeyRefused, ProjectArchived, ScopeMissing, create_key, key_for, project_for
from projects.keys import revoke, rotate
from projects.models import ApiKey, Project, Scope
from tests.conftest import Key


def send(client: Client, authorization: str) -> int:
    body = '{"resourceSpans": []}'
    headers = {"Authorization": authorization}
    return client.post("/v1/traces", body, content_type="application/json", headers=headers).status_code


@pytest.fixture
def row(key: Key) -> ApiKey:
    return ApiKey.objects.get(public_key=key.public)


def test_a_pair_passes_as_basic_and_its_secret_as_bearer(project: Project, key: Key) -> None:
    assert project_for(key.basic) == project
    assert project_for(key.bearer) == project


def test_a_header_that_an_exporter_did_not_decode_passes(project: Project, key: Key) -> None:
    assert project_for(key.basic.replace(" ", "%20")) == project
    assert project_for(key.bearer.replace(" ", "%20")) == project


@pytest.mark.parametrize("authorization", ["", "Basic", "Basic %%%", "Bearer ", "Digest x", "Basic cGstYQ=="])
def test_what_is_no_credential_is_refused_with_a_hint(db: None, authorization: str) -> None:
    with pytest.raises(KeyRefused, match=r"Send|base64"):
        project_for(authorization)


def test_a_secret_with_the_public_key_of_another_pair_is_refused(project: Project, key: Key) -> None:
    other, _ = create_key(project, name="other")

    with pytest.raises(KeyRefused, match="same pair"):
        project_for(Key(other.public_key, key.secret).basic)


def test_a_new_key_has_every_scope_and_keeps_no_secret(project: Project) -> None:
    row, secret = create_key(project)

    assert row.scopes == ["ingest", "read", "write"]
    assert secret not in str(ApiKey.objects.filter(pk=row.pk).values().get())


@pytest.mark.parametrize("missing", list(Scope))
def test_a_key_is_refused_for_the_scope_that_it_lacks(project: Project, missing: Scope) -> None:
    _, secret = create_key(project, scopes=[scope for scope in Scope if scope != missing])

    with pytest.raises(ScopeMissing, match=missing) as refusal:
        key_for(f"Bearer {secret}", missing)

    assert refusal.value.status == 403


def test_a_key_without_the_ingest_scope_cannot_send(client: Client, project: Project) -> None:
    _, secret = create_key(project, scopes=["read"])

    assert send(client, f"Bearer {secret}") == 403


def test_a_revoked_key_is_refused_by_the_next_request(client: Client, key: Key, row: ApiKey) -> None:
    assert send(client, key.bearer) == 200

    revoke(row)

    assert send(client, key.bearer) == 401


def test_what_changes_about_a_key_holds_for_the_next_request(project: Project, key: Key, row: ApiKey) -> None:
    assert key_for(key.bearer, Scope.READ).project.monthly_span_quota is None

    Project.objects.filter(pk=project.pk).update(monthly_span_quota=7)
    assert key_for(key.bearer, Scope.READ).project.monthly_span_quota == 7

    type(project.organization).objects.filter(pk=project.organization_id).update(name="Renamed")
    assert key_for(key.bearer, Scope.READ).project.organization.name == "Renamed"

    ApiKey.objects.filter(pk=row.pk).update(scopes=["ingest"])
    with pytest.raises(ScopeMissing):
        key_for(key.bearer, Scope.READ)


def test_what_a_request_sets_on_its_key_is_its_own(key: Key) -> None:
    first = key_for(key.bearer, Scope.READ)
    first = key_for(key.bearer, Scope.READ)  # the one before noted its use
    name = first.project.name
    first.scopes, first.project.name, first.project.organization.name = [], "Changed", "Changed"

    second = key_for(key.bearer, Scope.READ)

    assert (second.project.name, second.project.organization.name == "Changed") == (name, False)


def test_a_key_is_read_again_only_when_its_rows_have_changed(
    key: Key, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for _ in range(2):  # the first notes the use of the key
        key_for(key.bearer, Scope.READ)

    with django_assert_num_queries(1):
        assert key_for(key.bearer, Scope.READ).project.organization.name


def test_revoking_twice_keeps_the_first_time(row: ApiKey) -> None:
    revoke(row)
    first = ApiKey.objects.get(pk=row.pk).revoked_at
    revoke(row)

    assert ApiKey.objects.get(pk=row.pk).revoked_at == first


def test_a_key_passes_until_it_expires(client: Client, project: Project) -> None:
    soon, over = timezone.now() + timedelta(minutes=1), timezone.now() - timedelta(seconds=1)
    _, living = create_key(project, expires_at=soon)
    _, expired = create_key(project, expires_at=over)

    assert send(client, f"Bearer {living}") == 200
    assert send(client, f"Bearer {expired}") == 401


def test_after_a_rotation_both_pairs_pass_until_the_overlap_ends(client: Client, key: Key, row: ApiKey) -> None:
    _, secret = rotate(row, until=timezone.now() + timedelta(hours=1))
    assert (send(client, key.bearer), send(client, f"Bearer {secret}")) == (200, 200)

    ApiKey.objects.filter(pk=row.pk).update(expires_at=timezone.now())

    assert (send(client, key.bearer), send(client, f"Bearer {secret}")) == (401, 200)


def test_the_successor_of_a_rotated_key_inherits_what_the_key_may_do(project: Project) -> None:
    expiry = timezone.now() + timedelta(days=90)
    old, _ = create_key(project, name="ci", scopes=["read"], expires_at=expiry)
    new, _ = rotate(old, until=timezone.now() + timedelta(days=180))

    old.refresh_from_db()
    assert (new.name, new.scopes, new.expires_at) == ("ci", ["read"], expiry)
    assert (old.replaced_by, old.expires_at) == (new, expiry)


def test_using_a_key_is_noted_at_most_once_a_minute(key: Key, row: ApiKey) -> None:
    project_for(key.bearer)
    row.refresh_from_db()
    first = row.last_used_at
    project_for(key.bearer)
    row.refresh_from_db()

    assert first is not None
    assert row.last_used_at == first


def test_an_archived_project_is_read_but_takes_no_data(client: Client, project: Project, key: Key) -> None:
    project.archived_at = timezone.now()
    project.save()

    assert send(client, key.bearer) == 403
    assert project_for(key.bearer, Scope.READ) == project
    with pytest.raises(ProjectArchived):
        project_for(key.bearer, Scope.WRITE)


def test_the_keys_of_a_project_that_is_being_deleted_are_dead(client: Client, project: Project, key: Key) -> None:
    project.deleted_at = timezone.now()
    project.save()

    assert send(client, key.bearer) == 401


def test_another_projects_key_never_leads_here(other_project: Project, project: Project, key: Key) -> None:
    _, secret = create_key(other_project)

    assert project_for(f"Bearer {secret}") == other_project
