"""Every compiled pattern of the product, and by which methods the code uses it."""

import ast
import importlib
import pkgutil
import re
from collections.abc import Iterator
from pathlib import Path
from types import FunctionType, ModuleType
from typing import Any

ROOMS = ("config", "projects", "tracing", "sessions")
ROOT = Path(__file__).resolve().parents[2]
CALLS = {"compile", "match", "fullmatch", "search", "sub", "subn", "split", "findall", "finditer"}
METHODS = {"match": "match", "fullmatch": "fullmatch", "search": "search"}  # the others look everywhere, like search


def modules() -> Iterator[ModuleType]:
    for room in ROOMS:
        package = importlib.import_module(room)
        for found in pkgutil.walk_packages(package.__path__, f"{room}."):
            if ".migrations" not in found.name and not found.name.startswith("sessions.demo"):
                yield importlib.import_module(found.name)


def patterns() -> dict[str, re.Pattern[str]]:
    """By the name of the module and the constant that holds it, wherever in it."""
    found: dict[str, re.Pattern[str]] = {}
    for module in modules():
        for name, value in vars(module).items():
            for pattern in _within(value, module.__name__, set()):
                if pattern not in found.values():
                    place = f"{module.__name__}.{name}"
                    found[place if place not in found else f"{place}.{len(found)}"] = pattern
    return found


def _within(value: Any, module: str, seen: set[int]) -> Iterator[re.Pattern[str]]:
    if isinstance(value, re.Pattern):
        if isinstance(value.pattern, str):
            yield value
        return
    if id(value) in seen or isinstance(value, ModuleType):
        return
    seen.add(id(value))
    parts: list[Any] = []
    if isinstance(value, dict):
        parts = [*value.keys(), *value.values()]
    elif isinstance(value, list | tuple | set | frozenset):
        parts = list(value)
    elif isinstance(value, FunctionType) and value.__module__ == module:
        cells = [cell.cell_contents for cell in value.__closure__ or () if _is_filled(cell)]
        parts = [*cells, *(value.__defaults__ or ()), *vars(value).values()]
    elif type(value).__module__.split(".")[0] in ROOMS or (isinstance(value, type) and value.__module__ == module):
        parts = list(getattr(value, "__dict__", {}).values())
        parts += [getattr(value, name, None) for name in getattr(type(value), "__slots__", ())]
    for part in parts:
        yield from _within(part, module, seen)


def _is_filled(cell: Any) -> bool:
    try:
        return cell.cell_contents is not None
    except ValueError:
        return False


def trees() -> Iterator[tuple[Path, ast.Module]]:
    for room in ROOMS:
        for path in sorted((ROOT / room).rglob("*.py")):
            if "migrations" not in path.parts and "demo" not in path.parts:
                yield path, ast.parse(path.read_text())


def methods_by_name() -> dict[str, set[str]]:
    """How each name is called as a pattern: `NAME.match(...)`, or all ways where it is used in another way as well."""
    found: dict[str, set[str]] = {}
    for _, tree in trees():
        for node in ast.walk(tree):
            if not (isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name)):
                continue
            if node.value.id.isupper() and node.attr in CALLS - {"compile"}:
                found.setdefault(node.value.id, set()).add(METHODS.get(node.attr, "search"))
    return found


def inline() -> list[str]:
    """Calls of `re` inside of functions: where a pattern would be out of this test's sight."""
    found = []
    for path, tree in trees():
        for function in ast.walk(tree):
            if isinstance(function, ast.FunctionDef):
                found += [
                    f"{path.relative_to(ROOT)}:{function.name}"
                    for node in ast.walk(function)
                    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)
                    if isinstance(node.func.value, ast.Name) and node.func.value.id == "re" and node.func.attr in CALLS
                ]
    return sorted(set(found))
