"""The sums of all processes, in Redis: each process adds what it counted, and says how much memory it takes."""

import atexit
import json
import logging
import os
import resource
import socket
import sys
import time
from pathlib import Path
from threading import Event, Thread
from typing import NamedTuple

import redis

from projects.jobs.redis_client import patient_redis
from projects.metrics.counters import Series, counts, is_counting

logger = logging.getLogger(__name__)

SUMS_KEY, PROCESSES_KEY = "metrics:sums", "metrics:processes"
REPORT_SECONDS = 5.0
PROCESS_LIFE_SECONDS = 60.0  # a process that has not reported for so long has ended


class ProcessReading(NamedTuple):
    """A process that reported lately, and the bytes of memory that it holds."""

    role: str
    host: str
    pid: int
    memory_bytes: int


def begin_reporting(role: str) -> None:
    """Report for this process from now on, if anybody may read it."""
    if is_counting():
        atexit.register(_try_to_report, role)
        Thread(target=_report_for_ever, args=(role,), name="metrics", daemon=True).start()


def report(role: str) -> None:
    """Add what was counted to the sums. Raises RedisError, and then keeps it for the next time."""
    taken = counts.take()
    pipeline = patient_redis().pipeline()
    for series, amount in taken.items():
        pipeline.hincrbyfloat(SUMS_KEY, json.dumps(series), amount)
    reading = ProcessReading(role, socket.gethostname(), os.getpid(), memory_bytes())
    pipeline.zadd(PROCESSES_KEY, {json.dumps(reading[:3]): time.time()})
    pipeline.hset(f"{PROCESSES_KEY}:memory", json.dumps(reading[:3]), reading.memory_bytes)
    try:
        pipeline.execute()
    except redis.RedisError:
        counts.add(*taken.items())
        raise


def read_sums() -> dict[Series, float]:
    """Return the sums of all processes. Raises RedisError."""
    found: dict[bytes, bytes] = patient_redis().hgetall(SUMS_KEY)  # type: ignore[assignment]
    sums = {}
    for field, amount in found.items():
        name, part, values = json.loads(field)
        sums[Series(name, part, tuple(values))] = float(amount)
    return sums


def read_processes() -> list[ProcessReading]:
    """Return the processes that report, and forget those that have ended. Raises RedisError."""
    client, memory_key = patient_redis(), f"{PROCESSES_KEY}:memory"
    oldest = time.time() - PROCESS_LIFE_SECONDS
    gone = client.zrangebyscore(PROCESSES_KEY, "-inf", oldest)
    if gone:
        client.hdel(memory_key, *gone)
        client.zrem(PROCESSES_KEY, *gone)
    found: dict[bytes, bytes] = client.hgetall(memory_key)  # type: ignore[assignment]
    processes = ((*json.loads(field), int(memory)) for field, memory in found.items())
    return sorted(ProcessReading(*process) for process in processes)


def memory_bytes() -> int:
    """Return the resident memory of this process; where the system does not say, the most that it ever had."""
    pages = Path("/proc/self/statm")
    if pages.exists():
        return int(pages.read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most if sys.platform == "darwin" else most * 1024


def _report_for_ever(role: str) -> None:
    rest = Event()
    while True:
        _try_to_report(role)
        rest.wait(REPORT_SECONDS)


def _try_to_report(role: str) -> None:
    try:
        report(role)
    except redis.RedisError as error:
        logger.warning("cannot report metrics, the next report will: %s", error)
