"""Code in texts: which is coloured, and that no text takes longer than its length."""

import re
from html import unescape

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.growth import MOST_GROWTH, growth
from tracing.reading import code
from tracing.reading.code import GRAMMARS, GRAMMARS_BY_NAME, coloured

# What a language's tokens begin and end with, alone and two after one another.
PIECES = ("'", '"', "\\", "/*", "*/", '"""', "`", "#", "<!--", "-->", "<a ", '="', "\n", "a", "1", "@@ ", "+", "-")


@pytest.fixture(autouse=True)
def _code_of_any_length(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(code, "MAX_COLOURED_CHARACTERS", 1_000_000)


@pytest.mark.parametrize(
    ("language", "text", "html"),
    [
        ("python", "return 1 # b", '<span class="k">return</span> <span class="m">1</span> <span class="c"># b</span>'),
        ("js", "const a = `b`", '<span class="k">const</span> a = <span class="s">`b`</span>'),
        ("SQL", "SELECT 1", '<span class="k">SELECT</span> <span class="m">1</span>'),
        ("rust", "fn f<'a>() // b", '<span class="k">fn</span> f&lt;&#x27;a&gt;() <span class="c">// b</span>'),
        ("diff", "+a\n-b\n c", '<span class="gi">+a</span>\n<span class="gd">-b</span>\n c'),
        ("html", "<b>1", '<span class="k">&lt;b</span><span class="k">&gt;</span>1'),
        ("scala3-with-macros", "def f", "def f"),
    ],
)
def test_code_is_coloured_in_the_languages_of_the_list(language: str, text: str, html: str) -> None:
    assert coloured(text, language) == html


@given(st.sampled_from(sorted(GRAMMARS_BY_NAME)), st.text(alphabet="'\"\\/*#<!->=`\n a1@+", max_size=60))
def test_colours_change_no_character(language: str, text: str) -> None:
    assert unescape(re.sub(r"<[^>]*>", "", coloured(text, language))) == text


@pytest.mark.parametrize("names", sorted(GRAMMARS))
def test_code_takes_time_by_its_length_in_every_language(names: str) -> None:
    language = names.split()[0]
    families = {f"{first!r} {second!r}": first + second for first in PIECES for second in ("", *PIECES)}
    slow = {
        name: found
        for name, unit in families.items()
        if (found := growth(lambda text: coloured(text, language), lambda size, u=unit: u * (size // len(u)), 500))
        > MOST_GROWTH
    }
    assert slow == {}
