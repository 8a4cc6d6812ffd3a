"""The documented snippets, run by the real SDKs against a running Confab: only base URL and keys are given."""

import json
import os
import shutil
import subprocess
import sys
import time
import urllib.request
from pathlib import Path
from statistics import median
from typing import Any

import pytest

from tests.live import Up

HERE = Path(__file__).parent
SNIPPETS = HERE / "snippets"
SECONDS = 180  # for one program, which a busy machine may compile first
WAITED: list[float] = []  # seconds, by each snippet that was run
pytestmark = pytest.mark.sdk

EXPECTED: dict[str, dict[str, Any]] = {
    "interactiveai_context_manager.py": {
        "id": "ticket-2611",
        "trace_count": 2,
        "user_ids": ["user-a"],
        "tags": ["shipping", "support"],
        "input_tokens": 120,
        "output_tokens": 45,
        "total_tokens": 165,
        "total_cost": "0.00075",
        "first_input": "My order #12345 hasn't arrived yet",
        "last_output": "It is on its way.",
    },
    "interactiveai_observe.py": {
        "id": "chat-observe",
        "trace_count": 1,
        "span_count": 2,
        "user_ids": ["user-b"],
        "tags": ["web"],
        "total_tokens": 42,
    },
    "interactiveai_propagate.py": {"id": "chat-propagate", "span_count": 2, "user_ids": ["user-c"], "tags": ["vip"]},
    "laminar_observe.py": {"id": "laminar-observe", "trace_count": 1, "user_ids": ["user-d"]},
    "laminar_session_http.py": {"id": "laminar-session", "span_count": 2, "total_tokens": 165, "total_cost": "0.00075"},
    "langfuse_propagate.py": {"id": "langfuse-propagate", "user_ids": ["user-e"], "tags": ["beta"], "total_tokens": 10},
    "opentelemetry_sessions.py": {"id": "otel-session", "user_ids": ["user-f"], "total_cost": "0.00045"},
    "laminar_observe.mjs": {"id": "laminar-js-observe", "span_count": 2, "user_ids": ["user-g"]},
    "laminar_session_http.mjs": {"id": "laminar-js-session", "trace_count": 1},
    "langfuse_propagate.mjs": {"id": "langfuse-js-propagate", "user_ids": ["user-h"], "last_output": "On its way."},
}


@pytest.fixture(scope="session")
def node_modules(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The JavaScript SDKs, installed once from the lock file."""
    if shutil.which("npm") is None:
        pytest.skip("the JavaScript SDKs need Node and npm")
    folder = HERE / "js"
    if not (folder / "node_modules" / "@lmnr-ai" / "lmnr").exists():
        command = ["npm", "install", "--ignore-scripts", "--no-save", "--no-audit", "--no-fund"]
        installed = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=240)
        if installed.returncode:
            pytest.skip(f"npm could not install the JavaScript SDKs: {installed.stderr[-300:]}")
    return folder / "node_modules"


def run(command: list[str], confab: Up, **env: str) -> str:
    """Run a program with the keys, and return what it writes."""
    keys = {
        "CONFAB_URL": confab.url,
        "CONFAB_PORT": str(confab.port),
        "CONFAB_GRPC_PORT": str(confab.grpc_port),
        "CONFAB_PUBLIC_KEY": confab.public_key,
        "CONFAB_SECRET_KEY": confab.secret_key,
    }
    environment = {"PATH": os.environ["PATH"], "HOME": os.environ.get("HOME", "/tmp"), **keys, **env}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=SECONDS)
    assert done.returncode == 0, done.stderr
    return done.stdout


def session(confab: Up, session_id: str) -> dict[str, Any]:
    request = urllib.request.Request(
        f"{confab.url}/api/v1/sessions/{session_id}", headers={"Authorization": f"Bearer {confab.secret_key}"}
    )
    with urllib.request.urlopen(request, timeout=10) as answer:
        found: dict[str, Any] = json.load(answer)
    return found


def assert_session_stands(confab: Up, expected: dict[str, Any]) -> None:
    """Notes how long it took after the flush."""
    began, error = time.monotonic(), AssertionError()
    while time.monotonic() < began + 20:
        try:
            found = session(confab, expected["id"])
            assert {name: found[name] for name in expected} == expected
        except (AssertionError, OSError) as failure:
            error = AssertionError(str(failure))
            time.sleep(0.05)
        else:
            WAITED.append(time.monotonic() - began)
            return
    raise error


@pytest.mark.parametrize("name", [name for name in EXPECTED if name.endswith(".py")])
def test_a_python_snippet_gives_its_session(confab: Up, name: str) -> None:
    run([sys.executable, str(SNIPPETS / name)], confab)

    assert_session_stands(confab, EXPECTED[name])


@pytest.mark.parametrize("name", [name for name in EXPECTED if name.endswith(".mjs")])
def test_a_javascript_snippet_gives_its_session(confab: Up, node_modules: Path, tmp_path: Path, name: str) -> None:
    (tmp_path / "node_modules").symlink_to(node_modules)
    shutil.copy(SNIPPETS / name, tmp_path)
    run(["node", str(tmp_path / name)], confab)

    assert_session_stands(confab, EXPECTED[name])


def test_a_session_stands_within_two_seconds_of_the_flush(confab: Up) -> None:
    """What the product promises; a busy machine may delay one of them."""
    assert median(WAITED) < 2


def test_every_snippet_is_run() -> None:
    assert {path.name for path in SNIPPETS.iterdir() if path.suffix in {".py", ".mjs"}} == set(EXPECTED)


@pytest.mark.parametrize("name", EXPECTED)
def test_the_documentation_shows_the_snippet_as_it_runs(name: str) -> None:
    documented = (HERE.parent.parent / "docs" / "sdks.md").read_text()

    assert f"<!-- {name} -->" in documented
    assert (SNIPPETS / name).read_text() in documented
