"""Limits the time and bytes that a request spends on rendering strangers' texts. A page shows what it has by then.

There is no budget outside of a request, as in the worker or in a streamed download."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field

from django.http import HttpRequest, HttpResponseBase

PAGE_BUDGET_SECONDS = 0.3  # CPU time of the thread; a page of ordinary texts needs a tenth of it
PAGE_BUDGET_BYTES = 4_000_000  # of texts that are unpacked or compared


@dataclass(slots=True)
class Budget:
    """Remaining time and bytes of a request."""

    until: float = field(default_factory=lambda: time.thread_time() + PAGE_BUDGET_SECONDS)
    bytes_left: int = field(default_factory=lambda: PAGE_BUDGET_BYTES)


_budget: ContextVar[Budget | None] = ContextVar("budget", default=None)


def budgeted(get_response: Callable[[HttpRequest], HttpResponseBase]) -> Callable[[HttpRequest], HttpResponseBase]:
    """Return middleware that gives every request its own budget."""

    def middleware(request: HttpRequest) -> HttpResponseBase:
        token = _budget.set(Budget())
        try:
            return get_response(request)
        finally:
            _budget.reset(token)

    return middleware


@contextmanager
def widened(seconds: float, byte_count: int) -> Iterator[None]:
    """Give the request another budget for a while: for a page that is large on purpose."""
    token = _budget.set(Budget(until=time.thread_time() + seconds, bytes_left=byte_count))
    try:
        yield
    finally:
        _budget.reset(token)


def has_time() -> bool:
    """Return whether there is time to render one more text."""
    budget = _budget.get()
    return budget is None or time.thread_time() < budget.until


class Late(Exception):
    """The time of the request was used up while a text was rendered."""


def take(size: int) -> bool:
    """Return whether a text of `size` bytes may still be read, and count it."""
    budget = _budget.get()
    if budget is None:
        return True
    if size > budget.bytes_left:
        return False
    budget.bytes_left -= size
    return True
