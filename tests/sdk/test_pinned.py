"""Versions of the clients, each in an environment of its own with pinned packages, against a running Confab.

    CONFAB_PINNED=all ./run test tests/sdk/test_pinned.py

runs every version. Without CONFAB_PINNED, the newest two run, where packages can be installed. The packages of a
version are in tests/sdk/pinned; `uv pip compile --generate-hashes --no-header --no-annotate --python-version 3.11`
writes such a file for a line like `langfuse==5.0.4`."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.live import Up
from tests.sdk.test_snippets import assert_session_stands, run

FOLDER = Path(__file__).parent / "pinned"
INSTALL_SECONDS = 300
# The program and its arguments, by package and version; the newest two of Langfuse stand first.
VERSIONS = {
    "langfuse-5.0.4": ["langfuse_v5.py"],
    "langfuse-4.18.0": ["langfuse_v5.py"],
    "langfuse-3.15.0": ["langfuse_v3.py"],
    "langfuse-2.60.10": ["langfuse_v2.py"],
    "interactiveai-1.1.9": ["langfuse_v3.py", "interactiveai"],
    "lmnr-0.8.2": ["laminar.py"],
    "lmnr-0.7.67": ["laminar.py"],
    "mcp-2.3.0": ["agent.py"],
}
ASKED = list(VERSIONS) if os.environ.get("CONFAB_PINNED") == "all" else list(VERSIONS)[:2]
UNSCORED = {"lmnr-0.8.2"}  # whose client no longer scores
WORDS = {"first_input": "Where is it?", "last_output": "On its way."}
FACTS = {"user_ids": ["user-a"], "tags": ["x"], "trace_count": 1, "total_tokens": 50, "total_cost": "0.000275", **WORDS}


def python_with(lock: Path, place: Path) -> str:
    """Install the packages of a lock, and return the Python that has them. Skip where there is no registry."""
    python = str(place / "bin" / "python")
    if shutil.which("uv"):
        commands = [["uv", "venv", "-q", "--python", sys.executable, str(place)]]
        commands += [["uv", "pip", "install", "-q", "--require-hashes", "--python", python, "-r", str(lock)]]
    else:
        commands = [[sys.executable, "-m", "venv", str(place)]]
        commands += [[python, "-m", "pip", "install", "-q", "--require-hashes", "-r", str(lock)]]
    for command in commands:
        done = subprocess.run(command, capture_output=True, text=True, timeout=INSTALL_SECONDS)
        assert "hash" not in done.stderr.lower(), done.stderr
        if done.returncode:
            pytest.skip(f"the packages of {lock.stem} could not be installed: {done.stderr[-300:]}")
    return python


@pytest.mark.sdk
@pytest.mark.parametrize("version", ASKED)
def test_a_version_writes_and_reads_with_its_pinned_packages(confab: Up, tmp_path: Path, version: str) -> None:
    program, *arguments = VERSIONS[version]
    python = python_with(FOLDER / f"{version}.txt", tmp_path / "environment")
    session_id = f"pinned-{version}"
    run([python, "-B", str(FOLDER / program), *arguments], confab, SESSION=session_id)

    scores = {} if version in UNSCORED else {"quality": {"count": 1, "mean": 4, "shares": {}}}
    assert_session_stands(confab, {"id": session_id, **FACTS, "scores": scores})


def test_the_page_names_every_version() -> None:
    page = (Path(__file__).parents[2] / "docs" / "api.md").read_text()
    [said] = re.findall(r"pinned by their hashes, (.*?)\. An ordinary run", page, re.DOTALL)
    named = re.findall(r"([a-z]+) ((?:[\d.]+\d(?:,| and)?\s)*[\d.]+\d)", said)
    assert [f"{name}-{one}" for name, all_of in named for one in re.findall(r"[\d.]+\d", all_of)] == list(VERSIONS)


def test_every_pinned_version_is_run_and_has_hashes() -> None:
    locks = {path.stem: path.read_text() for path in FOLDER.glob("*.txt")}
    assert set(locks) == set(VERSIONS)
    for version, text in locks.items():
        package, _, number = version.rpartition("-")
        assert f"{package}=={number} \\\n" in text
        assert text.count("==") == len(re.findall(r"^\S+==\S+.*\\\n    --hash=sha256:", text, re.MULTILINE))
        assert "://" not in text
