"""The database does not know the cookies of those who are signed in."""

import subprocess
from http.cookies import Morsel
from pathlib import Path

import pytest
from django.core.management import call_command
from django.test import Client
from django.urls import reverse

from config.embedded.account import our_account
from config.embedded.wheels import postgres_programs
from projects.models import BrowserSession, User


def cookie(client: Client) -> str:
    morsel: Morsel[str] = client.cookies["confab"]
    return morsel.value


def is_signed_in(key: str) -> bool:
    client = Client()
    client.cookies["confab"] = key
    return client.get(reverse("organizations")).status_code == 200


def test_a_session_is_found_by_its_cookie_and_by_nothing_that_the_database_holds(alice: User) -> None:
    client = Client()
    client.force_login(alice)
    row = BrowserSession.objects.get()

    assert is_signed_in(cookie(client))
    assert cookie(client) not in f"{row.session_key}{row.session_data}{row.get_decoded()}"
    assert not is_signed_in(row.session_key)


def test_signing_out_ends_a_session_for_good(alice: User) -> None:
    client = Client()
    client.force_login(alice)
    key = cookie(client)
    client.post(reverse("sign-out"))

    assert not is_signed_in(key)
    assert not BrowserSession.objects.exists()


def test_signing_in_again_replaces_the_session(alice: User, bob: User) -> None:
    client = Client()
    client.force_login(alice)
    first = cookie(client)
    client.force_login(bob)

    assert cookie(client) != first
    assert not is_signed_in(first)
    assert BrowserSession.objects.count() == 1


@pytest.mark.parametrize("key", ["", "x", "unknown-key-of-somebody", "0" * 32, "0" * 5000, "\0" * 32])
def test_a_cookie_that_nobody_was_given_is_nobody(db: None, key: str) -> None:
    assert not is_signed_in(key)


@pytest.mark.django_db(transaction=True)
def test_a_dump_holds_no_cookie_and_is_for_its_owner_alone(alice: User, tmp_path: Path) -> None:
    client = Client()
    client.force_login(alice)
    file = tmp_path / "confab.dump"
    (tmp_path / "confab.dump.unfinished").touch(mode=0o644)
    call_command("dump", str(file))
    restore = [postgres_programs(our_account()) / "pg_restore", "--file=-", file]
    text = subprocess.run(restore, capture_output=True, text=True, check=True).stdout

    assert BrowserSession.objects.get().session_key in text
    assert alice.email in text
    assert cookie(client) not in text
    assert file.stat().st_mode & 0o077 == 0
