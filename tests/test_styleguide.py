"""The style guide has every component: each class of components.css, and each partial that several rooms share."""

import re
from collections import defaultdict
from pathlib import Path

from django.test import Client
from django.urls import reverse

from tests.test_templates import ROOT, TEMPLATES

CODE_ROOT = ROOT.parent
COMPONENTS = Path(CODE_ROOT, "static/css/components.css")
INCLUDED = re.compile(r'{% include "([^"]+)"')
CLASSES = re.compile(r'class="([^"]*)"')
LEADING_CLASS = re.compile(r"(?:^|,)\s*\.([a-z][a-z0-9-]*)")
# What a script, the frame or words that people wrote make, and what only a page of its own can show.
NOT_SHOWN = {
    "js", "main",  # of the frame
    "chart-tip", "toasts", "toast", "palette", "palette-found", "keys", "keys-list", "menu-link", "splitter",
    "tabs-code", "code-tab", "code-panel", "own-body", "own-new", "pulse", "rest", "letter", "minibar",
    "menu-title", "menu-line", "code-head",
}  # fmt: skip
# Partials that need rows of the database, or a person who is signing in; they are looked at on their pages.
WITH_ROWS = {
    "_layout.html", "account/_cancel.html", "account/_passkey.html", "sessions/_turns.html",
    "sessions/annotation/_thread.html", "sessions/boards/_boards_menu.html", "sessions/dashboard/_errors.html",
    "sessions/replay/_headline.html", "sessions/replay/_own_marks.html", "sessions/replay/_waiting.html",
    "sessions/translation/_notice.html", "sessions/translation/_toggle.html", "tracing/_body.html",
}  # fmt: skip


def component_classes() -> set[str]:
    """Return the classes with which selectors of components.css begin."""
    rules = re.sub(r"/\*.*?\*/|\{[^{}]*\}|\([^()]*\)", "\n", COMPONENTS.read_text(), flags=re.DOTALL)
    return {name for line in rules.splitlines() for name in LEADING_CLASS.findall(line.strip())}


def including() -> dict[str, set[str]]:
    """Return for each template those that include it."""
    found = defaultdict(set)
    for name in TEMPLATES:
        for included in INCLUDED.findall((ROOT / name).read_text()):
            found[included].add(name)
    return found


def test_every_component_is_on_the_style_guide(client: Client) -> None:
    page = client.get(reverse("styleguide")).content.decode()
    shown = {name for names in CLASSES.findall(page) for name in names.split()}
    classes = component_classes()

    assert len(classes) > 60
    assert classes - shown - NOT_SHOWN == set()
    assert classes >= NOT_SHOWN


def test_every_component_is_on_some_page() -> None:
    written = " ".join(
        path.read_text()
        for folder in ("templates", "projects", "tracing", "sessions", "static/js")
        for path in Path(CODE_ROOT, folder).rglob("*.*")
        if path.suffix in (".html", ".py", ".js") and path.name != "styleguide.html"
    )

    assert [name for name in component_classes() if not re.search(rf"[\"'. ]{name}[\"' {{.]", written)] == []


def test_partials_that_several_rooms_share_are_on_the_style_guide() -> None:
    included = including()
    shared = {name for name, by in included.items() if len({Path(one).parent for one in by}) > 1}
    shown = {name for name in ("styleguide.html", *TEMPLATES) if name.startswith("styleguide")}
    while further := {name for name, by in included.items() if by & shown} - shown:
        shown |= further

    assert len(shared) > 20
    assert shared - shown - WITH_ROWS - {"_logo.html"} == set()
