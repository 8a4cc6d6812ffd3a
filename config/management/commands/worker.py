"""`manage.py worker`: works off what waits, and runs the schedule, until SIGTERM; then finishes running tasks."""

from pathlib import Path
from typing import Any

from celery.utils.nodenames import default_nodename
from django.core.management.base import BaseCommand, CommandParser

from config.celery import app


class Command(BaseCommand):
    """What `celery worker` would do, without its command line, which takes 6 MB of memory."""

    help = "Runs a worker with the schedule (beat) as one of its threads. Of several, one schedule acts."
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--threads", type=int, default=8, help="tasks at a time (8)")
        parser.add_argument("--schedule", type=Path, required=True, help="file that keeps when tasks were last due")

    def handle(self, *, threads: int, schedule: Path, **_: Any) -> None:
        worker = app.Worker(
            hostname=default_nodename(None),
            pool_cls="threads",
            concurrency=threads,
            loglevel="WARNING",
            quiet=True,
            without_gossip=True,
            without_mingle=True,
            schedule_filename=str(schedule),
            schedule_thread=True,
        )
        worker.start()
        raise SystemExit(worker.exitcode)
