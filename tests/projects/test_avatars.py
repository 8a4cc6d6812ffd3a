"""Initials of people, and none of ids that a machine made."""

import pytest

from projects.avatars import AVATAR_HUES, hue, initials


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("joao.ferreira", "JF"),
        ("Ana Lima", "AL"),
        ("marta@example.com", "MA"),
        ("kenta mori tanaka", "KT"),
        ("x", "X"),
        ("лев толстой", "ЛТ"),
        ("anon_7f3a9c1e52b84d6f", "?"),
        ("550e8400-e29b-41d4-a716-446655440000", "?"),
        ("12", "?"),
        ("", "?"),
    ],
)
def test_initials_are_those_of_the_first_and_the_last_word(name: str, shown: str) -> None:
    assert initials(name) == shown


def test_a_name_has_one_colour() -> None:
    assert hue("ana") == hue("ana")
    assert {hue(f"user-{number}") for number in range(100)} == set(range(AVATAR_HUES))
    assert 0 <= hue("half \ud800 a character") < AVATAR_HUES
