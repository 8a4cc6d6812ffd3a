"""docs/operations.md names every variable that the settings read, and no other."""

import re
from pathlib import Path

BASE_DIR = Path(__file__).resolve().parents[2]
NAME = r"(?:CONFAB_[A-Z_]+|DATABASE_URL|REDIS_URL)"


def test_the_table_of_the_environment_is_complete() -> None:
    settings = "".join(path.read_text() for path in (BASE_DIR / "config" / "settings").glob("*.py"))
    table = (BASE_DIR / "docs" / "operations.md").read_text().partition("## Environment")[2]

    read = set(re.findall(rf'(?:env|env_flag|env_list|get)\(\s*"({NAME})"', settings))
    assert set(re.findall(rf"^\| `({NAME})` \|", table, re.MULTILINE)) == read
