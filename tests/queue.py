"""The broker's queue as a worker meets it: messages in their order, taken one by one and worked off in this thread."""

import base64
import json
from collections.abc import Iterator
from typing import Any

import redis
from django.conf import settings

from config.celery import app

QUEUE = "celery"


def waiting() -> list[tuple[str, list[Any]]]:
    """Return task and arguments of each message that waits, the next one first."""
    return [_read(message) for message in reversed(_broker().lrange(QUEUE, 0, -1))]


def work_off(limit: int = 1000) -> Iterator[tuple[str, list[Any]]]:
    """Run the next message, and yield what it was, until nothing waits."""
    while message := _broker().rpop(QUEUE):
        task, arguments = _read(message)
        app.tasks[task](*arguments)
        yield task, arguments
        limit -= 1
        assert limit, "the queue does not come to an end"


def empty() -> None:
    _broker().delete(QUEUE)


def _read(message: bytes) -> tuple[str, list[Any]]:
    """A message of Celery's second protocol."""
    parsed = json.loads(message)
    arguments, _, _ = json.loads(base64.b64decode(parsed["body"]))
    return parsed["headers"]["task"], arguments


def _broker() -> redis.Redis:
    return redis.Redis.from_url(str(settings.CACHES["default"]["LOCATION"]))
