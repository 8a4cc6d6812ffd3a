"""Hostile and odd texts, as a page shows them."""

import json
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
from django.conf import settings
from hypothesis import given
from hypothesis import strategies as st

from tracing.reading import texts, tree
from tracing.reading.markdown import ALLOWED_TAGS, is_markdown, rendered, without_signs

ATTACKS = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "[x](javascript:alert(1)) **b**",
    "[x](JaVaScRiPt:alert(1)) **b**",
    "[x](data:text/html,<script>alert(1)</script>) **b**",
    "[x](vbscript:x) `c`",
    "![x](https://evil.example/pixel.png) **b**",
    "![x](javascript:alert(1)) **b**",
    "<https://example.com/><script>alert(1)</script> **b**",
    "<javascript:alert(1)> **b**",
    '[x](https://example.com/"onmouseover="alert(1)) **b**',
    '[x](https://example.com "t\\" onclick=\\"alert(1)") **b**',
    "```<script>alert(1)</script>\n<img src=x onerror=alert(1)>\n```",
    '```"><script>alert(1)</script>\nx\n```',
    "| <svg onload=alert(1)> | b |\n|-|-|\n| <iframe src=//evil.example> | d |",
    "# <style>*{display:none}</style>\n<math><mtext><table><mglyph><style><img src=x onerror=alert(1)>",
    "[x][y] **b**\n\n[y]: javascript:alert(1)",
    "&lt;script&gt;alert(1)&lt;/script&gt; **b**",
    "<form action=//evil.example><input name=password><button formaction=javascript:alert(1)> **b**",
    '<a href="https://example.com" target=_blank style="position:fixed;inset:0">**b**</a>',
]


class Found(HTMLParser):
    """The tags and attributes that a browser would see."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: list[tuple[str, str | None]] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes += attrs


SCROLLS_BY_KEYS = ("tabindex", "0")  # of a wide table


def is_harmless(html: str) -> bool:
    found = Found(html)
    allowed = {"href", "title", "class", "start", "rel"}
    links = [value or "" for name, value in found.attributes if name == "href"]
    return (
        found.tags <= ALLOWED_TAGS
        and {name for name, value in found.attributes if (name, value) != SCROLLS_BY_KEYS} <= allowed
        and all(link.startswith(("http:", "https:", "mailto:")) or ":" not in link.split("/")[0] for link in links)
    )


@pytest.mark.parametrize("attack", ATTACKS)
def test_nothing_in_markdown_can_run_or_load(attack: str) -> None:
    assert is_harmless(rendered(attack) or "")


@given(st.text(alphabet="<>/\"'`=()[]!:\\&#;*|\n javscripthone1", max_size=80))
def test_no_mixture_of_signs_gets_past_the_sanitizer(text: str) -> None:
    assert is_harmless(rendered(text) or "")


@pytest.mark.parametrize("attack", ATTACKS)
def test_nothing_in_json_can_run(attack: str) -> None:
    html = tree.foldable({attack: [attack, {attack: attack}]})

    assert Found(html).tags <= {"div", "details", "summary", "ul", "li", "span"}
    assert {name for name, _ in Found(html).attributes} <= {"class", "open"}


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    )
)
def test_every_json_value_has_a_tree_or_is_too_large_for_one(value: object) -> None:
    if tree.is_small(value):
        assert tree.foldable(value).startswith('<div class="json">')


@given(st.text())
def test_every_text_can_be_shown(text: str) -> None:
    texts.shown(text)
    texts.earlier(text, 5)
    texts.piece(text, 3, 1)


@pytest.mark.parametrize(
    "text",
    [
        "[" * 500 + "]" * 500,
        '{"a":' * 200 + "1" + "}" * 200,
        json.dumps(list(range(5_000))),
        '[{"role": null, "content": {"a": 1}, "tool_calls": [1, {"arguments": "{"}], "media": [null, {"url": 1}]}]',
        '[{"role": ["user"], "content": [1, 2]}, {"role": "assistant"}]',
        '"a text in quotes"',
        "{not json",
        "null",
    ],
)
def test_odd_texts_are_shown_as_what_they_are(text: str) -> None:
    found = texts.shown(text)

    assert found.messages or found.body


def test_a_value_too_large_for_a_tree_is_read_on_as_text() -> None:
    body = texts.body_of(list(range(5_000)))

    assert body.html is None
    assert len(body.text) == texts.BODY_HEAD_CHARACTERS
    assert body.following == texts.BODY_HEAD_CHARACTERS


def test_pieces_of_a_text_make_the_whole() -> None:
    text = "".join(chr(97 + n % 26) for n in range(2 * texts.BODY_HEAD_CHARACTERS + 7))
    pieces, offset = [], 0
    while True:
        piece = texts.piece(text, offset)
        pieces.append(piece.text)
        if piece.following is None:
            break
        offset = piece.following

    assert "".join(pieces) == text


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2 * 3 * 4 = 24", False),
        ("a_b_c and x > y", False),
        ("**b**", True),
        ("- a\n- b", True),
        ("```\nx\n```", True),
        ("1. one\n2. two", True),
        ("see `x`", True),
    ],
)
def test_only_what_looks_like_markdown_is_rendered(text: str, expected: bool) -> None:
    assert is_markdown(text) is expected


def test_tags_are_read_as_words_and_what_stands_in_them_as_markdown() -> None:
    html = rendered("<thinking>\n**Plan** a < b\n</thinking>\n\n`<b>` <https://example.com/?a=1&b=2>")

    assert html is not None
    assert "&lt;thinking&gt;<br>\n<strong>Plan</strong> a &lt; b<br>\n&lt;/thinking&gt;" in html
    assert "<code>&lt;b&gt;</code>" in html
    assert '<a href="https://example.com/?a=1&amp;b=2"' in html


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("![a chart](https://example.com/a.png)", ">a chart</a>"),
        ("[![badge](https://example.com/b.png)](https://example.com/c)", 'href="https://example.com/c"'),
        ("[run](javascript:alert(1)) **b**", "run (javascript:alert(1))"),
        ("3. a\n4. b", '<ol start="3"><li>a</li><li>b</li></ol>'),
        ("| a |\n|-|\n| 1 |", "<thead><tr><th>a</th></tr></thead><tbody><tr><td>1</td></tr></tbody>"),
        ("a\nb `c`", "a<br>\nb"),
        ("~~a~~ **b**", "<s>a</s>"),
        ("- [x] a\n- [ ] b", '<span class="task done">☑</span> a'),
    ],
)
def test_markdown_keeps_its_form(text: str, html: str) -> None:
    assert html in (rendered(text) or "")


def test_no_template_puts_the_marks_of_a_whole_text_in_order() -> None:
    """Django's filters do so before they cut, which takes the square of how many marks stand on one letter."""
    templates = Path(settings.BASE_DIR / "templates").rglob("*.html")
    cutting = re.compile(r"\|(?:truncat|urlize|wordwrap|slugify)")

    assert [path.name for path in templates if cutting.search(path.read_text())] == []


def test_a_preview_loses_the_signs_and_keeps_the_words() -> None:
    assert (
        without_signs("**Done**: see [tracking](https://example.com/1) and `x`. # Next")
        == "Done: see tracking and x. Next"
    )
    assert without_signs("snake_case stays, 2 * 3 stays") == "snake_case stays, 2 * 3 stays"
