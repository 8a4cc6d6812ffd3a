"""The newest releases of the SDKs, each in an environment of its own, against a model on this machine.

    CONFAB_NEWEST=/path ./run test tests/sdk/test_newest.py

installs them below /path and writes what ran with which version to tests/sdk/newest/record.json, which docs/sdks.md
shows. It needs a package registry and some minutes, so the suite only compares the record with the page."""

import json
import os
import shlex
import subprocess
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from sessions.views.sdk_choices import OTLP, SNIPPETS
from sessions.views.snippets import Proof
from tests.live import Up
from tests.sdk.frameworks.model import ANSWER, local_model
from tests.sdk.test_framework_snippets import AT_HOME
from tests.sdk.test_setup_page import QUESTION, pasted
from tests.sdk.test_snippets import assert_session_stands, run

FOLDER = Path(__file__).parent / "newest"
RECORD = FOLDER / "record.json"
PLACE = os.environ.get("CONFAB_NEWEST", "")
TOKENS = {"input_tokens": 36, "output_tokens": 14, "total_tokens": 50}  # of the model, 16 of them cached
GPT_COST, CLAUDE_COST, GEMINI_COST = "0.0000126", "0.0002748", "0.00004148"  # at list prices, worked out by hand
WITHOUT_USER = {"google_adk"}  # which does not send it


class Program(NamedTuple):
    """A program of the tests, or a snippet of the setup page, with the packages that it needs."""

    packages: list[str]
    cost: str = GPT_COST


PROGRAMS = {
    f"{library}_anthropic": Program(["anthropic", *packages], CLAUDE_COST)
    for library, packages in (
        ("openinference", ["openinference-instrumentation-anthropic", *OTLP.split()]),
        ("opentelemetry", ["opentelemetry-instrumentation-anthropic", *OTLP.split()]),
        ("laminar", ["lmnr[anthropic]"]),
    )
} | {"langfuse_openai": Program(["openai", "langfuse"])}
PAGE = {
    snippet.name: snippet
    for snippet in SNIPPETS
    if snippet.suffix == "py" and snippet.proof in (Proof.FRAMEWORK, Proof.CAPTURED)
}
PROGRAMS |= {
    name: Program(shlex.split(snippet.install)[2:], GEMINI_COST if name == "google_adk" else GPT_COST)
    for name, snippet in PAGE.items()
}


def installed(name: str, packages: list[str]) -> dict[str, str]:
    """Install the newest releases, and return their versions."""
    place = Path(PLACE, name)
    if not place.exists():
        subprocess.run(["uv", "venv", "-q", str(place)], check=True)
    python = ["--python", str(place / "bin" / "python")]
    subprocess.run(["uv", "pip", "install", "-q", "--upgrade", *python, *packages], check=True)
    shown = subprocess.run(["uv", "pip", "list", "--format", "json", *python], check=True, capture_output=True).stdout
    versions = {package["name"]: package["version"] for package in json.loads(shown)}
    return {bare: versions[bare] for package in packages if (bare := package.partition("[")[0]) in versions}


def recorded() -> dict[str, Any]:
    record: dict[str, Any] = json.loads(RECORD.read_text()) if RECORD.exists() else {}
    return record


@pytest.mark.sdk
@pytest.mark.skipif(not PLACE, reason="CONFAB_NEWEST does not say where to install")
@pytest.mark.parametrize("name", PROGRAMS)
def test_the_newest_release_tells_what_the_model_knows(confab: Up, tmp_path: Path, name: str) -> None:
    program = PROGRAMS[name]
    versions = installed(name, program.packages)
    session_id = f"newest-{name}"
    code = pasted(PAGE[name], confab) if name in PAGE else (FOLDER / f"{name}.py").read_text()
    (tmp_path / "program.py").write_text(code.replace("ticket-2611", session_id).replace(f"setup-{name}", session_id))
    with local_model() as address:
        models = {"OPENAI_BASE_URL": address, "OPENAI_API_KEY": "sk-of-nobody", "ANTHROPIC_API_KEY": "sk-of-nobody"}
        models |= {"ANTHROPIC_BASE_URL": address.removesuffix("/v1"), "GOOGLE_API_KEY": "of-nobody"}
        models |= {"GOOGLE_GEMINI_BASE_URL": address.removesuffix("/v1")}
        run([str(Path(PLACE, name, "bin", "python")), str(tmp_path / "program.py")], confab, **models, **AT_HOME)

    users = {} if name in WITHOUT_USER else {"user_ids": ["user-a"]}
    words = {"first_input": QUESTION, "last_output": ANSWER}
    facts = {"trace_count": 1, "error_count": 0, **users, **words, **TOKENS, "total_cost": program.cost}
    assert_session_stands(confab, {"id": session_id, **facts})
    RECORD.write_text(json.dumps(recorded() | {name: versions}, indent=1, sort_keys=True) + "\n")


def table() -> str:
    """The record as docs/sdks.md has it."""
    rows = [f"| `{name}` | {', '.join(f'{p} {v}' for p, v in of.items())} |" for name, of in sorted(recorded().items())]
    return "\n".join(["| program | newest releases that ran |", "| --- | --- |", *rows])


def test_the_page_shows_what_ran() -> None:
    assert set(recorded()) <= set(PROGRAMS)
    assert table() in (Path(__file__).parents[2] / "docs" / "sdks.md").read_text()
