"""`manage.py alive`: finds frozen processes without `up`, for example as the health check of a container."""

import asyncio
from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from config.process_probes import FROZEN_SECONDS, ProcessWatch, end


class Command(BaseCommand):
    help = (
        f"Asks every process of Confab on this machine, or in this container, if it lives. Kills processes that have"
        f" not answered for {FROZEN_SECONDS:.0f} s. Fails if a process was killed, or if a ROLE has no process."
    )
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("roles", nargs="*", metavar="ROLE", help="web, grpc, worker, pool or beat")

    def handle(self, *, roles: list[str], **_: Any) -> None:
        if faults := asyncio.run(find_faults(set(roles))):
            raise CommandError("; ".join(faults))


async def find_faults(roles: set[str]) -> list[str]:
    """Look until all processes answer or some are known to be frozen, kill these, and return the faults."""
    watch = ProcessWatch(settings.ALIVE_DIR)
    found = await watch.look()
    while any(process.silent for process in found) and not any(process.is_frozen for process in found):
        found = await watch.look()
    frozen = [process for process in found if process.is_frozen]
    for process in frozen:
        await end(process)
    return [
        *(f"{process} has not answered for {FROZEN_SECONDS:.0f} s: {_ended(process.pid)}" for process in frozen),
        *(f"no process of {role} answers" for role in sorted(roles - {process.role for process in found})),
    ]


def _ended(pid: int) -> str:
    """Return what happened to the process. The kernel does not let the first process of a container be killed."""
    if pid == 1:
        return "it is the first process of its container, which only an init (docker run --init) lets us end"
    return "it was killed"
