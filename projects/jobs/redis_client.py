"""Redis clients for callers that must not wait long."""

from functools import cache

import redis
from django.conf import settings
from redis.backoff import NoBackoff
from redis.retry import Retry

from projects.jobs.redis_pools import Pools

QUICK_SECONDS = 0.2  # for requests, whose clients wait
PATIENT_SECONDS = 2.0  # for workers


@cache
def redis_client(timeout_seconds: float) -> redis.Redis:
    """Return this process's client with a timeout. It does not try again."""
    url = str(settings.CACHES["default"]["LOCATION"])
    timeouts = {"socket_timeout": timeout_seconds, "socket_connect_timeout": timeout_seconds}
    return redis.Redis.from_pool(Pools.from_url(url, retry=Retry(NoBackoff(), 0), **timeouts))


def quick_redis() -> redis.Redis:
    return redis_client(QUICK_SECONDS)


def patient_redis() -> redis.Redis:
    return redis_client(PATIENT_SECONDS)
