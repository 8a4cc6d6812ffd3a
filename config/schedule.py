"""Beat's scheduler, which gives a sign of life with each look at the clock."""

from celery.beat import PersistentScheduler

from config.health import note_beat


class Scheduler(PersistentScheduler):  # type: ignore[misc]  # Celery has no types
    """Keeps its last runs in a file, as Celery's own does."""

    def tick(self, *args: object, **kwargs: object) -> float:
        note_beat()
        return float(super().tick(*args, **kwargs))
