"""`PUT /api/v1/installation` takes the document of docs/provisioning.md from whoever has the installation's token."""

from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client
from pytest_django.fixtures import Settings

from config.gathering import payer_of
from projects.auth import create_own_key, project_for
from projects.models import AuditEvent, Organization, Project, User, every_scope
from projects.provisioning.token import PROVISIONING_PATH
from tests.conftest import Key

pytestmark = pytest.mark.django_db
TOKEN = "of-infrastructure-code-0123456789"
SECRET = "sk-of-infrastructure-code-0123456789"
DOCUMENT = {
    "organizations": [
        {
            "name": "Acme",
            "members": [{"email": "ana@example.com", "role": "owner"}],
            "projects": [{"name": "Support", "keys": [{"public_key": "pk-acme", "secret_key": SECRET}]}],
        }
    ]
}


@pytest.fixture(autouse=True)
def _token(settings: Settings) -> None:
    settings.PROVISIONING_TOKEN = TOKEN


def put(client: Client, document: Any = DOCUMENT, query: str = "", authorization: str = f"Bearer {TOKEN}") -> Any:
    return client.put(
        PROVISIONING_PATH + query,
        document,
        content_type="application/json",
        headers={"Authorization": authorization},
    )


def test_a_document_makes_what_it_says_and_a_second_one_changes_nothing(client: Client) -> None:
    shown = put(client, query="?dry_run=true")
    assert (shown.status_code, shown.json()["is_dry"], Organization.objects.count()) == (200, True, 0)

    made = put(client)
    assert made.json() == {"changes": shown.json()["changes"], "is_dry": False}
    assert project_for(f"Bearer {SECRET}").name == "Support"
    assert put(client).json()["changes"] == []
    assert {event.actor for event in AuditEvent.objects.all()} == {PROVISIONING_PATH}
    assert SECRET not in str(list(AuditEvent.objects.values())) + made.content.decode()


def test_each_fault_has_its_place_and_nothing_is_changed(client: Client) -> None:
    key = {"public_key": "pk-acme", "secret_key": "short"}
    wrong = {"organizations": [{**DOCUMENT["organizations"][0], "projects": [{"name": "Support", "keys": [key]}]}]}

    answer = put(client, wrong)
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid_parameters")
    assert list(answer.json()["errors"]) == ["organizations[0].projects[0].keys[0].secret_key"]
    assert not Organization.objects.exists()
    assert "dry_runs" in put(client, query="?dry_runs=1").json()["errors"]
    assert "there_is_none" in str(put(client, {"there_is_none": 1}).json()["errors"])


@pytest.mark.parametrize("authorization", ["", "Bearer of-infrastructure-code-012345678é", "Basic eDp5"])
def test_only_the_token_lets_in(client: Client, authorization: str) -> None:
    answer = put(client, authorization=authorization)
    assert (answer.status_code, answer.json()["code"]) == (401, "not_authenticated")
    assert "Bearer" in answer["WWW-Authenticate"]


def test_a_key_of_a_project_does_not_let_in(client: Client, key: Key) -> None:
    assert put(client, authorization=key.bearer).status_code == 401


def test_without_a_token_in_the_settings_there_is_no_such_address(client: Client, settings: Settings) -> None:
    settings.PROVISIONING_TOKEN = ""
    answers: list[HttpResponse] = [put(client), put(client, authorization="Bearer "), put(client, authorization="")]
    assert [answer.status_code for answer in answers] == [404, 404, 404]


def test_a_large_document_is_read_for_the_token_alone() -> None:
    asked = {"PATH_INFO": PROVISIONING_PATH, "HTTP_AUTHORIZATION": f"Bearer {TOKEN}"}
    assert payer_of(asked) == "installation"
    assert payer_of(asked | {"HTTP_AUTHORIZATION": "Bearer something-else"}) is None


@pytest.mark.django_db(transaction=True)  # the look-up has a connection of its own
def test_a_large_body_with_the_key_of_a_person_is_paid_by_the_named_project(project: Project, alice: User) -> None:
    second = Project.objects.create(organization=project.organization, name="second")
    _, secret = create_own_key(alice, name="mine", scopes=every_scope(), expires_at=None)

    asked = {"PATH_INFO": "/api/v1/scores", "HTTP_AUTHORIZATION": f"Bearer {secret}"}
    assert payer_of(asked) is None
    assert payer_of(asked | {"HTTP_X_CONFAB_PROJECT": str(second.pk)}) == f"project {second.pk}"
