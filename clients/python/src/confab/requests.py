"""What both clients send, and when they send it again."""

import os
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from urllib.parse import quote
from uuid import uuid4

import httpx
from tenacity import RetryCallState, retry_if_exception, stop_after_attempt, wait_exponential, wait_random

from confab.failures import Problem

DEFAULT_URL = "http://127.0.0.1:8000"
BUSY = (429, 503)  # Confab did nothing
IDEMPOTENCY_HEADER = "Idempotency-Key"
LONGEST_PAUSE_SECONDS = 30
PAUSES = wait_exponential(multiplier=0.5, max=LONGEST_PAUSE_SECONDS) + wait_random(0, 0.5)


def http_options(url: str | None, api_key: str | None, project: str | int | None, timeout: float) -> dict[str, Any]:
    """Return the options of an httpx client. What is None comes from the environment."""
    url = url or os.environ.get("CONFAB_URL") or DEFAULT_URL
    api_key = api_key or os.environ.get("CONFAB_API_KEY")
    project = project or os.environ.get("CONFAB_PROJECT")
    headers = {"Accept": "application/json", "User-Agent": "confab-python"}
    headers |= {"Authorization": f"Bearer {api_key}"} if api_key else {}
    headers |= {"X-Confab-Project": str(project)} if project else {}
    return {"base_url": url.rstrip("/"), "headers": headers, "timeout": timeout}


def retry_options(attempts: int) -> dict[str, Any]:
    """Return the options of tenacity for requests that are sent this often at most."""
    return {
        "stop": stop_after_attempt(attempts),
        "retry": retry_if_exception(_may_pass),
        "wait": _pause,
        "reraise": True,
    }


def _may_pass(error: BaseException) -> bool:
    if isinstance(error, Problem):
        is_busy = error.status in BUSY or error.retry_after is not None
        return is_busy and (error.retry_after or 0) <= LONGEST_PAUSE_SECONDS
    return isinstance(error.__cause__, httpx.TransportError)


def _pause(state: RetryCallState) -> float:
    error = state.outcome.exception() if state.outcome else None
    asked: int | None = getattr(error, "retry_after", None)
    return PAUSES(state) if asked is None else asked


def request_parts(
    parameters: Mapping[str, Any], body: Any = None, headers: Mapping[str, str | None] | None = None
) -> dict[str, Any]:
    """Return the parts of a request as httpx takes them. A parameter or a header that is None is left out.

    A request that may have a key of its own gets one, so that sending it again does nothing twice."""
    query = {name.removesuffix("_"): _text(value) for name, value in parameters.items() if value is not None}
    sent = {name: value for name, value in (headers or {}).items() if value is not None}
    if headers and IDEMPOTENCY_HEADER in headers:
        sent.setdefault(IDEMPOTENCY_HEADER, uuid4().hex)
    return {"params": query, "headers": sent} | ({} if body is None else {"json": body})


def _text(value: Any) -> Any:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list | tuple):
        return [_text(one) for one in value]
    return value.isoformat() if isinstance(value, datetime) else str(value)


def escaped(key: str) -> str:
    """Return an id as a part of a path. Programs on the way remove `.` and `..` unless their dots are escaped."""
    return key.replace(".", "%2E") if key in (".", "..") else quote(key, safe="")
