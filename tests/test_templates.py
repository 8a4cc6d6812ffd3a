"""Templates are written so that a person can read them, and a change of one element is a change of one line."""

import re
from pathlib import Path

import pytest
from django.conf import settings
from django.template.loader import get_template

ROOT = Path(settings.BASE_DIR, "templates")
TEMPLATES = sorted(str(path.relative_to(ROOT)) for path in ROOT.rglob("*.html"))
MAX_COLUMNS = 120
MAX_COMPARISONS = 2  # branches of one choice that compare with `==`: more are a table in Python
DJANGO_TAG = re.compile(r"{%-? *(\w+)(.*?)%}|{{.*?}}|{#.*?#}")
PAIRED = {"if", "for", "with", "block", "partialdef"}
BLOCK_ELEMENT = re.compile(
    r"<(article|aside|body|caption|col|colgroup|dd|details|dialog|div|dl|dt|fieldset|figcaption|figure|footer|form|h[1-6]"
    r"|head|header|legend|li|main|nav|ol|option|p|section|summary|table|tbody|td|tfoot|th|thead|tr|ul)\b"
)
CLOSING_LINE = re.compile(r"^( *)(?:</([a-z0-9]+)>|{% end(\w+) )")
OPENING_LINE = re.compile(r"^( *)(?:<([a-z0-9]+)\b|{% (\w+) )")

each = pytest.mark.parametrize("name", TEMPLATES)


def lines_of(name: str) -> list[str]:
    return (ROOT / name).read_text().splitlines()


@each
def test_a_template_compiles(name: str) -> None:
    assert get_template(name).template.name == name  # type: ignore[attr-defined]


@each
def test_no_line_is_too_long_or_ends_in_blanks(name: str) -> None:
    assert [line for line in lines_of(name) if len(line) > MAX_COLUMNS or line != line.rstrip()] == []


@each
def test_lines_are_indented_by_two_spaces_and_end_where_they_began(name: str) -> None:
    """A closing tag at the beginning of a line stands below the line that opened it."""
    opened: list[tuple[str, str]] = []
    for line in lines_of(name):
        indent = line[: len(line) - len(line.lstrip())]
        assert len(indent) % 2 == 0, line
        assert "\t" not in indent, line
        if found := CLOSING_LINE.match(line):
            word = found[2] or found[3]
            while opened and opened[-1][0] != word:
                opened.pop()  # closed in its own line, or an element that is never closed
            if opened:
                assert opened.pop()[1] == indent, line
        elif (found := OPENING_LINE.match(line)) and not is_closed(line, found[2], found[3]):
            opened.append((found[2] or found[3], indent))


@each
def test_a_line_begins_at_most_one_block_element(name: str) -> None:
    assert [line for line in lines_of(name) if len(BLOCK_ELEMENT.findall(line)) > 1] == []


@each
def test_no_choice_compares_with_many_values(name: str) -> None:
    choices: list[int] = []
    for found in DJANGO_TAG.finditer((ROOT / name).read_text()):
        tag, condition = found[1], found[2] or ""
        if tag == "if":
            choices.append(0)
        if tag in ("if", "elif") and "==" in condition:
            choices[-1] += 1
            assert choices[-1] <= MAX_COMPARISONS, found[0]
        if tag == "endif":
            choices.pop()


def is_closed(line: str, element: str | None, tag: str | None) -> bool:
    """Whether what begins at the beginning of the line ends in it; tags of Django that are not paired need no end."""
    if element:
        return f"</{element}>" in line
    return tag not in PAIRED or f"{{% end{tag}" in line


@each
def test_a_box_that_scrolls_can_be_scrolled_by_keys(name: str) -> None:
    text = " ".join(lines_of(name))
    for found in re.finditer(r'<\w+[^>]*class="table-box[^>]*>', text):
        assert all(part in found[0] for part in ("tabindex", "aria-label", "role")), found[0]
