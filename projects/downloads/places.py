"""Slots that limit concurrent downloads of one person or key, of one tenant, and in one process.

A download holds one of the process's threads while its file is made and, if it is large, while it is sent. Without
slots, a few slow readers would hold all threads, and nobody would get a page."""

import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import NamedTuple, Self

import redis
from django.core.cache import cache

from projects.metrics.table import DOWNLOADS
from projects.models import ApiKey, Organization, Project, User

# After this time, a slot in Redis is free again if its process was killed. Longer than making an answer may take.
DOWNLOAD_LEASE_SECONDS = 60
RENEWAL_SECONDS = 15
DOWNLOAD_RETRY_SECONDS = 5


class Holder(NamedTuple):
    """The downloading person or key, and the tenant of the data."""

    who: str
    tenant: str

    @classmethod
    def of(cls, who: User | ApiKey | None, tenant: Project | Organization) -> Self:
        """Return the holder. `who` is None for a signed address; all clients of one tenant then count as one."""
        owner = f"{type(tenant).__name__}-{tenant.pk}"
        return cls(owner if who is None else f"{type(who).__name__}-{who.pk}", owner)


class NoDownload(Exception):
    """There is no file to send. The text tells people why, and what to do."""

    status = 503
    title = "No download now."
    retry_after: int | None = None


class Busy(NoDownload):
    """All slots are in use: status 429 if by the same person or key, 503 if by others."""

    retry_after = DOWNLOAD_RETRY_SECONDS

    def __init__(self, reason: str, status: int) -> None:
        super().__init__(reason)
        self.status = status


@dataclass(frozen=True)
class DownloadSlots:
    """A number of slots of one kind.

    Slots of a person or key are counted in Redis, if it is there, for all processes. The others are counted in this
    process, whose threads they save."""

    kind: str
    of_one: int
    of_tenant: int
    in_process: int
    _taken: Counter[str] = field(default_factory=Counter)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def take(self, holder: Holder) -> "DownloadSlot":
        """Return a slot, which the caller must release. Raises Busy."""
        try:
            slot = self._take(holder)
        except Busy:
            DOWNLOADS.add(kind=self.kind, outcome="refused")
            raise
        DOWNLOADS.add(kind=self.kind, outcome="begun")
        return slot

    def _take(self, holder: Holder) -> "DownloadSlot":
        lease = self._lease(holder)
        with self._lock:
            if self._taken.total() < self.in_process and self._taken[holder.tenant] < self.of_tenant:
                self._taken[holder.tenant] += 1
                return DownloadSlot(self, holder, lease)
        _give_back(lease)
        raise Busy("The server is busy with other downloads. Try again in a few seconds.", 503)

    def _lease(self, holder: Holder) -> str:
        """Return the name of a free slot of this person or key, or "" while Redis is away. Raises Busy."""
        names = [f"{self.kind}:{holder.who}:{number}" for number in range(self.of_one)]
        try:
            for name in names:
                if cache.add(name, 1, DOWNLOAD_LEASE_SECONDS):
                    return name
        except redis.RedisError:
            return ""
        raise Busy(f"{self.of_one} downloads at a time are the limit. Wait until one of yours has ended.", 429)

    def _release(self, tenant: str) -> None:
        with self._lock:
            self._taken[tenant] -= 1
            if not self._taken[tenant]:
                del self._taken[tenant]


class DownloadSlot:
    """Slot of one download, until it is released."""

    def __init__(self, places: DownloadSlots, holder: Holder, lease: str) -> None:
        self._places, self._holder, self._lease = places, holder, lease
        self._renewed_at = time.monotonic()
        self._is_held = True

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.release()

    def renew(self) -> None:
        """Renew the slot in Redis. This is cheap enough to be called often."""
        if self._lease and time.monotonic() - self._renewed_at > RENEWAL_SECONDS:
            self._renewed_at = time.monotonic()
            try:
                cache.set(self._lease, 1, DOWNLOAD_LEASE_SECONDS)
            except redis.RedisError:
                return

    def release(self) -> None:
        if self._is_held:
            self._is_held = False
            self._places._release(self._holder.tenant)
            _give_back(self._lease)


def _give_back(lease: str) -> None:
    try:
        if lease:
            cache.delete(lease)
    except redis.RedisError:
        return  # it ends by itself


# The web process of `up` has 20 threads (config/asgi.py): storing uses 4 of them, downloads 9, and 7 remain for pages.
MAKING_SLOTS = DownloadSlots("making", of_one=2, of_tenant=2, in_process=3)
# A browser fetches 6 images of a page at a time.
SENDING_SLOTS = DownloadSlots("sending", of_one=6, of_tenant=4, in_process=6)
