"""Whether this process lives (/healthz), and whether the installation can take data and work them off (/readyz)."""

import time
from collections.abc import Callable

from django.core.cache import cache
from django.db import connection
from django.http import HttpRequest, HttpResponse, JsonResponse

HEARTBEAT = "worker-heartbeat"
HEARTBEAT_LIFE = 30  # seconds; beat asks for one every 10


class NotReady(Exception):
    """A part does not do its work; the text is for whoever operates it."""


def note_heartbeat() -> None:
    """A sign of life; only a worker calls this."""
    cache.set(HEARTBEAT, time.time(), timeout=HEARTBEAT_LIFE)


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
        raise NotReady(f"no sign of life for {HEARTBEAT_LIFE} s: is a Celery worker running, and beat?")


CHECKS = {"database": _database, "broker": _broker, "worker": _worker}
