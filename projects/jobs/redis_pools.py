"""Connections to Redis: to the server that a URL names, or to the one that sentinels say is the master."""

from typing import Any, NamedTuple
from urllib.parse import unquote, urlsplit

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry
from redis.sentinel import Sentinel, SentinelConnectionPool

SENTINEL_SCHEME = "sentinel"
SENTINEL_PORT = 26379
DEFAULT_MASTER = "mymaster"
ONCE = {"retry": Retry(NoBackoff(), 0)}  # a sentinel that is away is not asked again: there are others


class Sentinels(NamedTuple):
    """What a URL like `sentinel://user:password@host:26379,other:26379/master/0` says.

    The password is that of the servers, not of the sentinels."""

    addresses: list[tuple[str, int]]
    master: str
    login: dict[str, Any]


def sentinels_in(url: str) -> Sentinels | None:
    """Return the sentinels that the URL names, or None if it names a server itself."""
    parts = urlsplit(url)
    if parts.scheme != SENTINEL_SCHEME:
        return None
    master, _, number = parts.path.strip("/").partition("/")
    login: dict[str, Any] = {"db": int(number or 0)}
    login |= {name: unquote(value) for name in ("username", "password") if (value := getattr(parts, name))}
    addresses = [_address(one) for one in unquote(parts.netloc.rpartition("@")[2]).split(",")]
    return Sentinels(addresses, master or DEFAULT_MASTER, login)


class Pools:
    """Makes pools of connections, as Django's cache asks for them."""

    @staticmethod
    def from_url(url: str, **options: Any) -> redis.ConnectionPool:
        if (named := sentinels_in(url)) is None:
            return redis.ConnectionPool.from_url(url, **options)
        timeouts = {name: value for name, value in options.items() if name.startswith("socket_")}
        manager = Sentinel(named.addresses, sentinel_kwargs=timeouts | ONCE)  # type: ignore[no-untyped-call]
        return SentinelConnectionPool(named.master, manager, **named.login, **options)  # type: ignore[no-untyped-call]


def _address(text: str) -> tuple[str, int]:
    parts = urlsplit(f"//{text}")
    if not parts.hostname:
        raise ValueError("names no sentinel: sentinel://host:26379,other:26379/master")
    return parts.hostname, parts.port or SENTINEL_PORT
