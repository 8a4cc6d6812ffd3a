"""`manage.py apply FILE`: brings organizations, members, projects and keys to what a file says."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from projects.provisioning.applying import apply_document
from projects.provisioning.faults import ProvisioningRefused, written
from projects.provisioning.files import DocumentFile

COMMAND_ACTOR = "manage.py apply"


class Command(BaseCommand):
    help = (
        "Brings organizations, members, projects and keys to what a YAML file says (docs/provisioning.md). What the"
        " file does not name stays. A second run changes nothing."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path, help="the YAML file")
        parser.add_argument("--dry-run", action="store_true", help="show the changes, and make none")

    def handle(self, *, file: Path, dry_run: bool, **_: Any) -> None:
        """Apply the file and print each change."""
        document = None
        try:
            document = DocumentFile(file)
            changes = apply_document(document.content, actor=COMMAND_ACTOR, is_dry=dry_run)
        except ProvisioningRefused as refused:
            raise CommandError(_told(refused, file, refused.document or document)) from None
        for change in changes:
            self.stdout.write(change)
        count = f"{len(changes)} change{'' if len(changes) == 1 else 's'}"
        self.stdout.write(f"{count}, none made." if dry_run else f"{count} made." if changes else "Nothing to change.")


def _told(refused: ProvisioningRefused, file: Path, document: Any) -> str:
    lines = [
        f"{file}{f':{document.line_of(fault.place)}' if document else ''}: {written(fault.place)}: {fault.text}"
        for fault in refused.faults
    ]
    return "\n".join([*lines, "Nothing was changed."])
