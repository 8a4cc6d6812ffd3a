"""docs/architecture.md names only what exists, every folder of the apps, and every signal with its receivers."""

import ast
import re
from collections.abc import Iterable, Iterator
from importlib import import_module
from importlib.metadata import packages_distributions
from pathlib import Path
from weakref import ReferenceType

import pytest
from django.dispatch import Signal

from config.celery import app as celery_app

ROOT = Path(__file__).parent.parent
APPS = ("config", "projects", "sessions", "tracing")
LINES = (ROOT / "docs" / "architecture.md").read_text().splitlines()
CODE = re.compile(r"`([^`]+)`")
PATH = re.compile(r"(?:[\w-]+/)*[\w-]+(?:/|\.py)|(?:[\w-]+/)+[\w-]+(?:\.\w+)?")
INSIDE = re.compile(r"Inside `(\w+/)`")
DECLARED = re.compile(r"[A-Z]\w+")
SIGNAL = re.compile(r"^(\w+) = Signal\(\)", re.MULTILINE)
TABLE = "## What a change touches"


def named_paths() -> Iterator[tuple[int, str, str]]:
    """Yield the number of a line, the room that it is about, and a path that it names."""
    room = ""
    for number, line in enumerate(LINES, 1):
        if found := INSIDE.match(line):
            room = found[1]
        elif line.startswith("#"):
            room = ""
        for code in CODE.findall(line):
            if PATH.fullmatch(code):
                yield number, room, code


def test_every_file_and_folder_of_the_architecture_exists() -> None:
    paths = list(named_paths())
    assert len(paths) > 60
    siblings = ("", "projects/", "tracing/", "sessions/cohorts/")  # named in full, then shortly
    missing = [
        f"{number}: {path}"
        for number, room, path in paths
        if not any((ROOT / parent / path).exists() for parent in (room, *siblings))
    ]
    assert missing == []


@pytest.mark.parametrize("app", ["config/", "projects/", "tracing/", "sessions/"])
def test_every_folder_of_an_app_is_described(app: str) -> None:
    folders = {path.parent.name + "/" for path in (ROOT / app).glob("*/*.py")} - {"migrations/"}
    named = {path for _, room, path in named_paths() if room == app}

    assert folders
    assert folders - named == set()


def declared_signals() -> Iterator[tuple[str, Signal]]:
    """Yield the name of every signal of the apps, and the signal."""
    for app in ("config", "projects", "tracing", "sessions"):
        for path in sorted((ROOT / app).rglob("*.py")):
            for name in SIGNAL.findall(path.read_text()):
                module = ".".join(path.relative_to(ROOT).with_suffix("").parts)
                yield f"{module}.{name}", getattr(import_module(module), name)


def receivers_of(signal: Signal) -> set[str]:
    """Return the full names of the functions that receive a signal."""
    functions = [
        reference() if isinstance(reference, ReferenceType) else reference for _, reference, *_ in signal.receivers
    ]
    return {f"{function.__module__}.{function.__name__}" for function in functions}


def test_every_signal_is_described_with_its_receivers() -> None:
    import_module("config.urls")
    celery_app.loader.import_default_modules()
    rows = [CODE.findall(line) for line in LINES if line.startswith("| `") and line.count(" | ") == 2]
    described = {names[0]: set(names[1:]) for names in rows if len(names) > 1 and "." in names[0]}

    assert described == {name: receivers_of(signal) for name, signal in declared_signals()}


def changes() -> list[str]:
    """Return the rows of the table of changes."""
    rows = [line for line in LINES[LINES.index(TABLE) :] if line.startswith("| new ")]
    assert len(rows) > 10
    return rows


@pytest.mark.parametrize("row", changes(), ids=lambda row: row.split("|")[1].strip())
def test_a_row_of_the_table_of_changes_names_what_its_files_declare(row: str) -> None:
    named = CODE.findall(row)
    modules = [ast.parse((ROOT / path).read_text()) for path in named if path.endswith(".py")]
    declared = {
        name.id if isinstance(name, ast.Name) else name.name
        for module in modules
        for node in ast.walk(module)
        for name in ([node] if isinstance(node, ast.ClassDef) else getattr(node, "targets", []))
        if isinstance(name, ast.Name | ast.ClassDef)
    }
    annotated = {
        node.target.id
        for module in modules
        for node in ast.walk(module)
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name)
    }
    assert {name for name in named if DECLARED.fullmatch(name)} <= declared | annotated


def imported_packages(files: Iterable[Path], *, is_everywhere: bool) -> set[str]:
    """Return the names of the top-level packages that files import, at their beginning or everywhere."""
    trees = (ast.parse(path.read_text()) for path in files)
    nodes = (node for tree in trees for node in (ast.walk(tree) if is_everywhere else tree.body))
    names = (
        [alias.name for alias in node.names] if isinstance(node, ast.Import) else [node.module or ""]
        for node in nodes
        if isinstance(node, ast.Import) or (isinstance(node, ast.ImportFrom) and not node.level)
    )
    return {name.partition(".")[0] for found in names for name in found}


def test_everything_that_the_programs_import_is_in_the_lock_that_they_run_with() -> None:
    """An environment of tests has more packages than one that only runs Confab.

    One room loads packages of requirements-watch.lock, but only where the settings ask for it."""
    programs = {path for app in APPS for path in (ROOT / app).rglob("*.py")}
    observing = set((ROOT / "projects" / "observing").glob("*.py"))
    imported = imported_packages(programs - observing, is_everywhere=True)
    imported |= imported_packages(observing, is_everywhere=False)
    homes = packages_distributions()
    locked = set(re.findall(r"^([\w.-]+)==", (ROOT / "requirements.lock").read_text(), re.MULTILINE))
    packages = {name: {re.sub("[-_.]+", "-", home.lower()) for home in homes[name]} for name in imported & set(homes)}

    assert len(packages) > 20
    assert {name for name, found in packages.items() if not found & locked} == set()
