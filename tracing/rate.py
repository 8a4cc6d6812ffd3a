"""How often a key may come: counted in Redis, in windows so short that a client's own deadline outlives the wait.

Without Redis nothing is counted and everything is let in: a lost counter must not cost a trace."""

import logging
import math
import time
from functools import cache
from typing import Any

import redis
from django.conf import settings
from redis.backoff import NoBackoff
from redis.retry import Retry

from tracing.limits import WINDOW_SECONDS
from tracing.wire.refusals import RateLimited

log = logging.getLogger(__name__)

TIMEOUT_SECONDS = 0.2
REST_SECONDS = 5.0  # after a failure Redis is left alone, so that not every request waits for it
COUNT = """
local count = redis.call('INCR', KEYS[1])
if count == 1 then redis.call('PEXPIRE', KEYS[1], ARGV[1]) end
return {count, redis.call('PTTL', KEYS[1])}
"""

_rest_until = 0.0


def admit(key_id: int) -> None:
    """Counts one request of an API key. Raises RateLimited when it comes too often."""
    allowed = settings.REQUESTS_PER_SECOND * WINDOW_SECONDS
    if not allowed:
        return
    count, left_ms = _count(f"confab:rate:{key_id}")
    if count > allowed:
        raise RateLimited(
            f"More than {settings.REQUESTS_PER_SECOND} requests a second with one key: send larger batches.",
            retry_after=max(1, math.ceil(left_ms / 1000)),
        )


def ask(script: str, name: str, *arguments: int) -> Any:
    """What Redis answers to a script on one key; None while it is away."""
    global _rest_until
    if time.monotonic() < _rest_until:
        return None
    try:
        return _client().eval(script, 1, name, *map(str, arguments))
    except redis.RedisError as error:
        _rest_until = time.monotonic() + REST_SECONDS
        log.warning("Redis is away, requests are not counted: %s", error)
        return None


def _count(name: str) -> tuple[int, int]:
    count, left_ms = ask(COUNT, name, WINDOW_SECONDS * 1000) or (0, 0)
    return int(count), int(left_ms)


@cache
def _client() -> redis.Redis:
    url = str(settings.CACHES["default"]["LOCATION"])
    timeouts = {"socket_timeout": TIMEOUT_SECONDS, "socket_connect_timeout": TIMEOUT_SECONDS}
    return redis.Redis.from_url(url, retry=Retry(NoBackoff(), 0), **timeouts)
