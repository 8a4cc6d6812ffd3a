"""`manage.py alive`: the watch over frozen processes where there is no `up`; the health check of a container."""

import asyncio
from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from config.watching import FROZEN_SECONDS, ProcessWatch, end


class Command(BaseCommand):
    help = (
        f"Asks every process of Confab on this machine, or in this container, whether it lives, and kills one that has"
        f" not answered for {FROZEN_SECONDS:.0f} s. Fails when it had to, and when a ROLE has no process at all."
    )
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("roles", nargs="*", metavar="ROLE", help="web, grpc, worker, pool or beat")

    def handle(self, *, roles: list[str], **_: Any) -> None:
        if faults := asyncio.run(faults_of(set(roles))):
            raise CommandError("; ".join(faults))


async def faults_of(roles: set[str]) -> list[str]:
    """Look until all of them answer, or until some are known to be frozen; end these."""
    watch = ProcessWatch(settings.ALIVE_DIR)
    found = await watch.look()
    while any(one.silent for one in found) and not any(one.is_frozen for one in found):
        found = await watch.look()
    frozen = [one for one in found if one.is_frozen]
    for one in frozen:
        await end(one)
    return [
        *(f"{one} has not answered for {FROZEN_SECONDS:.0f} s: {_ended(one.pid)}" for one in frozen),
        *(f"no process of {role} answers" for role in sorted(roles - {one.role for one in found})),
    ]


def _ended(pid: int) -> str:
    """Return what became of the process: the kernel keeps the first one of a container from being killed inside."""
    if pid == 1:
        return "it is the first process of its container, which only an init (docker run --init) lets us end"
    return "it was killed"
