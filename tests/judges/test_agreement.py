"""Agreement against published examples, and against what must hold for all answers."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sessions.judges.agreement import (
    alpha_interval,
    cohen_kappa,
    confusion_of,
    interval,
    kappa_difference,
    krippendorff_alpha,
)


def pairs(*rows: tuple[str, str, int]) -> list[tuple[str, str]]:
    return [(one, other) for one, other, count in rows for _ in range(count)]


def test_kappa_of_fleiss_with_its_standard_error() -> None:
    """Fleiss (1981), table 13.1, of 100 diagnoses by two raters: kappa .676, standard error .087."""
    table = pairs(
        ("psychotic", "psychotic", 75), ("psychotic", "neurotic", 1), ("psychotic", "organic", 4),
        ("neurotic", "psychotic", 5), ("neurotic", "neurotic", 4), ("neurotic", "organic", 1),
        ("organic", "organic", 10),
    )  # fmt: skip
    found = cohen_kappa(table)
    assert found is not None
    assert found.estimate == pytest.approx(0.676, abs=5e-4)
    assert found.low is not None
    assert (found.estimate - found.low) / 1.96 == pytest.approx(0.0875, abs=1e-3)


def test_kappa_of_two_readers_of_grants() -> None:
    """Wikipedia's example: 20 yes/yes, 5 and 10 apart, 15 no/no, so that kappa is 0.4."""
    found = cohen_kappa(pairs(("y", "y", 20), ("y", "n", 5), ("n", "y", 10), ("n", "n", 15)))
    assert found is not None
    assert found.estimate == pytest.approx(0.4)


# Krippendorff (2011), section C: four observers, twelve units, missing data.
KRIPPENDORFF = [
    [1, 1, 1], [2, 2, 3, 2], [3, 3, 3, 3], [3, 3, 3, 3], [2, 2, 2, 2], [1, 2, 3, 4], [4, 4, 4, 4], [1, 1, 2, 1],
    [2, 2, 2, 2], [5, 5, 5], [1, 1], [3],
]  # fmt: skip


def test_alpha_of_krippendorff() -> None:
    assert krippendorff_alpha(KRIPPENDORFF) == pytest.approx(0.743, abs=5e-4)
    assert krippendorff_alpha(KRIPPENDORFF, interval) == pytest.approx(0.849, abs=5e-4)


def test_alpha_of_two_observers() -> None:
    """Krippendorff (2011), section B: ten articles, two observers, nominal: 0.692 of section B's five values."""
    first = ["a", "a", "b", "b", "d", "c", "c", "c", "e", "d", "d", "a"]
    second = ["b", "a", "b", "b", "b", "c", "c", "c", "e", "d", "d", "d"]
    assert krippendorff_alpha(list(zip(first, second, strict=True))) == pytest.approx(0.692, abs=5e-4)


def test_nothing_to_agree_on_is_none_and_no_zero() -> None:
    assert cohen_kappa([]) is None
    assert cohen_kappa([("y", "y")] * 9) is None
    assert krippendorff_alpha([["y", "y"]] * 9) is None
    assert alpha_interval([["y"]]) is None


def test_the_matrix_has_what_was_found_and_what_was_right() -> None:
    found = confusion_of(pairs(("yes", "yes", 3), ("yes", "no", 1), ("no", "no", 4), ("no", "yes", 2)), ["yes", "no"])
    assert (found.labels, found.size, found.agreed) == (("yes", "no"), 10, 7)
    assert (found.recall("yes"), found.precision("yes")) == (0.75, 0.6)


def test_a_better_prompt_is_better_and_the_same_is_not() -> None:
    truth = ["y", "n"] * 30
    guess = ["y" if place % 3 else word for place, word in enumerate(truth)]
    before, after = list(zip(truth, guess, strict=True)), list(zip(truth, truth, strict=True))
    better, same = kappa_difference(before, after), kappa_difference(after, after)
    assert better is not None
    assert better.low is not None
    assert better.low > 0
    assert same is not None
    assert same.estimate == 0


@given(st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from("abc")), max_size=60))
def test_statistics_hold_for_all_answers(answers: list[tuple[str, str]]) -> None:
    kappa, alpha = cohen_kappa(answers), krippendorff_alpha(answers)
    mirrored = cohen_kappa([(other, one) for one, other in answers])
    assert (kappa is None) == (mirrored is None)
    if kappa is not None and mirrored is not None:
        assert -1 <= kappa.estimate <= 1
        assert kappa.estimate == pytest.approx(mirrored.estimate)
        assert kappa.low is not None
        assert kappa.high is not None
        assert kappa.low <= kappa.estimate <= kappa.high
    assert alpha is None or alpha <= 1
