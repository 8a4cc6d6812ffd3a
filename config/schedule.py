"""Scheduler of beat: proves with every tick that it lives, and acts only while no other beat does."""

import logging
import math
import time
from contextlib import suppress
from typing import Any

from celery.beat import PersistentScheduler
from redis.exceptions import LockError, RedisError

from config.health import note_beat
from projects.jobs.redis_client import patient_redis

logger = logging.getLogger(__name__)

BEAT_LOCK = "beat:acting"
BEAT_LEASE_SECONDS = 10.0  # a killed beat's successor acts after this time
WAITING_BEAT_SECONDS = 2.0  # how often a beat that may not act looks again
LEASE_LOOK_SECONDS = 1.0  # how often one that acts keeps the lease: Celery ticks several times for each message


class Scheduler(PersistentScheduler):  # type: ignore[misc]  # Celery has no types
    """Celery's scheduler with a file of its last runs. Of several beats, the one that holds a lease sends messages."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self._lease = patient_redis().lock(BEAT_LOCK, timeout=BEAT_LEASE_SECONDS, thread_local=False)
        self._is_acting = False
        self._kept = -math.inf
        super().__init__(*args, **kwargs)

    def tick(self, *args: object, **kwargs: object) -> float:
        if time.monotonic() - self._kept > LEASE_LOOK_SECONDS and not self._keep():
            return WAITING_BEAT_SECONDS
        return min(float(super().tick(*args, **kwargs)), BEAT_LEASE_SECONDS / 2)

    def close(self) -> None:
        """Let another beat act at once."""
        with suppress(RedisError):
            self._lease.release()
        super().close()

    def _keep(self) -> bool:
        """Return whether we may act, and prove that we live.

        Keeps the lease, or takes it if nobody has it. Without Redis, no message could be sent anyway."""
        before = time.monotonic()
        if self._may_act():
            note_beat()
            self._kept = before
            return True
        self._kept = -math.inf
        return False

    def _may_act(self) -> bool:
        try:
            is_ours = self._keep_or_take()
        except RedisError:
            return False
        if is_ours != self._is_acting:
            logger.info("this beat %s", "acts" if is_ours else "waits: another one acts")
            self._is_acting = is_ours
        return is_ours

    def _keep_or_take(self) -> bool:
        try:
            return bool(self._lease.reacquire())
        except LockError:  # never taken, or it ran out and may be another's by now
            return bool(self._lease.acquire(blocking=False))
