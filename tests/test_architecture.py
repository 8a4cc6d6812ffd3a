"""docs/architecture.md names only files, folders and declarations that exist."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
LINES = (ROOT / "docs" / "architecture.md").read_text().splitlines()
CODE = re.compile(r"`([^`]+)`")
PATH = re.compile(r"(?:[\w-]+/)*[\w-]+(?:/|\.py)|(?:[\w-]+/)+[\w-]+(?:\.\w+)?")
INSIDE = re.compile(r"Inside `(\w+/)`")
DECLARED = re.compile(r"[A-Z]\w+")
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
