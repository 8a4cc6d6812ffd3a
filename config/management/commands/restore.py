"""`manage.py restore`: replaces the database by a dump, completely or not at all, and brings back files and keys."""

import signal
import sys
import time
from argparse import ArgumentParser
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any

import psycopg
from django.core.management.base import BaseCommand, CommandError
from django.db import connection
from django.utils import timezone
from psycopg import sql

from config import pause
from config.backups import restoring
from config.backups.store import BackupStore
from config.embedded import CannotStart
from config.postgres_tools import POOLER_ERROR, POOLER_MESSAGE, refuse_unnamed, run_tool
from config.preparation import prepare
from projects.first_start import InitError
from tracing.store.partitions import make_ahead

END_PAUSE_TRIES = 20  # one per second: the server may be restarting


class Command(BaseCommand):
    help = (
        "Replaces the database by the contents of FILE, which `manage.py dump` wrote, or everything by a backup. Confab"
        " may keep running on all machines: until this has ended, pages can be read, and everybody else is asked to try"
        " again."
    )
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        source = parser.add_mutually_exclusive_group(required=True)
        source.add_argument("file", type=Path, nargs="?")
        source.add_argument("--backup", metavar="NAME", help="a backup in CONFAB_BACKUP_TO, or 'latest'")
        parser.add_argument("--no-input", action="store_true", help="do not ask for confirmation")

    def handle(self, *, file: Path | None, backup: str | None, no_input: bool, **_: Any) -> None:
        refuse_unnamed()
        store = BackupStore()
        name = restoring.found(store, backup) if backup else ""
        with restoring.dump_of(store, name) if name else nullcontext(file) as dump:
            assert dump
            self.confirm(dump, no_input)
            if name:
                self.say(f"{restoring.bring_back_files(store, name):,} files were missing and are there again.")
            self.restore(dump)
        for line in restoring.bring_back_keys(store, name) if name else ():
            self.say(line)

    def confirm(self, file: Path, no_input: bool) -> None:
        """Raise CommandError if the file is no dump, or if the operator does not agree."""
        run_tool("pg_restore", "--list", "--file", "/dev/null", file)  # fails if the file is not a dump
        name = connection.settings_dict["NAME"]
        question = f"This replaces all data in {name!r}, also what is newer than the dump. Type 'yes' to continue: "
        if not no_input and answer_to(question) != "yes":
            raise CommandError("Nothing was changed. Without a terminal, use --no-input.")

    def restore(self, file: Path) -> None:
        """Replace the database while all programs are kept from writing to it."""
        name = connection.settings_dict["NAME"]
        for number in (signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, lambda *_: sys.exit("Stopped: nothing was changed."))
        try:
            with pause.control() as server, self.alone(server), self.paused(server, name):
                replace(server, name, file)
        except (CannotStart, InitError, TimeoutError, psycopg.Error) as reason:
            if POOLER_ERROR in str(reason):
                raise CommandError(POOLER_MESSAGE) from None
            raise CommandError(f"{str(reason).strip()}. Nothing was changed.") from None
        self.say("Restored. Confab accepts data again.")

    @contextmanager
    def alone(self, server: psycopg.Connection) -> Iterator[None]:
        """Hold the lock of restores during the block. Raises CommandError if another restore has it."""
        if server.execute("SELECT pg_try_advisory_lock(%(lock)s)", {"lock": pause.RESTORE_LOCK}).fetchone() != (True,):
            raise CommandError("Another restore runs on this server. Nothing was changed.")
        yield  # the lock ends with the connection

    @contextmanager
    def paused(self, server: psycopg.Connection, name: str) -> Iterator[None]:
        """Pause the database for the block that replaces it.

        A new database has no pause, so the pause is ended only if the block fails."""
        try:
            pause.begin(server, name)
            if not pause.holds():
                raise CommandError("Reset default_transaction_read_only, which the role of DATABASE_URL sets itself.")
            self.say("Paused. Until this has ended, clients that send data are asked to try again.")
            yield
        except BaseException:
            self.go_on(name)
            raise

    def go_on(self, name: str) -> None:
        """End the pause over a new connection: the old one may be broken. Print the way out if that fails."""
        for _ in range(END_PAUSE_TRIES):
            try:
                with pause.control() as server:
                    return pause.end(server, name)
            except (psycopg.Error, TimeoutError) as error:
                reason = error
                time.sleep(1)
        self.stderr.write(f"Could not end the pause: {reason}. Run `manage.py prepare` when the server is back.")
        return None

    def say(self, text: str) -> None:
        self.stdout.write(text)
        self.stdout.flush()


def answer_to(question: str) -> str:
    """Ask a question on the terminal, and return the answer, or "" if there is no terminal."""
    try:
        return input(question)
    except EOFError:
        return ""


def replace(server: psycopg.Connection, name: str, file: Path) -> None:
    """Restore into a new database, migrate it, and exchange it for the old one in one step."""
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
    """Migrate the restored database and make the present month's partitions. A dump may lack both."""
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
    """Run a statement with identifiers, which cannot be parameters."""
    server.execute(sql.SQL(statement).format(*map(sql.Identifier, names)))
