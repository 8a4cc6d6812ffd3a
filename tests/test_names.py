"""A name means one thing: no two public classes of the code share one, and no two constants with different values."""

import ast
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parent.parent
APPS = ("config", "projects", "tracing", "sessions")
DJANGO_CLASSES = {"Command"}  # Django finds them by this name


def modules() -> Iterator[tuple[str, ast.Module]]:
    for app in APPS:
        for path in sorted((ROOT / app).rglob("*.py")):
            if "migrations" not in path.parts:
                yield str(path.relative_to(ROOT)), ast.parse(path.read_text())


def shared(found: dict[str, dict[str, list[str]]]) -> list[str]:
    """Return a line for each name with more than one meaning."""
    return [
        f"{name}: {', '.join(place for places in meanings.values() for place in places)}"
        for name, meanings in sorted(found.items())
        if len(meanings) > 1
    ]


def test_no_two_public_classes_share_a_name() -> None:
    found: dict[str, dict[str, list[str]]] = defaultdict(dict)
    for path, module in modules():
        for node in module.body:
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_") and node.name not in DJANGO_CLASSES:
                found[node.name][path] = [f"{path}:{node.lineno}"]
    assert len(found) > 300
    assert not shared(found), "Give each class a name of its own"
