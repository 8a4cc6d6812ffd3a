"""Words that people see follow the rules of writing: sentence case, a verb on each button, no phrase to read twice."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.test_docs_style import PHRASES
from tests.test_templates import ROOT as TEMPLATE_ROOT
from tests.test_templates import TEMPLATES

CODE_ROOT = TEMPLATE_ROOT.parent
MODULES = sorted(
    path
    for app in ("config", "projects", "tracing", "sessions")
    for path in (CODE_ROOT / app).rglob("*.py")
    if not {"migrations", "demo"} & set(path.parts)
)
UNSEEN = re.compile(r"{#.*?#}|<(svg|script|style)\b.*?</\1>|{% (?:icon|trans|comment) .*?%}", re.DOTALL)
TAG = re.compile(r"{%.*?%}", re.DOTALL)
ELEMENT = re.compile(r"<[^>]*>")
LABEL = re.compile(r"<(button|h1|h2|h3|th|legend|summary|label)\b[^>]*>((?:(?!<\1\b).)*?)</\1>", re.DOTALL)
# Words that keep their capital wherever they stand.
NAMES = re.compile(r"(?:Confab|Langfuse|Interactive|Laminar|Open|Slack|Teams|Deep|Libre|Prometheus|Enter|Tab|Esc|Ctrl)")
STUMBLES = re.compile(
    r"\b(?:please|successfully|oops|sorry|click here|simply|just click|for ever|shown this once|as asked|worked off"
    r"|some minutes|some seconds|meanwhile|operator runs it|no further|nothing is called|condition away)\b|!$",
    re.IGNORECASE,
)
VERBS = re.compile(
    r"(?:Add|Apply|Archive|Cancel|Change|Clear|Close|Comment|Compare|Confirm|Copy|Create|Delete|Duplicate|End|Erase|Fill|Find"
    r"|Go|Join|Judge|Keep|Leave|Mark|Move|Mute|Print|Remove|Reopen|Replace|Reply|Reprice|Reset|Resolve|Restore|Review|Revoke"
    r"|Rotate|Save|Say|Search|See|Send|Show|Sign|Skip|Start|Stop|Switch|Test|Transfer|Translate|Try|Unmute|Update|Use"
    r"|Withdraw)\b"
)
# Buttons that say a choice, a place, or what they make; after a value, the rest of a sentence begins in lower case.
CHOICES = {
    "1 hour", "1 day", "7 days", "Until it recovers", "Nobody", "For me", "For everybody", "All", "All steps", "Errors",
    "Tools", "Model calls", "Filters", "Export", "Live", "New board", "Next hit", "Previous hit", "Ctrl K", "Enter",
    "S",
}  # fmt: skip
SENTENCE_CASE = ("button", "h1", "h2", "h3", "th", "legend", "summary", "label")
WITHOUT_STOP = ("button", "legend", "summary")
SQL = re.compile(r"\b(?:SELECT|FROM|JOIN)\b")
WRITTEN = [name for name in TEMPLATES if name != "styleguide.html"]


def seen(name: str) -> str:
    """Return the template with a bar for each of its tags and values, and without what nobody sees."""
    text = TAG.sub("|", UNSEEN.sub("", (TEMPLATE_ROOT / name).read_text()))
    return re.sub(r"{{.*?}}", "|", text, flags=re.DOTALL)


def labels(name: str, *kinds: str) -> Iterator[str]:
    """Return the words of each element of these kinds, in parts between values."""
    for found in LABEL.finditer(seen(name)):
        if found[1] in kinds:
            yield from (" ".join(part.split()) for part in ELEMENT.sub("|", found[2]).split("|") if part.strip())


def spoken(path: Path) -> Iterator[str]:
    """Return the texts of a module that people may read: no docstrings, no SQL, and no help about columns."""
    nodes = list(ast.walk(ast.parse(path.read_text())))
    unread = {id(node.value) for node in nodes if isinstance(node, ast.Expr)}
    if "models" in path.parts:
        unread |= {id(node.value) for node in nodes if isinstance(node, ast.keyword) and node.arg == "help_text"}
    for node in nodes:
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in unread:
            yield "" if SQL.search(node.value) or " " not in node.value else node.value


def stumbles(text: str) -> list[str]:
    """Return the phrases of a text at which readers stumble."""
    return [found[0] for rule in (PHRASES, STUMBLES) for found in rule.finditer(text)]


def test_labels_are_in_sentence_case() -> None:
    words = [
        (name, word)
        for name in WRITTEN
        for label in labels(name, *SENTENCE_CASE)
        for word in label.lstrip(": ").split()[1:]
        if re.match(r"[A-Z][a-z]", word) and not NAMES.match(word)
    ]

    assert words == []


def test_buttons_and_folds_end_without_a_stop() -> None:
    said = [(name, label) for name in WRITTEN for label in labels(name, *WITHOUT_STOP)]

    assert len(said) > 200
    assert [(name, label) for name, label in said if label.endswith((".", "!"))] == []


def test_buttons_begin_with_a_verb() -> None:
    said = [(name, label) for name in WRITTEN for label in labels(name, "button") if label not in CHOICES]

    assert [(name, label) for name, label in said if label[0].isupper() and not VERBS.match(label)] == []


def test_templates_have_no_phrase_to_stumble_over() -> None:
    texts = {name: " ".join(ELEMENT.sub(" | ", seen(name)).split()) for name in WRITTEN}

    assert {name: found for name, text in texts.items() if (found := stumbles(text))} == {}


def test_texts_of_the_code_have_no_phrase_to_stumble_over() -> None:
    found = [(path.name, phrase) for path in MODULES for text in spoken(path) for phrase in stumbles(text)]

    assert found == []


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Ask whoever runs it.", ["whoever"]),
        ("Please try again.", ["Please"]),
        ("It is valid for some minutes.", ["some minutes"]),
        ("The secret is shown this once.", ["shown this once"]),
        ("It expires in a few minutes.", []),
    ],
)
def test_a_phrase_to_stumble_over_is_found(text: str, found: list[str]) -> None:
    assert stumbles(text) == found
