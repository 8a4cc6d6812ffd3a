"""docs/operations.md and compose.yaml name every variable that the settings read, and no other."""

import re

from tests.config.deployed import OURS, SERVICES
from tests.live import BASE_DIR

NAME = r"(?:CONFAB_[A-Z_]+|DATABASE_URL|REDIS_URL)"


def read_by_the_settings() -> set[str]:
    settings = "".join(path.read_text() for path in (BASE_DIR / "config" / "settings").glob("*.py"))
    return set(re.findall(rf'(?:env|env_flag|env_list|get)\(\s*"({NAME})"', settings))


def test_the_table_of_the_environment_is_complete() -> None:
    table = (BASE_DIR / "docs" / "operations.md").read_text().partition("## Environment")[2]

    assert set(re.findall(rf"^\| `({NAME})` \|", table, re.MULTILINE)) == read_by_the_settings()


def test_every_container_gets_every_variable() -> None:
    """A variable belongs to the `environment` of compose.yaml, a secret one as NAME_FILE with its file."""
    for unit in OURS:
        assert {name.removesuffix("_FILE") for name in SERVICES[unit]["environment"]} == read_by_the_settings()
