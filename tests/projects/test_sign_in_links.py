"""A sign-in link works once, for the person it was made for, and not for somebody who was shut out."""

import pytest
from django.contrib.auth.models import update_last_login
from pytest_django import Settings

from projects.accounts.sign_in_links import find_user, link_for
from projects.models import User


def parts(link: str) -> tuple[str, str]:
    uid, token = link.rsplit("/", 2)[-2:]
    return uid, token


def test_a_link_names_its_person(alice: User, settings: Settings) -> None:
    settings.BASE_URL = "https://confab.example.com"
    link = link_for(alice)

    assert link.startswith("https://confab.example.com/sign-in/link/")
    assert find_user(*parts(link)) == alice


def test_a_link_dies_with_the_sign_in(alice: User) -> None:
    link = link_for(alice)
    update_last_login(User, alice)

    assert find_user(*parts(link)) is None


def test_a_link_dies_with_a_new_password(alice: User) -> None:
    link = link_for(alice)
    alice.set_password("another horse battery")
    alice.save()

    assert find_user(*parts(link)) is None


def test_a_link_does_not_open_the_account_of_another(alice: User, bob: User) -> None:
    (_, token), (uid, _) = parts(link_for(alice)), parts(link_for(bob))

    assert find_user(uid, token) is None


def test_a_person_who_was_shut_out_stays_out(alice: User) -> None:
    link = link_for(alice)
    alice.is_active = False
    alice.save()

    assert find_user(*parts(link)) is None


@pytest.mark.django_db
@pytest.mark.parametrize("uid", ["", "!!", "MQ", "gICA", "OTk5OTk5OTk5OTk5OTk5OTk5OTk5OTk5"])
def test_nonsense_names_nobody(uid: str) -> None:
    assert find_user(uid, "a-b") is None
