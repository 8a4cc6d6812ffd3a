"""Statements that are assembled from fragments are what their golden files say, and all parameters have names.

Renew the files with `python -m tests.statements.regenerate` and read what has changed in them."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.db import connection

from projects import sqlguard
from tests.statements.assembled import ASSEMBLED, readable
from tests.statements.regenerate import GOLDEN
from tracing.store.statements import Statement

ROOT = Path(__file__).parents[2]
POSITIONAL = re.compile(r"(?<!%)%s")


@pytest.mark.parametrize("name", sorted(ASSEMBLED))
def test_an_assembled_statement_is_as_reviewed(name: str) -> None:
    sql = ASSEMBLED[name]()
    assert readable(sql) == (GOLDEN / f"{name}.sql").read_text()
    assert not POSITIONAL.search(sql)
    sqlguard.check(sql)


def test_there_is_no_golden_file_without_a_statement() -> None:
    assert {file.stem for file in GOLDEN.glob("*.sql")} == set(ASSEMBLED)


def test_no_raw_statement_has_parameters_by_position() -> None:
    """A value at the wrong place of a list would be another tenant's data, and nobody would see it."""
    calls = [found for folder in ("config", "projects", "sessions", "tracing") for found in executed(ROOT / folder)]
    assert len(calls) > 40
    assert [where for where, params in calls if isinstance(params, ast.List | ast.Tuple)] == []


def executed(folder: Path) -> Iterator[tuple[str, ast.expr]]:
    """Yield the parameters of every statement that is executed, and where."""
    for file in folder.rglob("*.py"):
        if "migrations" in file.parts:
            continue
        for node in ast.walk(ast.parse(file.read_text())):
            if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute) or len(node.args) != 2:
                continue
            if node.func.attr in ("execute", "executemany"):
                yield f"{file.relative_to(ROOT)}:{node.lineno}", node.args[1]


@pytest.mark.django_db(transaction=True)
def test_a_statement_connects_by_itself() -> None:
    connection.close()

    assert Statement(template="SELECT 1").run() == [(1,)]
