"""What commands print: tables and conversations for people, one JSON object a line for programs.

Texts of strangers are printed without what would command a terminal."""

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import click
from rich.console import Console
from rich.table import Table
from rich.text import Text

from confab import Confab
from confab.generated.objects import Session, Turn, WholeSession

COMMANDING = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")
COLUMNS = ("Session", "Last activity", "Duration", "Turns", "Errors", "Cost", "First input")
UNKNOWN = "?"


@dataclass(frozen=True)
class Output:
    """The client of a command, and the form in which it prints."""

    confab: Confab
    is_json: bool

    def json(self, value: Any) -> None:
        """Print a value on one line."""
        text = json.dumps(value, ensure_ascii=False)
        click.echo(COMMANDING.sub(lambda found: f"\\u{ord(found[0]):04x}", text))

    def sessions(self, rows: Iterable[Session | WholeSession]) -> None:
        """Print a list of sessions."""
        if self.is_json:
            for row in rows:
                self.json(row)
            return
        table = Table(*COLUMNS, box=None, pad_edge=False)
        for row in rows:
            table.add_row(*map(Text, cells(row)))
        Console().print(table)

    def line(self, row: Session) -> None:
        """Print a session on one line."""
        if self.is_json:
            self.json(row)
        else:
            click.echo("  ".join(cells(row)))

    def turn(self, turn: Turn) -> None:
        """Print what a turn adds to a conversation."""
        if self.is_json:
            self.json(turn)
            return
        click.secho(f"\n{turn['number']}  {local(turn['started_at'])}  {spent(turn['duration_ms'])}", dim=True)
        for message in turn["messages"]:
            click.echo(f"{click.style(printable(str(message.get('role'))), bold=True)}: {words(message)}")


def cells(row: Session | WholeSession) -> list[str]:
    """Return the columns of a session."""
    cost = UNKNOWN if row["total_cost"] is None else f"{'≥ ' if row['unpriced_count'] else ''}${row['total_cost']}"
    numbers = [str(row["turn_count"]), str(row["error_count"])]
    when = [local(row["updated_at"]), spent(row["duration_ms"])]
    return [printable(row["id"], " "), *when, *numbers, cost, printable(row["first_input"], " ")]


def words(message: Mapping[str, Any]) -> str:
    """Return what a message says; parts that are no text are JSON."""
    said = message.get("content")
    rest = {name: value for name, value in message.items() if name not in ("role", "content") and value}
    texts = [said if isinstance(said, str) else json.dumps(said, ensure_ascii=False)] if said else []
    return printable("\n".join([*texts, *([json.dumps(rest, ensure_ascii=False)] if rest else [])]))


def printable(text: str, line_end: str = "\n") -> str:
    """Return a text that is nothing but text to a terminal."""
    return COMMANDING.sub("\ufffd", text.replace("\r\n", "\n")).replace("\n", line_end)


def local(time: str) -> str:
    """Return a time of the API as the reader's clock shows it."""
    return f"{datetime.fromisoformat(time).astimezone():%Y-%m-%d %H:%M:%S}"


def spent(milliseconds: int) -> str:
    """Return a duration, such as `1m 33s`."""
    seconds = milliseconds / 1000
    if seconds < 60:
        return f"{seconds:.1f}s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes}m {rest:02}s" if minutes < 60 else f"{minutes // 60}h {minutes % 60:02}m"
