"""The schedule as a thread of a worker: a process of its own (beat) would cost the memory of one."""

import logging
import os
from threading import Event, Thread
from typing import Any

from celery.bootsteps import StartStopStep
from celery.worker import WorkController, state

from config.schedule import Scheduler

logger = logging.getLogger(__name__)

STOP_SECONDS = 5.0


class ScheduleThread(StartStopStep):  # type: ignore[misc]  # Celery has no types
    """Part of a worker that has the option `schedule_thread`. Its `schedule_filename` keeps the last runs."""

    def __init__(self, worker: WorkController, schedule_thread: bool = False, **options: Any) -> None:
        super().__init__(worker, **options)
        self.enabled = schedule_thread
        self._is_over = Event()
        self._thread = Thread(target=self._tick, args=(worker,), name="schedule", daemon=True)

    def start(self, worker: WorkController) -> None:
        self._thread.start()

    def stop(self, worker: WorkController) -> None:
        """Let another beat act at once."""
        self._is_over.set()
        if self._thread.is_alive():
            self._thread.join(STOP_SECONDS)

    def _tick(self, worker: WorkController) -> None:
        """Send what is due until the worker ends. A schedule that fails ends the worker, which is then replaced."""
        try:
            scheduler = Scheduler(app=worker.app, schedule_filename=worker.schedule_filename)
            try:
                while not self._is_over.wait(scheduler.tick()):
                    if scheduler.should_sync():
                        scheduler._do_sync()
            finally:
                scheduler.close()
        except Exception:
            logger.exception("the schedule failed: the worker ends")
            state.should_stop = os.EX_SOFTWARE
