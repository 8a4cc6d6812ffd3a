"""What one request may spend on showing texts. They come from strangers, so a page ends with what it has by then.

Outside a request, as in the worker or in a download that streams, there is no budget."""

import time
from collections.abc import Callable
from contextvars import ContextVar
from dataclasses import dataclass, field

from django.http import HttpRequest, HttpResponseBase

PAGE_BUDGET_SECONDS = 0.3  # of the thread's own time; a page of honest texts takes a tenth of it
PAGE_BUDGET_BYTES = 4_000_000  # of texts that are unpacked, or compared


@dataclass(slots=True)
class Budget:
    until: float = field(default_factory=lambda: time.thread_time() + PAGE_BUDGET_SECONDS)
    bytes_left: int = field(default_factory=lambda: PAGE_BUDGET_BYTES)


_budget: ContextVar[Budget | None] = ContextVar("budget", default=None)


def budgeted(get_response: Callable[[HttpRequest], HttpResponseBase]) -> Callable[[HttpRequest], HttpResponseBase]:
    """Middleware: every request has a budget of its own."""

    def middleware(request: HttpRequest) -> HttpResponseBase:
        token = _budget.set(Budget())
        try:
            return get_response(request)
        finally:
            _budget.reset(token)

    return middleware


def has_time() -> bool:
    """Whether there is time for one more text to be given a form."""
    budget = _budget.get()
    return budget is None or time.thread_time() < budget.until


class Late(Exception):
    """The request has no time left for a text that is being given its form."""


def take(size: int) -> bool:
    """Whether a text of `size` bytes may still be read; it counts then."""
    budget = _budget.get()
    if budget is None:
        return True
    if size > budget.bytes_left:
        return False
    budget.bytes_left -= size
    return True
