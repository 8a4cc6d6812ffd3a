"""`manage.py restore`: the database as a dump has it, wholly or not at all."""

import signal
import sys
import time
from argparse import ArgumentParser
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
from django.core.management.base import BaseCommand, CommandError
from django.db import connection
from django.utils import timezone
from psycopg import sql

from config import pause
from config.embedded import CannotStart
from config.postgres_tools import POOLER, POOLERS_WORDS, refuse_unnamed, run_tool
from config.preparation import prepare
from projects.first_start import InitError
from tracing.store.partitions import make_ahead

GO_ON_TRIES = 20  # one a second: the server may be starting again


class Command(BaseCommand):
    help = (
        "Replaces the database by the contents of FILE, which `manage.py dump` wrote. Confab may be running: until this"
        " has ended, on all machines, pages can be read and whoever sends or changes something is asked to come again."
    )
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--no-input", action="store_true", help="do not ask")

    def handle(self, *, file: Path, no_input: bool, **_: Any) -> None:
        refuse_unnamed()
        run_tool("pg_restore", "--list", "--file", "/dev/null", file)  # a file that is no dump changes nothing
        name = connection.settings_dict["NAME"]
        question = f"Everything in {name!r} is replaced, also what came after the dump. Type 'yes' to go on: "
        if not no_input and answer_to(question) != "yes":
            raise CommandError("Nothing was changed. Where nobody can be asked, give --no-input.")
        for number in (signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, lambda *_: sys.exit("Stopped: nothing was changed."))
        try:
            with pause.control() as server, self.alone(server), self.paused(server, name):
                replace(server, name, file)
        except (CannotStart, InitError, TimeoutError, psycopg.Error) as reason:
            if POOLERS_WORDS in str(reason):
                raise CommandError(POOLER) from None
            raise CommandError(f"{str(reason).strip()}. Nothing was changed.") from None
        self.say("Restored. What is sent is taken again.")

    @contextmanager
    def alone(self, server: psycopg.Connection) -> Iterator[None]:
        if server.execute("SELECT pg_try_advisory_lock(%(lock)s)", {"lock": pause.RESTORE_LOCK}).fetchone() != (True,):
            raise CommandError("Another restore runs on this server. Nothing was changed.")
        yield  # the lock ends with the connection

    @contextmanager
    def paused(self, server: psycopg.Connection, name: str) -> Iterator[None]:
        """For a block that replaces the database: only one that fails has a pause to end."""
        try:
            pause.begin(server, name)
            if not pause.holds():
                raise CommandError("The role of DATABASE_URL sets default_transaction_read_only by itself: reset that.")
            self.say("Paused: whoever sends something is asked to come again until this has ended.")
            yield
        except BaseException:
            self.go_on(name)
            raise

    def go_on(self, name: str) -> None:
        """By a new connection: that the old one broke may be why we failed."""
        for _ in range(GO_ON_TRIES):
            try:
                with pause.control() as server:
                    return pause.end(server, name)
            except (psycopg.Error, TimeoutError) as error:
                reason = error
                time.sleep(1)
        self.stderr.write(f"The pause could not be ended: {reason}. Run `manage.py prepare` when the server is back.")
        return None

    def say(self, text: str) -> None:
        self.stdout.write(text)
        self.stdout.flush()


def answer_to(question: str) -> str:
    """Return what the terminal answers, nothing where there is none."""
    try:
        return input(question)
    except EOFError:
        return ""


def replace(server: psycopg.Connection, name: str, file: Path) -> None:
    """Make the new database beside the old one, bring it up to date, and change their names in one step."""
    restored, replaced = f"{name}_restored", f"{name}_replaced"
    for left in (restored, replaced):
        run(server, "DROP DATABASE IF EXISTS {} WITH (FORCE)", left)
    run(server, "CREATE DATABASE {}", restored)
    run_tool("pg_restore", "--exit-on-error", "--no-owner", "--no-privileges", "--dbname", restored, file)
    bring_up_to_date(restored)
    run(server, "ALTER DATABASE {} ALLOW_CONNECTIONS false", name)
    try:
        pause.end_connections(server, name)
        with server.transaction():
            run(server, "ALTER DATABASE {} RENAME TO {}", name, replaced)
            run(server, "ALTER DATABASE {} RENAME TO {}", restored, name)
    finally:
        run(server, "ALTER DATABASE {} ALLOW_CONNECTIONS true", name)
    run(server, "DROP DATABASE {} WITH (FORCE)", replaced)


def bring_up_to_date(name: str) -> None:
    """The dump may be older than our migrations, and than the month that spans are stored in."""
    connection.close()
    settings, before = connection.settings_dict, connection.settings_dict["NAME"]
    settings["NAME"] = name
    try:
        prepare()
        make_ahead(timezone.now().date())
    finally:
        connection.close()
        settings["NAME"] = before


def run(server: psycopg.Connection, statement: str, *names: str) -> None:
    """Names cannot be parameters of these statements."""
    server.execute(sql.SQL(statement).format(*map(sql.Identifier, names)))
