"""`manage.py demo`: writes a believable project through the path that every SDK's traces take."""

from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.urls import reverse
from django.utils import timezone

from projects.first_start import first_start
from projects.models import Project
from sessions.demo.dialects import DIALECTS
from sessions.demo.export import body
from sessions.demo.story import tell
from sessions.models import Session
from sessions.rollup.recomputing import drain
from tracing.ingest.intake import take_traces
from tracing.wire.otlp import PROTOBUF

DEMO_BAR_CHARACTERS = 30


class Command(BaseCommand):
    help = "Fills a project with invented conversations in several languages; a second run adds none."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--project", default="Demo", help="its name; made when there is none")
        parser.add_argument("--sessions", type=int, default=200, help="how many")
        parser.add_argument("--seed", type=int, default=1, help="another seed makes other conversations")

    def handle(self, *args: Any, **options: Any) -> None:
        total = options["sessions"]
        if total < 1:
            raise CommandError("--sessions is at least 1.")
        project = self.project(options["project"])
        until = timezone.now().replace(minute=0, second=0, microsecond=0)
        for number, talk in enumerate(tell(total, seed=options["seed"], until=until)):
            outcome = take_traces(project, body(talk, DIALECTS[number % len(DIALECTS)]), PROTOBUF, {})
            if outcome.message:
                raise CommandError(f"Session {talk.session_id} was not taken as sent: {outcome.message}")
            self.show(number + 1, total)
        drain(project.pk)
        count = Session.objects.for_project(project).count()
        self.stdout.write(
            f"\n{project} has {count:,} sessions: {settings.BASE_URL}{reverse('sessions', args=[project.pk])}"
        )

    def project(self, name: str) -> Project:
        organization = first_start().project.organization
        project, _ = organization.projects.get_or_create(name=name)
        if project.archived_at or project.deleted_at:
            raise CommandError(f"The project {name!r} accepts no more data. Choose another name with --project.")
        return project

    def show(self, done: int, total: int) -> None:
        if not self.stdout.isatty():
            return
        filled = DEMO_BAR_CHARACTERS * done // total
        self.stdout.write(
            f"\r[{'#' * filled}{'.' * (DEMO_BAR_CHARACTERS - filled)}] {done:,} of {total:,} sessions", ending=""
        )
        self.stdout.flush()
