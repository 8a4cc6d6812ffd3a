"""Formulas in TeX are drawn as MathML, and what is none stays as it was written."""

import re
from html import unescape

import pytest
from django.utils.html import strip_tags
from hypothesis import given
from hypothesis import strategies as st

from sessions.translation.masking import mask, spans_of
from tests.linear.growth import UNITS
from tracing.reading.bodies import body_of
from tracing.reading.formulas import MATH_ATTRIBUTES, MATH_TAGS, MAX_FORMULA_CHARACTERS, MAX_FORMULAS
from tracing.reading.markdown import ALLOWED_TAGS, rendered

ROOTS = r"\frac{-b \pm \sqrt{b^2-4ac}}{2a}"
TAG = re.compile(r"<(\w+)([^>]*)>")


def html_of(text: str) -> str:
    return rendered(text) or ""


def words_of(text: str) -> str:
    return unescape(strip_tags(html_of(text)))


@pytest.mark.parametrize(
    ("text", "drawn"),
    [
        (r"\(x^2\)", "<msup><mi>x</mi><mn>2</mn></msup>"),
        (f"$${ROOTS}$$", "<mfrac>"),
        (f"\\[\n{ROOTS}\n\\]", "<mo>±</mo>"),
        (r"so $\alpha_1$ is", "<msub><mi>α</mi><mn>1</mn></msub>"),
        (r"$$a_1*b_1*c_1$$", "<mo>*</mo><msub><mi>b</mi>"),
        (r"\[\begin{aligned} a &= b \\ c &= d \end{aligned}\]", '<mtd columnalign="right"><mi>c</mi></mtd>'),
        (r"\[\begin{cases} 1 & x<0 \\ 2 & \text{else} \end{cases}\]", "<mo>&lt;</mo>"),
        (r"| a |\n|-|\n| \(|x|\) |".replace(r"\n", "\n"), "<td><math"),
        (r"\(\boxed{42}\)", '<menclose notation="box">'),
    ],
)
def test_formulas_are_drawn(text: str, drawn: str) -> None:
    body = body_of(text)

    assert body.html is not None
    assert drawn in body.html


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("**a** $5 and $6", "a $5 and $6"),
        ("**a** costs $x$, not $5.50 or $ 6", "a costs $x$, not $5.50 or $ 6"),
        ("**a** $$5 and $$6", "a $$5 and $$6"),
        (r"US$5 \alpha and US$6 `x`", r"US$5 \alpha and US$6 x"),
        (r"\[a **note**\] \(open", "[a note] (open"),
        (r"\[not a link\](https://example.com)", "[not a link](https://example.com)"),
        (r"`\(x\)` and `echo $$` and `kill $$`", r"\(x\) and echo $$ and kill $$"),
        ("```\n\\(x\\) $$y$$\n```", "\\(x\\) $$y$$\n"),
        ("```\necho $$\n```\n\nor\n\n```\nkill $$\n```", "echo $$\norkill $$\n"),
        ("**a** $$x\n\ny$$", "a $$xy$$"),
        ("**a** \ufdd20\ufdd3", "a \ufffd0\ufffd"),
    ],
)
def test_what_is_no_formula_stays_text(text: str, shown: str) -> None:
    assert words_of(text) == shown
    assert "<math" not in html_of(text)


@pytest.mark.parametrize(
    "formula",
    [
        r"\(\unknown{x}\)",
        r"\(\frac{1}\)",
        r"\(\begin{tikzpicture} x \end{tikzpicture}\)",
        r"\(\href{javascript:alert(1)}{x}\)",
        r"\(\newcommand{\a}{xx}\a\)",
        r"\(\def\a{\b\b}\a\)",
        r"\(\sideset{}{}{\sideset{}{}{x}}\)",
        "\\(" + "{" * 200 + "x" + "}" * 200 + "\\)",
        "\\(" + "x+" * MAX_FORMULA_CHARACTERS + "\\)",
        r"\(\foo \text{<script>alert(1)</script>}\)",
    ],
)
def test_a_formula_that_cannot_be_drawn_is_shown_as_it_was_written(formula: str) -> None:
    assert words_of(f"**a** {formula}") == f"a {formula}"
    assert "<math" not in html_of(formula)
    assert "<script" not in html_of(formula)


def test_a_formula_moves_nothing_and_hides_nothing() -> None:
    html = html_of(
        r"\(\hspace{-99em} \class{nav}{a} \style{position:fixed}{b} \color{white}{c} \raise99em{d} \above 99em e\)"
        r" \(\text{<img src=x onerror=alert(1)>}\)"
    )

    assert "99em" not in html
    assert not re.search(r"<(?!span)[^>]*(?:style|class|color|onerror|src)=", html)


@given(st.lists(st.sampled_from([*UNITS, r"\frac", r"\text{", r"\left(", "_", "^", "{", "}", r"\begin{matrix}", "&"])))
def test_whatever_a_formula_says_only_known_tags_are_written(units: list[str]) -> None:
    html = html_of("$$" + "".join(units) + "$$ \\(" + "".join(units) + "\\)")

    for tag, attributes in TAG.findall(html):
        assert tag in ALLOWED_TAGS
        if tag in MATH_TAGS:
            assert set(re.findall(r"(\w+)=", attributes)) <= set(MATH_ATTRIBUTES.get(tag, ()))


def test_a_text_has_only_so_many_formulas_and_so_much_of_them() -> None:
    many = html_of(r"\(x\) " * (MAX_FORMULAS + 5))
    large = html_of(r"\(\LaTeX\LaTeX\) " * MAX_FORMULAS)

    assert many.count("<math") == MAX_FORMULAS
    assert many.count("\\(x\\)") == 5
    assert 0 < large.count("<math") < MAX_FORMULAS
    assert r"\(\LaTeX\LaTeX\)" in large


def test_engines_see_no_formula() -> None:
    text = rf"The roots are \(x_1\) and $${ROOTS}$$ as \[ \text{{shown}} \] costs $5."

    assert mask(text, spans_of(text)).text == "The roots are XQ0 and XQ1 as XQ2 costs XQ3."
