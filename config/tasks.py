"""The worker's sign of life: from the loop that hands out its work, so that it never waits behind any."""

from contextlib import suppress
from typing import Any

from celery.signals import heartbeat_sent, worker_ready
from redis import RedisError

from config.health import HEARTBEAT_LIFE, note_heartbeat
from projects.work.slices import announce

_worker: dict[str, int] = {}  # our name and how many tasks we run at once, as soon as that is known


def give_sign(**_: object) -> None:
    note_heartbeat()
    with suppress(RedisError):
        for name, slots in _worker.items():
            announce(name, slots, HEARTBEAT_LIFE)


@worker_ready.connect
def begin(sender: Any, **_: object) -> None:
    _worker[sender.hostname] = sender.pool.num_processes
    give_sign()


heartbeat_sent.connect(give_sign)  # Celery sends it every 2 seconds
