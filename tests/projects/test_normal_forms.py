"""Normal forms: right for what people write, and quick for what nobody writes."""

import ast
import sys
import unicodedata

import pytest

from projects.normal_forms import LONG_RUN, MARKS, MAX_MARKS, NormalForm, normalized
from tests.linear.growth import grown, steepness
from tests.linear.patterns import ROOT, trees

FORMS: tuple[NormalForm, ...] = ("NFC", "NFKC", "NFKD")
RUNS = ("\u0301\u0327", "\u0327\u0301", "\u0f73\u0301", "\uff9e\u0301", "\u0344\u0327", "\u05bc\u05b8", "a\u0301\u0327")


@pytest.mark.parametrize(
    "text", ["Ti\u00ea\u0301ng Vi\u00ea\u0323t", "\u05e9\u05c1\u05b8\u05dc\u05d5\u05b9\u05dd", "\uff76\uff9e\ufb01"]
)
def test_what_people_write_is_normalized_as_unicode_says(text: str) -> None:
    for form in FORMS:
        assert normalized(form, text) == unicodedata.normalize(form, text)


def test_marks_beyond_thirty_on_a_letter_are_left_out() -> None:
    assert normalized("NFKD", "a" + "\u0301" * 500 + "b") == "a" + "\u0301" * MAX_MARKS + "b"


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("unit", RUNS)
def test_a_run_of_marks_takes_time_by_its_length(form: NormalForm, unit: str) -> None:
    assert not steepness(
        lambda text: normalized(form, text), lambda size: grown(size, "", unit), (2_048, 8_192, 32_768)
    )


def test_every_mark_of_unicode_is_known() -> None:
    marks = {code for code in range(sys.maxunicode + 1) if unicodedata.combining(chr(code))}

    assert {chr(code) for code in marks} <= set(MARKS)
    assert LONG_RUN.fullmatch(MARKS)


def test_nothing_else_normalizes_a_text() -> None:
    found = {
        str(path.relative_to(ROOT))
        for path, tree in trees()
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and node.attr == "normalize"
        if isinstance(node.value, ast.Name) and node.value.id == "unicodedata"
    }

    assert found == {"projects/normal_forms.py"}
