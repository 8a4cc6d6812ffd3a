"""`manage.py dump`: the whole database in one file, by the pg_dump that belongs to our PostgreSQL."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand
from django.db import connection

from config.postgres_tools import refuse_unnamed, run_tool


class Command(BaseCommand):
    help = "Writes the database into FILE while Confab goes on running; `manage.py restore` reads it."
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path)

    def handle(self, *, file: Path, **_: Any) -> None:
        """A file of the final name is a whole dump."""
        refuse_unnamed()
        unfinished = file.with_name(f"{file.name}.unfinished")
        unfinished.unlink(missing_ok=True)  # it would keep its mode
        database = connection.settings_dict["NAME"]
        run_tool("pg_dump", "--format=custom", "--no-owner", "--no-privileges", "--file", unfinished, database)
        unfinished.rename(file)
