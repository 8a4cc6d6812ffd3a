"""Rate limits, counted in Redis per key, person or address, in windows that begin with the first request.

Without Redis, nothing is counted and everybody is admitted: a lost counter must cost neither a trace nor a sign-in."""

import logging
import math
import time
from typing import Any, NamedTuple

import redis
from django.http import HttpRequest

from projects.jobs.redis_client import quick_redis

log = logging.getLogger(__name__)

REDIS_REST_SECONDS = 5.0  # after a failure, Redis is not asked for this long, so that not every request waits for it
COUNT_REQUEST_SCRIPT = """
local count = redis.call('INCR', KEYS[1])
if count == 1 then redis.call('PEXPIRE', KEYS[1], ARGV[1]) end
return {count, redis.call('PTTL', KEYS[1])}
"""

_rest_until = 0.0


class Rate(NamedTuple):
    """Highest number of events of one kind within some seconds."""

    kind: str  # plural, in words
    most: int
    seconds: int


SIGN_IN_RATE = Rate("attempts to sign in", 20, 60)
PASSWORD_RATE = Rate("requests for a new password", 10, 60)
SIGN_UP_RATE = Rate("attempts to sign up", 10, 60)
SCAN_RATE = Rate("deep scans of a search", 60, 60)
EXPORT_RATE = Rate("exports", 30, 60)
PEOPLE_RATES = (SIGN_IN_RATE, PASSWORD_RATE, SIGN_UP_RATE, SCAN_RATE, EXPORT_RATE)


class RateStanding(NamedTuple):
    """Position of one client within a rate."""

    rate: Rate
    times: int
    seconds_left: int

    @property
    def left(self) -> int:
        return max(0, self.rate.most - self.times)

    @property
    def is_exceeded(self) -> bool:
        return self.times > self.rate.most

    def headers(self) -> dict[str, str]:
        """Return the RateLimit-* headers of draft-ietf-httpapi-ratelimit-headers, in their common spelling."""
        return {
            "RateLimit-Limit": str(self.rate.most),
            "RateLimit-Remaining": str(self.left),
            "RateLimit-Reset": str(self.seconds_left),
        }


class TooOften(Exception):
    """A client exceeded its rate. The text says which one."""

    def __init__(self, standing: RateStanding) -> None:
        super().__init__(f"More than {standing.rate.most:,} {standing.rate.kind} in {spoken(standing.rate.seconds)}.")
        self.retry_after = standing.seconds_left


def admit(rate: Rate, who: object, request: HttpRequest | None = None) -> None:
    """Count one event of `who`. Raises TooOften beyond the rate.

    The answer to `request` gets headers with the standing of `who`."""
    standing = count(rate, who, request)
    if standing and standing.is_exceeded:
        raise TooOften(standing)


def count(rate: Rate, who: object, request: HttpRequest | None = None) -> RateStanding | None:
    """Count one event of `who` and return the standing, or None while Redis is away."""
    answer = ask(COUNT_REQUEST_SCRIPT, f"confab:rate:{rate.kind}:{who}", rate.seconds * 1000)
    if answer is None:
        return None
    standing = RateStanding(rate, int(answer[0]), max(1, math.ceil(int(answer[1]) / 1000)))
    if request is not None:
        request.META[STANDING_KEY] = standing
    return standing


STANDING_KEY = "confab.standing"  # in the WSGI environment of a counted request


def ask(script: str, name: str, *arguments: int) -> Any:
    """Return what Redis answers to a script with one key, or None while it is away."""
    global _rest_until
    if time.monotonic() < _rest_until:
        return None
    try:
        return quick_redis().eval(script, 1, name, *map(str, arguments))
    except redis.RedisError as error:
        _rest_until = time.monotonic() + REDIS_REST_SECONDS
        log.warning("Redis is away, requests are not counted: %s", error)
        return None


def spoken(seconds: int) -> str:
    """Return a number of seconds in words, such as "a minute" or "2 hours"."""
    for size, one in ((86_400, "a day"), (3_600, "an hour"), (60, "a minute")):
        if seconds % size == 0:
            number = seconds // size
            return f"{number} {one.split()[1]}s" if number > 1 else one
    return f"{seconds} seconds"
