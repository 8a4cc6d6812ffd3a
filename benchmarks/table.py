"""Prints results as a Markdown table, ready for docs/performance.md."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any


def show(title: str, headings: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    lines = [headings, ["---"] * len(headings), *rows]
    print(f"\n{title}\n")
    for line in lines:
        print("| " + " | ".join(line) + " |", flush=True)


def verdict(value: float, goal: float, *, at_most: bool) -> str:
    """Return the goal, and whether it is met."""
    met = value <= goal if at_most else value >= goal
    return f"{'<=' if at_most else '>='} {goal:g}: {'met' if met else 'missed'}"


def write(path: Path | None, results: dict[str, Any]) -> None:
    if path is not None:
        path.write_text(json.dumps(results, indent=2) + "\n")
