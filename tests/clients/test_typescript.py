"""clients/typescript is compiled and asks a running Confab over HTTP. Without Node it is skipped."""

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest
from django.conf import settings
from pytest_django.live_server_helper import LiveServer

from projects.models import Project
from tests.conftest import Key
from tests.conversations import tell

PACKAGE = settings.BASE_DIR / "clients" / "typescript"
ASKING = Path(__file__).parent / "asking.mjs"
OLDEST_NODE = 20
SESSION_IDS = ["support/1", "a b%2F?", "plain"]


@pytest.fixture(scope="session")
def compiled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The client as JavaScript, compiled by the compiler of its lock file."""
    if shutil.which("node") is None or shutil.which("npm") is None:
        pytest.skip("the TypeScript client needs Node and npm")
    said = subprocess.run(["node", "--version"], capture_output=True, text=True, check=True).stdout
    if int(said.removeprefix("v").partition(".")[0]) < OLDEST_NODE:
        pytest.skip(f"the TypeScript client needs Node {OLDEST_NODE}")
    place = tmp_path_factory.mktemp("typescript")
    shutil.copytree(PACKAGE, place, dirs_exist_ok=True, ignore=shutil.ignore_patterns("node_modules", "dist"))
    installing = ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"]
    installed = subprocess.run(installing, cwd=place, capture_output=True, text=True, timeout=240)
    if installed.returncode:
        pytest.skip(f"npm could not install the compiler: {installed.stderr[-300:]}")
    done = subprocess.run(["npm", "run", "build"], cwd=place, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stdout
    shutil.copy(ASKING, place)
    return place


@pytest.mark.sdk
@pytest.mark.django_db(transaction=True)
def test_the_typescript_client_asks_a_running_confab(
    compiled: Path, live_server: LiveServer, project: Project, key: Key
) -> None:
    for session_id in SESSION_IDS:
        tell(project, session_id)
    named = {"CONFAB_URL": live_server.url, "CONFAB_API_KEY": key.secret, "SESSION_IDS": json.dumps(SESSION_IDS)}
    done = subprocess.run(
        ["node", ASKING.name], cwd=compiled, env={"PATH": os.environ["PATH"], **named}, capture_output=True, text=True,
        timeout=60,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert sorted(told.pop("pages")) == sorted(SESSION_IDS)
    assert told == {
        "first": 2,
        "turns": [1, 2] * 3,
        "changed": ["vip"] * 3,
        "once": True,
        "filtered": 1,
        "lines": 1 + len(SESSION_IDS),
        "nothing": None,
        "problem": ["Problem", "not_found"],
        "refused": ["Problem", "invalid_parameters"],
        "named": ["q"],
        "unreachable": ["Unreachable", True],
        "dots": ["ConfabError", False],
    }


def test_the_client_has_the_version_of_the_product_and_names_no_registry() -> None:
    manifest = json.loads((PACKAGE / "package.json").read_text())
    assert manifest["version"] == settings.VERSION
    assert "dependencies" not in manifest
    assert "://" not in (PACKAGE / "package-lock.json").read_text()
