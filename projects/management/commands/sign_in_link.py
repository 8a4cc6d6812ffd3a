"""`manage.py sign_in_link EMAIL`: lets somebody sign in whom no mail reaches."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from projects.accounts.sign_in_links import link_for
from projects.models import User


class Command(BaseCommand):
    help = "Prints a link that signs a person in once, within three days. A second factor is still required."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("email", help="the person's address")

    def handle(self, *, email: str, **_: Any) -> None:
        user = User.objects.filter(email=email.lower(), is_active=True).first()
        if user is None:
            raise CommandError(f"No active account has the address {email}.")
        self.stdout.write(link_for(user))
