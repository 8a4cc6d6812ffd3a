"""`manage.py prepare`: what `up` does with a database before it starts programs, for who starts them otherwise."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from config.embedded import CannotStart
from config.embedded.modes import close_to_others
from config.preparation import prepare
from config.welcome import welcome
from projects.first_start import InitError


class Command(BaseCommand):
    help = "Migrates the database and makes the first owner, project and keys. May run at every deployment."
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
