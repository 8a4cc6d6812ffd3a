"""Sessions of which tokens or costs are not known, what is to be written of them, and the reading of pages."""

import re
from html import unescape
from typing import Any

from projects.models import Project
from sessions.rollup.session_rows import recompute
from tests.tracing.reports import at, call, in_session
from tracing.ingest.pipeline import ingest
from tracing.token_usage import Usage

# What is written of each session: tokens and cost. 100 tokens in and 20 out of gpt-4o cost $0.00045.
SHOWN = {
    "dark": ("unknown", "unknown"),  # its only call reports no usage
    "partly": ("≥ 120", "≥ $0.00045"),  # one call reports usage, the other does not
    "unlisted": ("60", "unknown"),  # its model has no price
    "known": ("120", "$0.00045"),
}
KNOWN_NUMBERS = {  # of the API: tokens, cost, calls without usage, calls without a known cost
    "dark": (None, None, 1, 1),
    "partly": (120, "0.00045", 1, 1),
    "unlisted": (60, None, 0, 1),
    "known": (120, "0.00045", 0, 0),
}
MODEL_OF = {"dark": "gpt-4o", "partly": "gpt-4o", "unlisted": "house-model", "known": "gpt-4o"}
NAMES = list(SHOWN)


def tell_unknown(project: Project) -> Project:
    """Store one session of each kind, whose user and only tag have its name."""

    def said(name: str) -> Any:
        return in_session(name, user_id=name, tags=[name])

    ingest(
        project.pk,
        [
            call("dark-1", "a", claims=said("dark"), usage=Usage(), input="Hi", output="Hello"),
            call("partly-1", "a", claims=said("partly"), input="Hi", output="Hello"),
            call("partly-2", "a", claims=said("partly"), usage=Usage(), started_at=at(5), ended_at=at(6)),
            call("unlisted-1", "a", claims=said("unlisted"), tokens=(50, 10), model="house-model"),
            call("known-1", "a", claims=said("known")),
        ],
    )
    recompute(project.pk, NAMES)
    return project


def words(html: str) -> str:
    """Return what stands on a page, with one blank for each run of white space."""
    return " ".join(unescape(re.sub(r"<[^>]*>", " ", html)).split())


def rows_of(html: str) -> list[list[str]]:
    """Return the cells of each row of the tables of a page."""
    rows = re.findall(r"<tr\b.*?</tr>", html, re.DOTALL)
    return [[words(cell) for cell in re.findall(r"<t[dh]\b.*?</t[dh]>", row, re.DOTALL)] for row in rows]


def row_of(html: str, name: str) -> list[str]:
    """Return the cells of the only row that has a cell which begins with this word."""
    (found,) = [cells for cells in rows_of(html) if any(cell.split(" ")[0] == name for cell in cells)]
    return found


def fact(html: str, label: str) -> str:
    """Return what a list of facts says of `label`."""
    facts = re.findall(r"<dt\b[^>]*>(.*?)</dt>\s*<dd[^>]*>(.*?)</dd>", html, re.DOTALL)
    return next(words(value) for name, value in facts if words(name).startswith(label))


def facts_in_line(html: str) -> list[str]:
    """Return the facts of a session or trace that stand in one line below its title."""
    (line,) = re.findall(r'<ul class="facts.*?</ul>', html, re.DOTALL)
    return [words(item) for item in re.findall(r"<li\b.*?</li>", line, re.DOTALL)]
