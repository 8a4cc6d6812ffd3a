"""The worker's sign of life: when it is ready, and then whenever beat asks, so that beat is part of what is proven."""

from celery import shared_task
from celery.signals import worker_ready

from config.health import note_heartbeat


@shared_task
def heartbeat() -> None:
    note_heartbeat()


@worker_ready.connect
def _first_heartbeat(**_: object) -> None:
    note_heartbeat()
