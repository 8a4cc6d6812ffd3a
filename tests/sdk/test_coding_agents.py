"""The newest coding agents, with the settings of the setup page, one prompt, and a model on this machine.

    CONFAB_NEWEST=/path ./run test tests/sdk/test_coding_agents.py

installs them below /path with npm. See test_newest.py."""

import json
import shlex
from pathlib import Path
from uuid import uuid4

import pytest

from sessions.views.sdk_choices import SNIPPETS
from tests.live import Up
from tests.sdk.frameworks.model import ANSWER, local_model
from tests.sdk.test_newest import AGENTS, GPT_COST, PLACE, TOKENS, note, with_npm
from tests.sdk.test_setup_page import QUESTION, pasted
from tests.sdk.test_snippets import assert_session_stands, run

pytestmark = [
    pytest.mark.sdk,
    pytest.mark.skipif(not PLACE, reason="CONFAB_NEWEST does not say where to install"),
]
SETTINGS = {snippet.name: snippet for snippet in SNIPPETS if snippet.name in AGENTS}
MEASURED = {"trace_count": 1, "error_count": 0, "unmeasured_count": 0, "unpriced_count": 0}
LOCAL_PROVIDER = """model = "gpt-4o-mini"
model_provider = "local"

[model_providers.local]
name = "local"
base_url = "{address}"
wire_api = "responses"
env_key = "LOCAL_KEY"

"""


def installed(name: str) -> tuple[Path, dict[str, str]]:
    """Install the newest release, and return its folder and its version."""
    package, place = AGENTS[name], Path(PLACE, name)
    versions = with_npm(place, [package])
    return place / "node_modules" / package, versions


def test_claude_code_gives_a_session(confab: Up, tmp_path: Path) -> None:
    (package, versions), session_id = installed("claude-code"), str(uuid4())
    settings = pasted(SETTINGS["claude-code"], confab).rstrip().removesuffix("claude")
    ask = ["node", str(package / "cli-wrapper.cjs"), "-p", QUESTION, "--session-id", session_id]
    alone = {"CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1", "ANTHROPIC_API_KEY": "sk-of-nobody"}
    with local_model() as address:
        alone["ANTHROPIC_BASE_URL"] = address.removesuffix("/v1")
        run(["sh", "-c", settings + shlex.join(ask)], confab, HOME=str(tmp_path), **alone)

    said = {"span_count": 2, "first_input": QUESTION, "last_output": ANSWER}
    assert_session_stands(confab, {"id": session_id, **MEASURED, **TOKENS, **said})
    note("claude-code", versions)


def test_codex_gives_a_session(confab: Up, tmp_path: Path) -> None:
    package, versions = installed("codex")
    settings = pasted(SETTINGS["codex"], confab)
    (tmp_path / ".codex").mkdir()
    ask = ["node", str(package / "bin" / "codex.js"), "exec", "--json", "--skip-git-repo-check", QUESTION]
    with local_model() as address:
        (tmp_path / ".codex" / "config.toml").write_text(LOCAL_PROVIDER.format(address=address) + settings)
        said = run(ask, confab, HOME=str(tmp_path), LOCAL_KEY="sk-of-nobody")

    session_id = json.loads(said.splitlines()[0])["thread_id"]
    facts = {"first_input": QUESTION, "total_cost": GPT_COST}
    assert_session_stands(confab, {"id": session_id, **MEASURED, **TOKENS, **facts})
    note("codex", versions)
