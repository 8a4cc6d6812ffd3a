"""The code on the setup page, run as a reader would paste it: nothing is changed but the id of the session."""

import sys
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from django.test import override_settings

from sessions.views.sdk_choices import SNIPPETS
from sessions.views.snippets import Proof, SdkSnippet, filled
from tests.live import Up
from tests.sdk.test_snippets import assert_session_stands, node_modules, run

__all__ = ["node_modules"]  # a fixture

pytestmark = pytest.mark.sdk
RUN = [snippet for snippet in SNIPPETS if snippet.proof is Proof.RUN]
QUESTION = "My order #12345 hasn't arrived yet."


def pasted(snippet: SdkSnippet, confab: Up) -> str:
    with override_settings(BASE_URL=confab.url, GRPC_PORT=confab.grpc_port):
        code = filled(snippet, public_key=confab.public_key, secret_key=confab.secret_key).code
    assert str(urlsplit(confab.url).port) in code
    return code.replace("ticket-2611", f"setup-{snippet.name}")


@pytest.mark.parametrize("snippet", [s for s in RUN if s.suffix == "py"], ids=lambda s: s.name)
def test_a_python_snippet_of_the_setup_page_gives_a_session(confab: Up, tmp_path: Path, snippet: SdkSnippet) -> None:
    (tmp_path / "support.py").write_text(pasted(snippet, confab))

    run([sys.executable, str(tmp_path / "support.py")], confab)

    assert_session_stands(confab, {"id": f"setup-{snippet.name}", "trace_count": 1, "first_input": QUESTION})


@pytest.mark.parametrize("snippet", [s for s in RUN if s.suffix == "mjs"], ids=lambda s: s.name)
def test_a_javascript_snippet_of_the_setup_page_gives_a_session(
    confab: Up, node_modules: Path, tmp_path: Path, snippet: SdkSnippet
) -> None:
    (tmp_path / "node_modules").symlink_to(node_modules)
    (tmp_path / "support.mjs").write_text(pasted(snippet, confab))

    run(["node", str(tmp_path / "support.mjs")], confab)

    assert_session_stands(confab, {"id": f"setup-{snippet.name}", "trace_count": 1, "first_input": QUESTION})
