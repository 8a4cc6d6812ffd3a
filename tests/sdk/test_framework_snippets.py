"""The snippets of frameworks: run with the real packages where CONFAB_FRAMEWORKS has them, else compared with the
record of the last run. See tests/sdk/frameworks."""

import hashlib
import json
import os
from pathlib import Path

import pytest

from sessions.views.sdk_choices import SNIPPETS
from sessions.views.snippets import Proof, SdkSnippet
from tests.live import Up
from tests.sdk.frameworks.model import ANSWER, local_model
from tests.sdk.test_setup_page import QUESTION, pasted
from tests.sdk.test_snippets import assert_session_stands, run

FOLDER = Path(__file__).parent / "frameworks"
RECORD = FOLDER / "record.json"
TEMPLATES = Path(__file__).parents[2] / "templates" / "sessions" / "snippets"
PACKAGES = os.environ.get("CONFAB_FRAMEWORKS", "")
FRAMEWORKS = [snippet for snippet in SNIPPETS if snippet.proof is Proof.FRAMEWORK]
AT_HOME = {"LITELLM_LOCAL_MODEL_COST_MAP": "1", "TRACELOOP_TELEMETRY": "false"}  # they call nobody else
ENVIRONMENTS = {"strands": "strands"}  # whose packages do not go with those of the others


def fingerprint(snippet: SdkSnippet) -> str:
    return hashlib.sha256((TEMPLATES / snippet.template).read_bytes()).hexdigest()


def recorded() -> dict[str, dict[str, str]]:
    record: dict[str, dict[str, str]] = json.loads(RECORD.read_text())
    return record


@pytest.mark.sdk
@pytest.mark.skipif(not PACKAGES, reason="CONFAB_FRAMEWORKS does not say where the packages are")
@pytest.mark.parametrize("snippet", FRAMEWORKS, ids=lambda snippet: snippet.name)
def test_a_snippet_of_a_framework_gives_a_session(confab: Up, tmp_path: Path, snippet: SdkSnippet) -> None:
    program = tmp_path / snippet.file_name
    program.write_text(pasted(snippet, confab))
    (tmp_path / "node_modules").symlink_to(Path(PACKAGES, "node_modules"))
    python = Path(PACKAGES, ENVIRONMENTS.get(snippet.name, "python"), "bin", "python")
    with local_model() as address:
        command = ["node", str(program)] if snippet.suffix == "mjs" else [str(python), str(program)]
        run(command, confab, OPENAI_BASE_URL=address, OPENAI_API_KEY="sk-of-nobody", **AT_HOME)

    answer = "It arrives on Tuesday." if snippet.name == "opentelemetry-js" else ANSWER
    facts = {"trace_count": 1, "first_input": QUESTION, "last_output": answer, "total_tokens": 50}
    assert_session_stands(confab, {"id": f"setup-{snippet.name}", **facts})
    record = recorded() | {snippet.name: {"tested": snippet.tested, "sha256": fingerprint(snippet)}}
    RECORD.write_text(json.dumps(dict(sorted(record.items())), indent=2) + "\n")


def test_what_the_page_says_was_run_is_what_was_run() -> None:
    assert recorded() == {
        snippet.name: {"tested": snippet.tested, "sha256": fingerprint(snippet)} for snippet in FRAMEWORKS
    }, "run the changed snippets as tests/sdk/frameworks/__init__.py says"


def test_what_only_the_newest_releases_ran_is_captured_too() -> None:
    captures = {path.name for path in (Path(__file__).parents[1] / "wire").iterdir()}
    for snippet in SNIPPETS:
        if snippet.proof is Proof.NEWEST:
            library, _, version = (
                snippet.tested.removeprefix("@").replace("/core", "").rpartition("/")[2].partition(" ")
            )
            assert f"{library}-{version}" in captures
