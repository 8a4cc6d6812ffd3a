"""What is shown around words that were found within a session: as they were written, cut between words."""

import pytest

from sessions.replay.hits import AROUND, FoundWords, excerpt
from sessions.search.tokens import folded

LONG = "Before that we looked at the Number of seats and the colour of every door in the building. "


@pytest.mark.parametrize(
    ("text", "asked", "words"),
    [
        ("Compare `0.1 + 0.2` in Binary, and the ERROR shows.", "error shows", "ERROR shows"),
        ("Ask for Señora\nMiller, please", "senora miller", "Señora Miller"),
        ("Straße nach İstanbul", "STRASSE", "Straße"),
        ("ＦＵＬＬ width", "full width", "ＦＵＬＬ width"),
        ("荷物はどこですか", "どこ", "どこ"),
        ("أين طلبي رقم ١٢", "طلبي", "طلبي"),
    ],
)
def test_a_hit_is_shown_as_it_was_written(text: str, asked: str, words: str) -> None:
    assert excerpt(text, folded(asked)).words == words


def test_it_is_cut_between_words_and_says_so() -> None:
    found = excerpt(f"{LONG}The **Total** is 3. {LONG}", "total")

    assert found.words == "Total"
    assert found.before.startswith("…")
    assert found.before[1:].split()[0] in LONG.split()
    assert found.after.endswith("…")
    assert found.after[:-1].split()[-1] in LONG.split()
    assert max(len(found.before), len(found.after)) <= AROUND + 2


def test_signs_of_markdown_are_left_out_unless_they_are_sought() -> None:
    assert excerpt("I suggest `round(x)` and **stay** with it", "stay") == FoundWords(
        "I suggest round(x) and ", "stay", " with it"
    )
    assert excerpt("I suggest `round(x)` now", "`round") == FoundWords("I suggest ", "`round", "(x)` now")


def test_a_long_word_is_cut_rather_than_left_out() -> None:
    found = excerpt("a" * 500 + "needle" + "b" * 500, "needle")

    assert (found.words, len(found.before), len(found.after)) == ("needle", AROUND + 1, AROUND + 1)


def test_without_a_hit_the_text_begins_and_no_word_is_marked() -> None:
    found = excerpt(LONG * 3, "unheard of")

    assert found.words == ""
    assert found.before.startswith("before that we looked")
