"""The commands `confab sessions ...`."""

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import Any, BinaryIO, Literal, get_args

import click
from click.shell_completion import CompletionItem

from confab import Confab
from confab.commands.following import changed_sessions, new_turns
from confab.commands.showing import Output, printable
from confab.failures import ConfabError
from confab.generated.objects import GivenScore

Form = Literal["jsonl", "json", "csv", "messages", "markdown"]
COMPLETED_IDS = 20
COMPLETION_TIMEOUT_SECONDS = 2.0
LISTED = 50
LEAST_INTERVAL_SECONDS = 0.2

pass_output = click.make_pass_decorator(Output)


def session_ids(context: click.Context, parameter: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Return the newest sessions whose id has what was typed; none when they cannot be asked for."""
    given: dict[str, Any] = context.find_root().params
    names = ("url", "api_key", "project")
    options = {name: given.get(name) for name in names}
    try:
        with Confab(**options, timeout=COMPLETION_TIMEOUT_SECONDS, attempts=1) as confab:
            page = confab.list_sessions(id__contains=incomplete or None, limit=COMPLETED_IDS)
    except ConfabError:
        return []
    return [CompletionItem(row["id"]) for row in page["data"] if row["id"].startswith(incomplete)]


session_argument = click.argument("session_id", shell_complete=session_ids)
query_argument = click.argument("query", required=False)
range_option = click.option("--range", "within", help="A time, such as 7d or 24h.")


@click.group()
def sessions() -> None:
    """Work with sessions."""


@sessions.command("list")
@query_argument
@range_option
@click.option("--sort", help="A property such as -total_cost; a minus means descending.")
@click.option("--limit", type=click.IntRange(1), default=LISTED, show_default=True, help="How many sessions to list.")
@pass_output
def list_(output: Output, query: str | None, within: str | None, sort: str | None, limit: int) -> None:
    """List sessions, those with the latest activity first.

    QUERY is of Confab's query language, such as 'cost > 0.5 tag:vip "late delivery"'."""
    output.sessions(islice(output.confab.iterate_sessions(q=query, range=within, sort=sort), limit))


@sessions.command()
@session_argument
@pass_output
def show(output: Output, session_id: str) -> None:
    """Show a session and its conversation."""
    session = output.confab.read_session(session_id, traces_limit=1)
    if output.is_json:
        turns = list(output.confab.iterate_turns_of_session(session_id=session_id))
        properties = {name: value for name, value in session.items() if name not in ("traces", "traces_next")}
        output.json({**properties, "turns": turns})
        return
    output.sessions([session])
    for turn in output.confab.iterate_turns_of_session(session_id=session_id):
        output.turn(turn)


@sessions.command()
@query_argument
@range_option
@click.option("--format", "form", type=click.Choice(get_args(Form)), default="jsonl", show_default=True)
@click.option(
    "--to", "path", type=click.Path(path_type=Path, dir_okay=False), help="Write to this file instead of the terminal."
)
@pass_output
def export(output: Output, query: str | None, within: str | None, form: Form, path: Path | None) -> None:
    """Write all sessions that match QUERY, as a file."""
    with written(path) as file:
        for part in output.confab.export_sessions(format=form, q=query, range=within):
            file.write(part)


@sessions.command()
@session_argument
@click.argument("name")
@click.argument("value")
@click.option("--comment", help="The reason.")
@pass_output
def score(output: Output, session_id: str, name: str, value: str, comment: str | None) -> None:
    """Score a session: VALUE is a number, true, false, or a text."""
    body: GivenScore = {"session_id": session_id, "name": name, "value": read_value(value)}
    if comment is not None:
        body["comment"] = comment
    row = output.confab.write_score(body)
    if output.is_json:
        output.json(row)
    else:
        shown = row["value"] if row["string_value"] is None else row["string_value"]
        click.echo(printable(f"{row['name']}: {shown}"))


@sessions.command()
@click.argument("session_id", required=False, shell_complete=session_ids)
@click.option("--query", help="Only sessions that match.")
@click.option("--interval", type=click.FloatRange(LEAST_INTERVAL_SECONDS), default=2.0, show_default=True)
@pass_output
def tail(output: Output, session_id: str | None, query: str | None, interval: float) -> None:
    """Follow sessions as they go on, or the conversation of SESSION_ID. Ends with Ctrl-C."""
    if session_id and query:
        raise click.UsageError("Follow one session, or those of a query.")
    try:
        if session_id:
            for turns in new_turns(output.confab, session_id):
                for turn in turns:
                    output.turn(turn)
                time.sleep(interval)
        for rows in changed_sessions(output.confab, query):
            for row in rows:
                output.line(row)
            time.sleep(interval)
    except KeyboardInterrupt:
        return


def read_value(text: str) -> float | bool | str:
    """Return the value of a score that somebody typed."""
    if text in ("true", "false"):
        return text == "true"
    try:
        return float(text)
    except ValueError:
        return text


@contextmanager
def written(path: Path | None) -> Iterator[BinaryIO]:
    """Give a file that gets its name when it is whole, or the output."""
    if path is None:
        yield sys.stdout.buffer
        return
    part = path.with_name(f"{path.name}.part")
    with part.open("wb") as file:
        yield file
    part.replace(path)
