"""docs/numbers.md names a test for each rule: every one of them exists."""

import re
from pathlib import Path

ROOT = Path(__file__).parent.parent
NAMED = re.compile(r"`(test_\w+)`")
DEFINED = re.compile(r"^def (test_\w+)", re.MULTILINE)


def test_every_rule_of_the_numbers_names_a_test_that_exists() -> None:
    defined = {name for file in (ROOT / "tests").rglob("test_*.py") for name in DEFINED.findall(file.read_text())}
    rules = re.split(r"^\* ", (ROOT / "docs/numbers.md").read_text(), flags=re.MULTILINE)[1:]

    assert {name for rule in rules for name in NAMED.findall(rule)} - defined == set()
    assert [rule for rule in rules if not NAMED.search(rule)] == []
