"""`manage.py backup`: makes a backup now, of everything that a new server needs."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from config.backups.making import BackupRuns, back_up
from config.postgres_tools import refuse_unnamed


class Command(BaseCommand):
    help = (
        "Backs up the database, the files of traces and the keys to CONFAB_BACKUP_TO while Confab keeps running."
        " `manage.py restore --backup NAME` reads it."
    )
    requires_system_checks = ()

    def handle(self, **_: Any) -> None:
        refuse_unnamed()
        try:
            made = back_up()
        except BackupRuns as reason:
            raise CommandError(str(reason)) from None
        self.stdout.write(
            f"Backup {made.name}: {made.dump_bytes:,} bytes of database, {made.files:,} files of"
            f" {made.file_bytes:,} bytes."
        )
        if made.missing:
            self.stderr.write(f"Deleted in the meantime, or lost: {', '.join(made.missing)}")
