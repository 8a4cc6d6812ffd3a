"""`manage.py distribute`: spreads the tables of tenants over the nodes of a Citus cluster."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from projects.cluster.distributing import DEFAULT_SHARDS, CannotDistribute, distribute


class Command(BaseCommand):
    help = (
        "Distributes each table of tenants by project_id over the nodes of a Citus cluster, with its rows. May be"
        " stopped and started again; does nothing when all are distributed. See docs/scaling.md."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--shards",
            type=int,
            default=DEFAULT_SHARDS,
            help=f"how many parts each table has, {DEFAULT_SHARDS} by default; cannot be changed later without copying",
        )

    def handle(self, *, shards: int, **_: Any) -> None:
        """Distribute, and print each table that is done."""
        count = 0
        try:
            for done in distribute(shards):
                count += 1
                self.stdout.write(f"{done.done} of {done.all}: {done.table}, {done.seconds:.1f} s")
        except CannotDistribute as reason:
            raise CommandError(str(reason)) from None
        self.stdout.write(f"{count} tables distributed." if count else "All tables were distributed before.")
