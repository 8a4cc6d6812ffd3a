"""Whether this process lives (/healthz), and whether the installation can take data and work them off (/readyz)."""

import time
from contextlib import suppress

import redis
from django.core.cache import cache
from django.http import HttpRequest, HttpResponse, JsonResponse

from config import storing
from config.probing import DEADLINE_SECONDS, PROBE_OK, NotReady, Probe, answers
from tracing.store import dirty

HEARTBEAT, BEAT = "worker-heartbeat", "beat-heartbeat"
HEARTBEAT_LIFE = 30  # seconds; a sign is given every few of them
LAG_SECONDS = 60  # a sweep finds what waits every 5 seconds, so that longer means that work does not keep up
PAGE_SECONDS, PAGE_AGE_SECONDS = 0.2, 5.0  # how long a page waits to know of trouble, and how old that may be
FRESH_SECONDS = 0.2  # an answer that costs a connection to the database counts for as long, however many ask


def note_heartbeat() -> None:
    """A sign of life; only a worker calls this."""
    _note(HEARTBEAT)


def note_beat() -> None:
    """A sign of life; only beat calls this."""
    _note(BEAT)


def _note(name: str) -> None:
    """Without Redis nothing is noted: whoever gives the sign lives on, and has said already that Redis is away."""
    with suppress(redis.RedisError):
        cache.set(name, time.time(), timeout=HEARTBEAT_LIFE)


def last_heartbeat() -> float | None:
    """When a worker last gave a sign of life, None if that is too long ago to count."""
    heard: float | None = cache.get(HEARTBEAT)
    return heard


def healthz(request: HttpRequest) -> HttpResponse:
    return HttpResponse("ok\n", content_type="text/plain")


def readyz(request: HttpRequest) -> JsonResponse:
    """Each check has its own deadline, and they run at the same time, so that this answers whatever hangs."""
    found = {name: answer or LATE_MESSAGE for name, answer in answers(CHECKS).items()}
    for name, needed in NEEDS.items():
        if found[needed] != PROBE_OK:
            found[name] = f"cannot be told: the {needed} is not ready"
    is_ready = all(answer == PROBE_OK for answer in found.values())
    return JsonResponse({"ready": is_ready, "checks": found}, status=200 if is_ready else 503)


def _queue() -> None:
    waits = dirty.longest_wait(dirty.URGENT)
    if waits > LAG_SECONDS:
        raise NotReady(
            f"sessions are {waits:.0f} s behind their traces: the workers do not keep up, or one hangs; look at their"
            " log, and start more of them"
        )


def _broker() -> None:
    last_heartbeat()


def _worker() -> None:
    if last_heartbeat() is None:
        raise NotReady(f"no sign of life for {HEARTBEAT_LIFE} s: is a Celery worker running?")


def _beat() -> None:
    if cache.get(BEAT) is None:
        raise NotReady(f"no sign of life for {HEARTBEAT_LIFE} s: is beat running?")


CHECKS = {
    "database": Probe(storing.check_database, age=FRESH_SECONDS),
    "disk": Probe(storing.check_disk),
    "storing": Probe(storing.check_storing),
    "queue": Probe(_queue, age=FRESH_SECONDS),
    "broker": Probe(_broker),
    "worker": Probe(_worker),
    "beat": Probe(_beat),
}
NEEDS = {"queue": "database", "worker": "broker", "beat": "broker"}
LATE_MESSAGE = f"does not answer within {DEADLINE_SECONDS:.0f} s"
# What pages say to admins of each check that fails, the first of them.
TROUBLE = {
    "broker": "Redis does not answer: traces are taken, but sessions and their numbers stand still.",
    "worker": "No worker is heard: traces are taken, but sessions and their numbers stand still.",
    "beat": "The schedule is not heard: traces are taken, but what runs by the clock stands still.",
    "queue": "Sessions are behind their traces: the workers do not keep up.",
}


def trouble() -> str:
    """Return one line for pages, empty while sessions follow their traces. No page waits longer than a moment for it:
    what is not known by then is said by the next one."""
    found = answers({name: CHECKS[name] for name in TROUBLE}, within=PAGE_SECONDS, age=PAGE_AGE_SECONDS)
    return next((text for name, text in TROUBLE.items() if found[name] not in (PROBE_OK, None)), "")
