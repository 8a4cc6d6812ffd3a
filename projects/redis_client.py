"""Redis for whoever must not wait for it: a request, a worker's next step."""

from functools import cache

import redis
from django.conf import settings
from redis.backoff import NoBackoff
from redis.retry import Retry

TIMEOUT_SECONDS = 0.2


@cache
def quick_redis() -> redis.Redis:
    """Return the client of this process, which gives up at once when Redis does not answer."""
    url = str(settings.CACHES["default"]["LOCATION"])
    timeouts = {"socket_timeout": TIMEOUT_SECONDS, "socket_connect_timeout": TIMEOUT_SECONDS}
    return redis.Redis.from_url(url, retry=Retry(NoBackoff(), 0), **timeouts)
