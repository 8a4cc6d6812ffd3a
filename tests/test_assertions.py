"""No test asserts nothing."""

import ast
from collections.abc import Iterator
from pathlib import Path

TESTS = Path(__file__).parent
ASSERTING = ("assert", "expect", "raises", "warns", "fail")  # beginnings and ends of the names of calls


def modules() -> Iterator[tuple[Path, ast.Module]]:
    for file in sorted(TESTS.rglob("*.py")):
        yield file, ast.parse(file.read_text())


def asserts(node: ast.AST, helpers: set[str]) -> bool:
    """Whether something below the node can fail: an assertion, a call named for one, or a helper that asserts."""
    for inner in ast.walk(node):
        if isinstance(inner, ast.Assert | ast.Raise):
            return True
        if isinstance(inner, ast.Call):
            name = ast.unparse(inner.func).rpartition(".")[2]
            if name in helpers or name.startswith(ASSERTING) or name.endswith(("_num_queries", "_queries")):
                return True
    return False


def functions(tree: ast.Module) -> Iterator[ast.FunctionDef]:
    return (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef))


def test_every_test_asserts_something() -> None:
    known = list(modules())
    everything = [function for _, tree in known for function in functions(tree)]
    helpers: set[str] = set()
    while found := {f.name for f in everything if not f.name.startswith("test_") and asserts(f, helpers)} - helpers:
        helpers |= found
    silent = [
        f"{file.relative_to(TESTS)}:{function.lineno} {function.name}"
        for file, tree in known
        for function in functions(tree)
        if file.name.startswith("test_") and function.name.startswith("test_") and not asserts(function, helpers)
    ]

    assert silent == []


def test_an_assertion_is_found_in_the_test_or_in_its_helper_alone() -> None:
    tree = ast.parse("def test_a(): helper()\ndef helper(): assert x\ndef test_b(): print(1)\ndef test_c(): expect(p)")
    a, helper, b, c = functions(tree)

    assert [asserts(function, set()) for function in (a, helper, b, c)] == [False, True, False, True]
    assert asserts(a, {"helper"})
