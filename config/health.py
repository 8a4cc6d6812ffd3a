"""Health checks: `/healthz` says whether this process lives, `/readyz` whether the installation works."""

import time
from contextlib import suppress

import redis
from django.conf import settings
from django.core.cache import cache
from django.http import HttpRequest, HttpResponse, JsonResponse

from config import storage_checks
from config.probing import DEADLINE_SECONDS, PROBE_OK, NotReady, Probe, answers
from tracing.store import dirty

HEARTBEAT, BEAT = "worker-heartbeat", "beat-heartbeat"
HEARTBEAT_LIFE_SECONDS = 30  # a sign of life comes every few seconds
LAG_SECONDS = 60  # a sweep looks for waiting sessions every 5 s, so a longer wait means that workers do not keep up
PAGE_SECONDS, PAGE_AGE_SECONDS = 0.2, 5.0  # how long a page waits for these checks, and how old their answers may be
ALIVE_TEXT = f"ok {settings.VERSION}\n"
NODES_AGE_SECONDS = 5.0  # asking each node of a cluster costs a connection to it
FRESH_SECONDS = 0.2  # an answer that costs a database connection is reused this long


def note_heartbeat() -> None:
    """Note that a worker lives. Only workers call this."""
    _note(HEARTBEAT)


def note_beat() -> None:
    """Note that the schedule lives. Only beat calls this."""
    _note(BEAT)


def _note(name: str) -> None:
    """Note the present time under `name`.

    Without Redis, nothing is noted: its absence is logged elsewhere, and the caller goes on."""
    with suppress(redis.RedisError):
        cache.set(name, time.time(), timeout=HEARTBEAT_LIFE_SECONDS)


def last_heartbeat() -> float | None:
    """Return when a worker last gave a sign of life, or None if it is longer ago than HEARTBEAT_LIFE_SECONDS."""
    heard: float | None = cache.get(HEARTBEAT)
    return heard


def healthz(request: HttpRequest) -> HttpResponse:
    """Answer with "ok" and the version, which proves that this process answers requests."""
    return HttpResponse(ALIVE_TEXT, content_type="text/plain")


def readyz(request: HttpRequest) -> JsonResponse:
    """Answer with the outcome of every check.

    The checks run at the same time, each with its own deadline, so this answers whatever hangs. A check that concerns
    some projects only is named, but does not make the answer 503: then nobody would reach the other projects."""
    found = {name: answer or LATE_MESSAGE for name, answer in answers(CHECKS).items()}
    for name, needed in NEEDS.items():
        if found[needed] != PROBE_OK:
            found[name] = f"unknown: the {needed} is not ready"
    is_ready = all(answer == PROBE_OK for name, answer in found.items() if name not in PARTIAL_CHECKS)
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
        raise NotReady(f"no sign of life for {HEARTBEAT_LIFE_SECONDS} s: is a Celery worker running?")


def _beat() -> None:
    if cache.get(BEAT) is None:
        raise NotReady(f"no sign of life for {HEARTBEAT_LIFE_SECONDS} s: is beat running?")


CHECKS = {
    "database": Probe(storage_checks.check_database, age=FRESH_SECONDS),
    "nodes": Probe(storage_checks.check_nodes, age=NODES_AGE_SECONDS),
    "disk": Probe(storage_checks.check_disk),
    "storing": Probe(storage_checks.check_storing),
    "queue": Probe(_queue, age=FRESH_SECONDS),
    "broker": Probe(_broker),
    "worker": Probe(_worker),
    "beat": Probe(_beat),
}
# What fails for some projects only: the others need this process, so it stays ready.
PARTIAL_CHECKS = {"nodes"}
NEEDS = {"queue": "database", "nodes": "database", "worker": "broker", "beat": "broker"}
LATE_MESSAGE = f"does not answer within {DEADLINE_SECONDS:.0f} s"
# What pages tell admins about the first check that fails.
TROUBLE_MESSAGES = {
    "nodes": "A node of the database does not answer: projects on it cannot be read, and their senders come again.",
    "broker": "Redis does not answer: traces are stored, but sessions and their numbers are not updated.",
    "worker": "No worker is running: traces are stored, but sessions and their numbers are not updated.",
    "beat": "The schedule is not running: traces are stored, but scheduled work is not done.",
    "queue": "Sessions are behind their traces: the workers do not keep up.",
}


def trouble() -> str:
    """Return one line about the first failing part, for admins' pages, or "" if sessions follow their traces.

    No page waits for it longer than PAGE_SECONDS. A check that has not answered by then counts as passed."""
    found = answers({name: CHECKS[name] for name in TROUBLE_MESSAGES}, within=PAGE_SECONDS, age=PAGE_AGE_SECONDS)
    return next((text for name, text in TROUBLE_MESSAGES.items() if found[name] not in (PROBE_OK, None)), "")
