"""Signing in at a real provider of OpenID Connect: who gets in, under which name, and what is said when it is away."""

import json
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.test import Client
from django.urls import reverse
from pytest_django.fixtures import Settings

from projects.accounts import people
from projects.models import Organization, Role, User
from tests.live import free_port

pytestmark = pytest.mark.django_db


class Provider(ThreadingHTTPServer):
    """A provider that knows one person."""

    person: dict[str, Any] = {}

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class Answers(BaseHTTPRequestHandler):
    server: Provider

    def do_GET(self) -> None:
        url = self.server.url
        if self.path.startswith("/.well-known/"):
            named = {"authorization": "auth", "token": "token", "userinfo": "me"}
            self._answer({f"{name}_endpoint": f"{url}/{path}" for name, path in named.items()})
        else:
            self._answer(self.server.person)

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self._answer({"access_token": "a-token", "token_type": "Bearer"})

    def _answer(self, found: Any) -> None:
        body = json.dumps(found).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None: ...


def use(settings: Settings, url: str) -> None:
    app = {"provider_id": "oidc", "name": "Acme", "client_id": "confab", "secret": "s", "settings": {"server_url": url}}
    settings.SOCIALACCOUNT_PROVIDERS = {"openid_connect": {"OAUTH_PKCE_ENABLED": True, "APPS": [app]}}


@pytest.fixture
def provider(settings: Settings) -> Iterator[Provider]:
    with Provider(("127.0.0.1", 0), Answers) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        use(settings, server.url)
        yield server
        server.shutdown()


def sign_in(client: Client) -> Any:
    """Go to the provider and come back from it."""
    asked = client.get(reverse("openid_connect_login", args=["oidc"]))
    parameters = parse_qs(urlsplit(asked["Location"]).query)
    back = {"code": "a-code", "state": parameters["state"][0]}
    return client.get(reverse("openid_connect_callback", args=["oidc"]), back, follow=True)


def is_signed_in(client: Client) -> bool:
    return client.get(reverse("organizations")).status_code == 200


def test_a_member_without_a_name_gets_that_of_the_provider(
    client: Client, provider: Provider, organization: Organization
) -> None:
    people.enrol(organization, "ana@example.com", Role.MEMBER)
    provider.person = {"sub": "1", "email": "Ana@example.com", "name": "  Ana \u202e Lima  "}

    sign_in(client)
    assert is_signed_in(client)
    assert User.objects.get(email="ana@example.com").name == "Ana Lima"


def test_the_name_that_people_chose_stays(client: Client, provider: Provider, organization: Organization) -> None:
    people.enrol(organization, "ana@example.com", Role.MEMBER, name="Anita")
    provider.person = {"sub": "1", "email": "ana@example.com", "name": "Ana Lima"}

    sign_in(client)
    assert User.objects.get(email="ana@example.com").name == "Anita"


def test_whoever_is_invited_gets_an_account_under_their_name(
    client: Client, provider: Provider, organization: Organization, alice: User
) -> None:
    people.invite(organization, "bruno@example.com", Role.VIEWER, by=alice)
    provider.person = {"sub": "2", "email": "bruno@example.com", "name": "B" * 300}

    sign_in(client)
    assert is_signed_in(client)
    assert User.objects.get(email="bruno@example.com").name == "B" * 120


def test_a_stranger_gets_no_account_and_is_told_so(
    client: Client, provider: Provider, organization: Organization
) -> None:
    provider.person = {"sub": "3", "email": "eve@example.com"}

    page = sign_in(client)
    assert not is_signed_in(client)
    assert not User.objects.filter(email="eve@example.com").exists()
    assert "invit" in page.content.decode()


@pytest.mark.parametrize("said", [False, "false", "No"])
def test_an_address_that_the_provider_has_not_verified_opens_no_account(
    client: Client, provider: Provider, organization: Organization, said: Any
) -> None:
    people.enrol(organization, "ana@example.com", Role.OWNER)
    provider.person = {"sub": "4", "email": "ana@example.com", "email_verified": said}

    sign_in(client)
    assert not is_signed_in(client)


def test_a_provider_that_is_away_is_said_with_the_way_back(client: Client, settings: Settings, db: None) -> None:
    use(settings, f"http://127.0.0.1:{free_port()}")

    page = client.get(reverse("openid_connect_login", args=["oidc"]))
    assert page.status_code == 401
    assert "Single sign-on failed" in page.content.decode()
    assert f'href="{reverse("sign-in")}"' in page.content.decode()
