"""Whether this process lives (/healthz), and whether the installation can take data and work them off (/readyz)."""

import time
from collections.abc import Callable
from contextlib import suppress

import redis
from django.core.cache import cache
from django.db import connection
from django.http import HttpRequest, HttpResponse, JsonResponse

HEARTBEAT, BEAT = "worker-heartbeat", "beat-heartbeat"
HEARTBEAT_LIFE = 30  # seconds; a sign is given every few of them


class NotReady(Exception):
    """A part does not do its work; the text is for whoever operates it."""


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
    checks = {name: _result(check) for name, check in CHECKS.items()}
    is_ready = all(result == "ok" for result in checks.values())
    return JsonResponse({"ready": is_ready, "checks": checks}, status=200 if is_ready else 503)


def _result(check: Callable[[], None]) -> str:
    """Any failure at all means "not ready", whatever class the driver gives it; its text may hold addresses."""
    try:
        check()
    except NotReady as reason:
        return str(reason)
    except Exception as error:
        return f"does not answer ({type(error).__name__})"
    return "ok"


def _database() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")


def _broker() -> None:
    last_heartbeat()


def _worker() -> None:
    if last_heartbeat() is None:
        raise NotReady(f"no sign of life for {HEARTBEAT_LIFE} s: is a Celery worker running?")


def _beat() -> None:
    if cache.get(BEAT) is None:
        raise NotReady(f"no sign of life for {HEARTBEAT_LIFE} s: is beat running?")


CHECKS = {"database": _database, "broker": _broker, "worker": _worker, "beat": _beat}
