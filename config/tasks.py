"""The worker's sign of life, and the backup that is due.

The loop that hands out tasks sends the sign, so it never waits behind a task."""

from contextlib import suppress
from typing import Any

from celery import shared_task
from celery.signals import heartbeat_sent, worker_ready
from redis import RedisError

from config.backups.making import BackupRuns, back_up
from config.backups.schedule import is_due
from config.health import HEARTBEAT_LIFE_SECONDS, note_heartbeat
from projects.jobs.slices import announce

_worker: dict[str, int] = {}  # tasks that run at a time, by the worker's name; empty until known


def give_sign(**_: object) -> None:
    """Note that this worker lives, and how many tasks it runs at a time."""
    note_heartbeat()
    with suppress(RedisError):
        for name, slots in _worker.items():
            announce(name, slots, HEARTBEAT_LIFE_SECONDS)


@worker_ready.connect
def begin(sender: Any, **_: object) -> None:
    """Remember the name of this worker and the number of its threads, and give the first sign."""
    _worker[sender.hostname] = sender.pool.num_processes
    give_sign()


heartbeat_sent.connect(give_sign)  # Celery sends it every 2 seconds


@shared_task
def back_up_if_due() -> None:
    """Make a backup if CONFAB_BACKUP_EVERY asks for one. A long one is queued again meanwhile, and ends at the lock."""
    if is_due():
        with suppress(BackupRuns):
            back_up()
