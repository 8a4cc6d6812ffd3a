"""`manage.py restore`: the database as a dump has it, wholly or not at all."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import connection

from config.postgres_tools import refuse_unnamed, run_tool
from config.preparation import prepare


class Command(BaseCommand):
    help = "Replaces the database by the contents of FILE, which `manage.py dump` wrote, also while Confab is running."
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--no-input", action="store_true", help="do not ask")

    def handle(self, *, file: Path, no_input: bool, **_: Any) -> None:
        refuse_unnamed()
        name = connection.settings_dict["NAME"]
        if not no_input and input(f"Everything in {name!r} is replaced. Type 'yes' to go on: ") != "yes":
            raise CommandError("Nothing was changed.")
        restored = f"{name}_restored"
        self._on_server(f"DROP DATABASE IF EXISTS {quoted(restored)}", f"CREATE DATABASE {quoted(restored)}")
        run_tool("pg_restore", "--exit-on-error", "--no-owner", "--no-privileges", "--dbname", restored, file)
        self._on_server(
            f"DROP DATABASE {quoted(name)} WITH (FORCE)",
            f"ALTER DATABASE {quoted(restored)} RENAME TO {quoted(name)}",
        )
        prepare()  # the dump may be older than our migrations

    def _on_server(self, *statements: str) -> None:
        connection.close()
        with connection._nodb_cursor() as cursor:
            for statement in statements:
                cursor.execute(statement)


def quoted(name: str) -> str:
    return connection.ops.quote_name(name)
