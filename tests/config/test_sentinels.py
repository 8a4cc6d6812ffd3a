"""REDIS_URL may name sentinels: all programs follow the master that they choose."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import NamedTuple

import pytest
import redis
from celery import Celery
from django.conf import settings
from django.core.cache.backends.redis import RedisCache
from redis.exceptions import RedisError

from config.embedded.children import Child, Children
from config.embedded.wheels import valkey_server
from config.urls_of_services import broker_from_url, redis_client_url
from projects.jobs.redis_pools import Pools, sentinels_in
from sessions.rollup.tasks import _message, recompute_dirty
from tests.config.exporting import eventually
from tests.live import free_port
from tests.tracing.servers import database_url

FAILOVER_SECONDS, TASK_SECONDS = 30.0, 5.0
PROJECT = 987_654  # nothing waits for it


class Servers(NamedTuple):
    """A master with a replica, watched by a sentinel. The URL also names a sentinel that is away."""

    url: str
    master: Child
    replica_port: int


def test_a_url_of_sentinels_is_read_with_names_ports_and_login() -> None:
    assert sentinels_in("redis://host:6379/0") is None
    assert sentinels_in("sentinel://a,b:2") == ([("a", 26379), ("b", 2)], "mymaster", {"db": 0})
    url = "sentinel://me:p%40ss@a:1,[::1]:2/main/3"
    login = {"db": 3, "username": "me", "password": "p@ss"}
    assert sentinels_in(url) == sentinels_in(redis_client_url(url)) == ([("a", 1), ("::1", 2)], "main", login)


def test_celery_gets_one_url_for_each_sentinel() -> None:
    broker, options = broker_from_url("sentinel://:p%40ss@a:1,b:2/main/3")

    assert broker == "sentinel://:p%40ss@a:1/3;sentinel://:p%40ss@b:2/3"
    assert options["master_name"] == "main"
    assert broker_from_url("redis://host") == ("redis://host", {})


@pytest.mark.parametrize("url", ["sentinel://", "sentinel://a,,b/main"])
def test_a_url_without_a_sentinel_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match="names no sentinel"):
        sentinels_in(url)


@pytest.fixture
def servers(tmp_path: Path) -> Iterator[Servers]:
    with ExitStack() as stack:
        children = stack.enter_context(Children())
        master, replica, sentinel, away = (free_port() for _ in range(4))
        first = _valkey(children, tmp_path / "master", master)
        _valkey(children, tmp_path / "replica", replica, "--replicaof", f"127.0.0.1 {master}")
        watched = tmp_path / "sentinel.conf"
        watched.write_text(
            f"port {sentinel}\nsentinel monitor main 127.0.0.1 {master} 1\n"
            "sentinel down-after-milliseconds main 500\nsentinel failover-timeout main 2000\n"
        )
        children.spawn("sentinel", [valkey_server(), watched, "--sentinel"], log=tmp_path / "sentinel.log")
        asked = redis.Redis(port=sentinel)
        assert eventually(lambda: _has_replica(asked), FAILOVER_SECONDS)
        yield Servers(f"sentinel://127.0.0.1:{away},127.0.0.1:{sentinel}/main/0", first, replica)


def _valkey(children: Children, data: Path, port: int, *more: str) -> Child:
    data.mkdir()
    flags = ["--port", str(port), "--dir", str(data), "--save", "", "--repl-diskless-sync-delay", "0", *more]
    return children.spawn("Valkey", [valkey_server(), *flags], log=data / "log")


def _has_replica(sentinel: redis.Redis) -> bool:
    try:
        return bool(sentinel.sentinel_slaves("main")) and sentinel.sentinel_master("main")["num-slaves"] == 1
    except RedisError:
        return False


def _takes_writes(client: redis.Redis) -> bool:
    try:
        return bool(client.set("written", "yes"))
    except RedisError:
        return False


def _is_done(client: redis.Redis) -> bool:
    try:
        return not client.exists(_message(PROJECT))
    except RedisError:
        return False


@pytest.mark.faults
@pytest.mark.django_db(transaction=True)
def test_programs_follow_the_sentinels_to_another_master(servers: Servers, tmp_path: Path) -> None:
    environment = {"REDIS_URL": servers.url, "CONFAB_DATA": str(tmp_path), "DATABASE_URL": database_url()}
    client = redis.Redis.from_pool(Pools.from_url(servers.url, socket_timeout=1, socket_connect_timeout=1))
    cache = RedisCache(redis_client_url(servers.url), {"OPTIONS": settings.CACHES["default"]["OPTIONS"]})
    command = [sys.executable, "manage.py", "worker", "--threads", "1", "--schedule", str(tmp_path / "runs")]

    def works() -> bool:
        client.set(_message(PROJECT), 1)
        broker, options = broker_from_url(servers.url)
        with Celery(broker=broker) as sender:
            sender.conf.broker_transport_options = options
            sender.send_task(recompute_dirty.name, [PROJECT])
        return eventually(lambda: _is_done(client), TASK_SECONDS)

    with ExitStack() as stack:
        worker = stack.enter_context(subprocess.Popen(command, cwd=settings.BASE_DIR, env=os.environ | environment))
        stack.callback(worker.kill)
        assert eventually(works, FAILOVER_SECONDS)
        servers.master.process.kill()
        assert eventually(lambda: _takes_writes(client), FAILOVER_SECONDS)
        assert redis.Redis(port=servers.replica_port).get("written") == b"yes"
        assert eventually(works, FAILOVER_SECONDS)
        cache.set("asked", "there")
        assert cache.get("asked") == "there"
        worker.send_signal(signal.SIGTERM)
        assert worker.wait(FAILOVER_SECONDS) == 0
