"""A refused form says which address the browser came by, which one is known, and what to do about it."""

import pytest
from django.test import Client
from pytest_django import Settings

BASE_URL = "https://confab.example.com"


@pytest.fixture
def client(db: None, settings: Settings) -> Client:
    """Checks forms as browsers meet it, with the address of this installation settled."""
    settings.BASE_URL, settings.CSRF_TRUSTED_ORIGINS = BASE_URL, [BASE_URL]
    return Client(enforce_csrf_checks=True)


def refusal(client: Client, **headers: str) -> str:
    answer = client.post("/sign-in", {"login": "a@example.com"}, headers=headers)
    assert answer.status_code == 403
    return answer.content.decode()


def test_an_address_that_is_not_known_is_named_beside_the_one_that_is(client: Client) -> None:
    page = refusal(client, Origin="https://localhost:8445")

    assert "Your browser says <strong>https://localhost:8445</strong>" in page
    assert f"this installation is <strong>{BASE_URL}</strong>" in page
    assert "CONFAB_BASE_URL" in page
    assert "CONFAB_TRUSTED_ORIGINS" in page


def test_a_browser_that_sends_no_origin_is_known_by_its_referer_alone_up_to_the_port(client: Client) -> None:
    answer = client.post("/sign-in", secure=True, headers={"Referer": "https://a:b@proxy.test:8445/secret?token=1"})
    page = answer.content.decode()

    assert "<strong>https://proxy.test:8445</strong>" in page
    assert "secret" not in page
    assert "token=1" not in page
    assert "a:b" not in page


@pytest.mark.parametrize(
    "origin",
    [
        "https://<script>alert(1)</script>",
        "https://x.test/<b>",
        "javascript://x.test",
        "https://x.test" + "x" * 300,
        "https://call +1 900 now",
        "https://[",
        "null",
        "https://bank.test\u00e9",
    ],
)
def test_what_is_no_origin_is_not_repeated(client: Client, origin: str) -> None:
    page = refusal(client, Origin=origin)

    assert "does not say where the form came from" in page or "<strong>https://x.test</strong>" in page
    assert origin not in page
    assert "<script>alert" not in page
    assert "900" not in page


def test_a_form_over_http_is_told_of_https_where_the_cookies_are_for_https_alone(
    client: Client, settings: Settings
) -> None:
    settings.CSRF_COOKIE_SECURE = True

    assert "Your browser says <strong>http://testserver</strong>" in refusal(client, Origin="http://testserver")


def test_an_old_form_is_told_to_be_sent_again(client: Client) -> None:
    client.get("/sign-in")
    page = refusal(client, Origin="http://testserver")

    assert "reload the page" in page
    assert "CONFAB_BASE_URL" not in page
