"""Scheduler of beat that proves with every tick that it lives."""

from celery.beat import PersistentScheduler

from config.health import note_beat


class Scheduler(PersistentScheduler):  # type: ignore[misc]  # Celery has no types
    """Celery's scheduler with a file of its last runs, which also notes each tick."""

    def tick(self, *args: object, **kwargs: object) -> float:
        note_beat()
        return float(super().tick(*args, **kwargs))
