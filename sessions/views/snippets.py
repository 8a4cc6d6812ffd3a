"""What to paste to send a first session: one entry for each SDK, framework and coding agent."""

import re
from dataclasses import dataclass
from enum import StrEnum
from textwrap import wrap
from urllib.parse import urlsplit

from django.conf import settings
from django.template.loader import render_to_string
from django.utils.safestring import SafeString, mark_safe

from tracing.reading.code import coloured

SNIPPET_SESSION_ID = "ticket-2611"  # in every snippet
INSTALL_WIDTH = 96  # characters of a line
MARKED_ID = re.compile(rf'(?:<span class="s">)?[^\s<>=(,]{{0,80}}{SNIPPET_SESSION_ID}[^\s<>,)]{{0,80}}(?:</span>)?')


class SdkGroup(StrEnum):
    """The titles of the chooser."""

    TRACING = "Tracing SDKs"
    FRAMEWORKS = "Frameworks"
    AGENTS = "Coding agents"


class Proof(StrEnum):
    """How we know that a snippet works."""

    RUN = "Tested with"  # by tests/sdk/test_setup_page.py
    FRAMEWORK = "Tested with a local model and"  # by tests/sdk/frameworks
    NEWEST = "Tested with a local model and the newest release:"  # by tests/sdk/test_newest.py
    DOCUMENTED = "Not run here: written from the documentation of"


@dataclass(frozen=True, slots=True)
class SdkSnippet:
    """What to install and to paste for one SDK in one language; the code is in templates/sessions/snippets/."""

    name: str
    label: str
    install: str
    template: str
    tested: str  # the version that it was run with
    proof: Proof = Proof.RUN
    file: str = "first_session"

    @property
    def install_lines(self) -> str:
        """Return the command in lines that fit into its box; a shell reads them as one."""
        return " \\\n    ".join(wrap(self.install, INSTALL_WIDTH, break_long_words=False, break_on_hyphens=False))

    @property
    def suffix(self) -> str:
        return self.template.rpartition(".")[2]

    @property
    def file_name(self) -> str:
        """Where the code goes."""
        return f"{self.file}.{self.suffix}"


@dataclass(frozen=True, slots=True)
class SdkChoice:
    """One card of the chooser."""

    name: str
    label: str
    hint: str
    group: SdkGroup
    snippets: tuple[SdkSnippet, ...]


@dataclass(frozen=True, slots=True)
class Filled:
    """A snippet with addresses and keys in their places."""

    snippet: SdkSnippet
    code: str
    html: SafeString


def filled(snippet: SdkSnippet, *, public_key: str, secret_key: str) -> Filled:
    """Return the snippet for these keys and for the address of this installation."""
    base = urlsplit(settings.BASE_URL)
    context = {
        "base_url": settings.BASE_URL,
        "origin": f"{base.scheme}://{base.hostname}",  # for SDKs that take the port apart from the address
        "http_port": base.port or (443 if base.scheme == "https" else 80),
        "grpc_port": settings.GRPC_PORT,
        "public_key": public_key,
        "secret_key": secret_key,
    }
    code = str(render_to_string(f"sessions/snippets/{snippet.template}", context))
    html = MARKED_ID.sub(lambda found: f"<mark>{found[0]}</mark>", coloured(code, snippet.suffix))
    return Filled(snippet, code, mark_safe(html))
