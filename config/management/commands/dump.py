"""`manage.py dump`: writes the whole database to a file, with the pg_dump of the embedded PostgreSQL."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand
from django.db import connection

from config.postgres_tools import refuse_unnamed, run_tool


class Command(BaseCommand):
    help = "Writes the database to FILE while Confab keeps running. `manage.py restore` reads it."
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path)

    def handle(self, *, file: Path, **_: Any) -> None:
        """Write the dump under another name and rename it, so that a file with the final name is complete."""
        refuse_unnamed()
        unfinished = file.with_name(f"{file.name}.unfinished")
        unfinished.unlink(missing_ok=True)  # it would keep its mode
        database = connection.settings_dict["NAME"]
        run_tool("pg_dump", "--format=custom", "--no-owner", "--no-privileges", "--file", unfinished, database)
        unfinished.rename(file)
