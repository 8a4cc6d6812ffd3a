"""docs/security.md names a test for each promise, and each of them exists."""

import re
from pathlib import Path

BASE_DIR = Path(__file__).resolve().parent.parent
NAMED = re.compile(r"`(test_\w+|(?:tests|projects)/[\w/.]+\.py)`")


def test_every_test_that_the_threat_model_names_exists() -> None:
    named = NAMED.findall((BASE_DIR / "docs/security.md").read_text())
    sources = "\n".join(path.read_text() for path in (BASE_DIR / "tests").rglob("test_*.py"))

    assert len(named) > 30
    for name in named:
        assert (BASE_DIR / name).exists() if name.endswith(".py") else f"def {name}(" in sources, name


def test_every_promise_names_a_test() -> None:
    rows = re.findall(
        r"^\| (?!promise|---)(.+?) \| (.+) \|$", (BASE_DIR / "docs/security.md").read_text(), re.MULTILINE
    )

    assert rows
    assert [promise for promise, tests in rows if not NAMED.search(tests)] == []
