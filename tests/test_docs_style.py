"""The prose of the documentation fits into 120 columns and avoids phrases that readers stumble over."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/*.md"), *ROOT.glob("clients/*/README.md")])
PAGES.remove(ROOT / "CHANGELOG.md")
LINE_LENGTH = 120
CODE = re.compile(r"^```.*?^```$|`[^`]*`", re.MULTILINE | re.DOTALL)
PHRASES = re.compile(
    r"\bso (?:many|much|often)\b(?! (?:\w+ ){0,3}(?:that|as))|\bwhoever\b|\bto who\b|\bwho (?:scores|reviews|asks)\b"
    r"|\b(?:comes?|came) to[.:,;]|\b(?:what|they) .{0,60}\bcomes? to\b|\btold\b|\banew\b|\bof before\b"
    r"|\bsaid to be\b|\bthat there (?:is|are)\b|\bgo(?:es)? by\b",
    re.IGNORECASE,
)


def prose(page: str) -> str:
    """Return the page without code, which may contain any words."""
    return CODE.sub("", page)


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.name)
def test_lines_of_prose_have_at_most_120_characters(path: Path) -> None:
    is_code = False
    for number, line in enumerate(path.read_text().splitlines(), 1):
        if line.startswith("```"):
            is_code = not is_code
        assert is_code or line.startswith("|") or len(line) <= LINE_LENGTH, f"{path.name}:{number} is too long"


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.name)
def test_pages_avoid_phrases_that_a_stranger_does_not_understand(path: Path) -> None:
    found = [match.group(0) for match in PHRASES.finditer(" ".join(prose(path.read_text()).split()))]

    assert found == []
