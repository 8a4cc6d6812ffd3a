"""`manage.py prepare`: prepares the database as `up` does, for those who start the programs themselves."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from config.embedded import CannotStart
from config.embedded.modes import close_to_others
from config.preparation import prepare
from config.welcome import welcome
from projects.first_start import InitError


class Command(BaseCommand):
    help = "Migrates the database and creates the first owner, project and keys. Run it at every deployment."
    requires_system_checks = ()

    def handle(self, **_: Any) -> None:
        if settings.DATA_DIR.is_dir():
            close_to_others(settings.DATA_DIR)
        try:
            started = prepare()
        except (CannotStart, InitError) as reason:
            raise CommandError(str(reason)) from None
        for line in welcome(started):
            self.stdout.write(line)
