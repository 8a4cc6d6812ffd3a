"""How many downloads may go on at once: of one person or key, of one tenant, and in one process.

A download holds one of the process's threads while its file is made, and a large one also while it is sent. Without
places, a few people who read slowly would hold all threads, and nobody would be shown a page."""

import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import NamedTuple, Self

import redis
from django.core.cache import cache

from projects.models import ApiKey, Organization, Project, User

DOWNLOAD_LEASE_SECONDS = (
    60  # of a place in Redis, should its process be killed; longer than an answer may take to be made
)
RENEWAL_SECONDS = 15
DOWNLOAD_RETRY_SECONDS = 5


class Holder(NamedTuple):
    """Who downloads, and out of whose data."""

    who: str
    tenant: str

    @classmethod
    def of(cls, who: User | ApiKey | None, tenant: Project | Organization) -> Self:
        """`None` is whoever knows a signed address; they count as one."""
        owner = f"{type(tenant).__name__}-{tenant.pk}"
        return cls(owner if who is None else f"{type(who).__name__}-{who.pk}", owner)


class NoDownload(Exception):
    """There is no file to send; the text tells people why and what to do."""

    status = 503
    retry_after: int | None = None


class Busy(NoDownload):
    """All places are taken: with 429 by the one who asks, with 503 by others."""

    retry_after = DOWNLOAD_RETRY_SECONDS

    def __init__(self, reason: str, status: int) -> None:
        super().__init__(reason)
        self.status = status


@dataclass(frozen=True)
class DownloadSlots:
    """A number of places of one kind. Those of a person or key hold for all processes as long as Redis is there; the
    others are counted in this process, whose threads they spare."""

    kind: str
    of_one: int
    of_tenant: int
    in_process: int
    _taken: Counter[str] = field(default_factory=Counter)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def take(self, holder: Holder) -> "DownloadSlot":
        """One of the places, to be released. Raises Busy."""
        lease = self._lease(holder)
        with self._lock:
            if self._taken.total() < self.in_process and self._taken[holder.tenant] < self.of_tenant:
                self._taken[holder.tenant] += 1
                return DownloadSlot(self, holder, lease)
        _give_back(lease)
        raise Busy("The server is busy with other downloads. Try again in a few seconds.", 503)

    def _lease(self, holder: Holder) -> str:
        """The name of a free place of this person or key; "" while Redis is away. Raises Busy."""
        names = [f"{self.kind}:{holder.who}:{number}" for number in range(self.of_one)]
        try:
            for name in names:
                if cache.add(name, 1, DOWNLOAD_LEASE_SECONDS):
                    return name
        except redis.RedisError:
            return ""
        raise Busy(f"{self.of_one} downloads at once are the most. Wait until one of yours has ended.", 429)

    def _release(self, tenant: str) -> None:
        with self._lock:
            self._taken[tenant] -= 1
            if not self._taken[tenant]:
                del self._taken[tenant]


class DownloadSlot:
    """One download's place, until it is released."""

    def __init__(self, places: DownloadSlots, holder: Holder, lease: str) -> None:
        self._places, self._holder, self._lease = places, holder, lease
        self._renewed_at = time.monotonic()
        self._is_held = True

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.release()

    def renew(self) -> None:
        """Keeps the place in Redis; cheap enough to be called often."""
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


# The web process of `up` has 20 threads (config/programs.py): storing takes 4 of them, and 7 stay for pages.
MAKING = DownloadSlots("making", of_one=2, of_tenant=2, in_process=3)
SENDING = DownloadSlots(
    "sending", of_one=6, of_tenant=4, in_process=6
)  # a browser fetches 6 pictures of a page at once
