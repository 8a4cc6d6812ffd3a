"""docs/operations.md, compose.yaml and the chart name every variable that the settings read, and no other."""

import json
import re

import yaml
from django.conf import settings

from tests.config.deployed import OURS, SERVICES
from tests.live import BASE_DIR

CHART = BASE_DIR / "deploy" / "chart"
NAME = r"(?:CONFAB_[A-Z_]+|DATABASE_URL|REDIS_URL|SENTRY_DSN)"


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


def test_every_pod_gets_every_variable() -> None:
    """A variable belongs to `config` of values.yaml, a secret one to `secrets`, and each to values.schema.json."""
    values = yaml.safe_load((CHART / "values.yaml").read_text())
    schema = json.loads((CHART / "values.schema.json").read_text())["properties"]
    environment = SERVICES["web"]["environment"]
    secret = {name.removesuffix("_FILE") for name in environment if name.endswith("_FILE")}
    fixed = {"CONFAB_DATA", "CONFAB_ALIVE_DIR"}  # what the templates mount

    assert set(values["secrets"]) == set(schema["secrets"]["properties"]) == secret
    assert set(schema["existingSecret"]["properties"]["keys"]["items"]["enum"]) == secret
    assert set(values["config"]) == set(schema["config"]["properties"]) == read_by_the_settings() - secret - fixed


def test_the_chart_has_the_version_of_the_program() -> None:
    chart = yaml.safe_load((CHART / "Chart.yaml").read_text())

    assert chart["version"] == chart["appVersion"] == settings.VERSION
