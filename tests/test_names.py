"""A name means one thing: no two public classes of the code share one, and no two constants with different values."""

import ast
from collections import defaultdict
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parent.parent
APPS = ("config", "projects", "tracing", "sessions")
DJANGO_CLASSES = {"Command"}  # Django finds them by this name
DJANGO_VALUES = {"urlpatterns", "app_name", "register"}  # these, too


@cache
def modules() -> dict[str, ast.Module]:
    """Return every module of the apps, by its path."""
    paths = [path for app in APPS for path in sorted((ROOT / app).rglob("*.py")) if "migrations" not in path.parts]
    return {str(path.relative_to(ROOT)): ast.parse(path.read_text()) for path in paths}


def shared(found: dict[str, dict[str, list[str]]]) -> list[str]:
    """Return a line for each name with more than one meaning."""
    return [
        f"{name}: {', '.join(place for places in meanings.values() for place in places)}"
        for name, meanings in sorted(found.items())
        if len(meanings) > 1
    ]


def test_no_two_public_classes_share_a_name() -> None:
    found: dict[str, dict[str, list[str]]] = defaultdict(dict)
    for path, module in modules().items():
        for node in module.body:
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_") and node.name not in DJANGO_CLASSES:
                found[node.name][path] = [f"{path}:{node.lineno}"]
    assert len(found) > 300
    assert not shared(found), "Give each class a name of its own"


def assigned(statement: ast.stmt) -> Iterator[tuple[str, str]]:
    """Yield each public name that a statement of a module binds, with the source of its value."""
    match statement:
        case ast.Assign(targets=targets, value=value):
            pass
        case ast.AnnAssign(target=ast.Name() as target, value=ast.expr() as value):
            targets = [target]
        case _:
            return
    for target in targets:
        values = [(target, value)]
        if isinstance(target, ast.Tuple):
            same = isinstance(value, ast.Tuple) and len(value.elts) == len(target.elts)
            values = [(name, value.elts[place] if same else value) for place, name in enumerate(target.elts)]
        for name, own in values:
            if isinstance(name, ast.Name) and not name.id.startswith("_"):
                yield name.id, ast.unparse(own)


def test_no_two_public_constants_with_different_values_share_a_name() -> None:
    found: dict[str, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    for path, module in modules().items():
        for node in module.body:
            for name, value in assigned(node):
                if name not in DJANGO_VALUES:
                    found[name][value].append(f"{path}:{node.lineno}")
    assert len(found) > 900
    assert not shared(found), "Give each constant its noun and unit"
