"""The newest releases of the SDKs, each in an environment of its own, against a model on this machine.

    CONFAB_NEWEST=/path ./run test tests/sdk/test_newest.py

installs them below /path, with uv and npm, and writes what ran with which version to tests/sdk/newest/record.json,
which docs/sdks.md shows. It needs package registries and some minutes, so the suite only compares the record with the
page."""

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
FULL_COST = "0.0000138"  # of a library that does not send what came from the cache
WITHOUT_USER = {"google_adk", "openinference-js"}  # which do not send it
NEEDS_NODE = {"mastra-js": 22}  # npm installs an old release for an older Node
NO_MODEL = {"opentelemetry-js", "spring-ai"}  # snippets that call none
AGENTS = {"claude-code": "@anthropic-ai/claude-code", "codex": "@openai/codex"}  # run by test_coding_agents.py


class Program(NamedTuple):
    """A program of the tests, or a snippet of the setup page, with the packages that it needs."""

    packages: list[str]
    cost: str = GPT_COST
    suffix: str = "py"


def inference(library: str) -> list[str]:
    """The packages of OpenInference for a library."""
    return [f"openinference-instrumentation-{library}", *OTLP.split()]


PROGRAMS = {
    "openinference_anthropic": Program(["anthropic", *inference("anthropic")], CLAUDE_COST),
    "opentelemetry_anthropic": Program(
        ["anthropic", "opentelemetry-instrumentation-anthropic", *OTLP.split()], CLAUDE_COST
    ),
    "laminar_anthropic": Program(["anthropic", "lmnr[anthropic]"], CLAUDE_COST),
    "langfuse_openai": Program(["openai", "langfuse"]),
    "llama_index_openai": Program(["llama-index-core", "llama-index-llms-openai", *inference("llama-index")]),
    "mlflow_openai": Program(["mlflow-tracing", "openai", "opentelemetry-exporter-otlp-proto-http"]),
    "logfire_openai": Program(["logfire", "openai"]),
    "langfuse_openai-js": Program(
        ["openai", "@langfuse/openai", "@langfuse/tracing", "@langfuse/otel", "@opentelemetry/sdk-node"], suffix="mjs"
    ),
    "laminar_openai-js": Program(["openai", "@lmnr-ai/lmnr"], FULL_COST, "mjs"),
}
PAGE = {
    snippet.name: snippet
    for snippet in SNIPPETS
    if snippet.name not in {*NO_MODEL, *AGENTS} and snippet.proof in (Proof.FRAMEWORK, Proof.NEWEST)
}
PROGRAMS |= {
    name: Program(shlex.split(snippet.install)[2:], GEMINI_COST if name == "google_adk" else GPT_COST, snippet.suffix)
    for name, snippet in PAGE.items()
}


def node_release() -> int:
    said = subprocess.run(["node", "--version"], check=True, capture_output=True, text=True).stdout
    return int(said.removeprefix("v").partition(".")[0])


def installed(name: str, program: Program) -> dict[str, str]:
    """Install the newest releases, and return their versions."""
    return (with_npm if program.suffix == "mjs" else with_uv)(Path(PLACE, name), program.packages)


def with_npm(place: Path, packages: list[str]) -> dict[str, str]:
    place.mkdir(exist_ok=True)
    quiet = ["--ignore-scripts", "--no-audit", "--no-fund", "--silent"]
    subprocess.run(["npm", "install", *quiet, *packages], cwd=place, check=True)
    names = [package[0] + package[1:].partition("@")[0] for package in packages]
    manifests = {name: Path(place, "node_modules", name, "package.json") for name in names}
    return {name: json.loads(manifest.read_text())["version"] for name, manifest in manifests.items()}


def with_uv(place: Path, packages: list[str]) -> dict[str, str]:
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
    if name in NEEDS_NODE and node_release() < NEEDS_NODE[name]:
        pytest.skip(f"its newest release needs Node {NEEDS_NODE[name]}")
    versions, source = installed(name, program), FOLDER / f"{name.removesuffix('-js')}.{program.suffix}"
    session_id = f"newest-{name}"
    code = pasted(PAGE[name], confab) if name in PAGE else source.read_text()
    place = Path(PLACE, name) if program.suffix == "mjs" else tmp_path  # node looks for packages beside a program
    written = place / f"program.{program.suffix}"
    written.write_text(code.replace("ticket-2611", session_id).replace(f"setup-{name}", session_id))
    python = str(Path(PLACE, name, "bin", "python"))
    with local_model() as address:
        models = {"OPENAI_BASE_URL": address, "OPENAI_API_KEY": "sk-of-nobody", "ANTHROPIC_API_KEY": "sk-of-nobody"}
        models |= {"ANTHROPIC_BASE_URL": address.removesuffix("/v1"), "GOOGLE_API_KEY": "of-nobody"}
        models |= {"GOOGLE_GEMINI_BASE_URL": address.removesuffix("/v1")}
        run(["node" if program.suffix == "mjs" else python, str(written)], confab, **models, **AT_HOME)

    users = {} if name in WITHOUT_USER else {"user_ids": ["user-a"]}
    words = {"first_input": QUESTION, "last_output": ANSWER}
    facts = {"trace_count": 1, "error_count": 0, **users, **words, **TOKENS, "total_cost": program.cost}
    assert_session_stands(confab, {"id": session_id, **facts})
    note(name, versions)


def note(name: str, versions: dict[str, str]) -> None:
    """Record what ran."""
    RECORD.write_text(json.dumps(recorded() | {name: versions}, indent=1, sort_keys=True) + "\n")


def table(*, of_agents: bool = False) -> str:
    """The record as docs/sdks.md has it: that of libraries, or that of coding agents."""
    ran = [(name, of) for name, of in sorted(recorded().items()) if (name in AGENTS) == of_agents]
    rows = [f"| `{name}` | {', '.join(f'{p} {v}' for p, v in of.items())} |" for name, of in ran]
    return "\n".join(["| program | newest releases that ran |", "| --- | --- |", *rows])


def test_what_the_setup_page_says_of_the_newest_releases_is_recorded() -> None:
    said = {snippet.name: snippet.tested for snippet in SNIPPETS if snippet.proof is Proof.NEWEST}
    ran = {name: {f"{package} {version}" for package, version in of.items()} for name, of in recorded().items()}
    assert said
    for name, tested in said.items():
        assert tested in ran[name]


def test_the_page_shows_what_ran() -> None:
    assert set(recorded()) <= {*PROGRAMS, *AGENTS}
    page = (Path(__file__).parents[2] / "docs" / "sdks.md").read_text()
    assert table() in page
    assert table(of_agents=True) in page
