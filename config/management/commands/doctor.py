"""`manage.py doctor`: says what is wrong with the configuration."""

import sys
from typing import Any

from django.core.management.base import BaseCommand

from config.installation.doctor import examine
from config.installation.facts import FactState, worst

STATE_WORDS = {FactState.FINE: "ok", FactState.WARNING: "careful", FactState.BROKEN: "WRONG"}


class Command(BaseCommand):
    help = (
        "Says what is wrong with the configuration, and what to do: variables, secrets, addresses, mail, PostgreSQL,"
        " Redis and files. Changes nothing. Exits with 1 if Confab cannot work, and with 0 otherwise."
    )
    requires_system_checks = ()

    def handle(self, **_: Any) -> None:
        """Print all facts."""
        groups = examine()
        for group in groups:
            self.stdout.write(group.title)
            for fact in group.facts:
                self.stdout.write(f"  {STATE_WORDS[fact.state]:<8} {fact.name} {fact.shown}")
                if fact.advice:
                    self.stdout.write(f"           {fact.advice}")
        if worst([fact for group in groups for fact in group.facts]) == FactState.BROKEN:
            sys.exit(1)
