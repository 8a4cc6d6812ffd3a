"""The HTTP client of `egress`, which loads it with the first request: its libraries take 8 MB of memory."""

import ssl
import time
from collections.abc import Callable, Iterable
from functools import cache
from typing import Any
from urllib.parse import urlsplit

import httpcore
import httpx

from sessions.translation.provider import AddressRefused, BadAnswer, ProviderTimedOut, ProviderUnavailable

MAX_ANSWER_BYTES = 4 * 2**20  # of an answer

Resolve = Callable[[str, int], str]


class CheckedBackend(httpcore.SyncBackend):
    """Connects to the addresses that were checked, not to those of a second look-up."""

    def __init__(self, resolve: Resolve) -> None:
        super().__init__()
        self._resolve = resolve

    def connect_tcp(self, host: str, port: int, *args: Any, **options: Any) -> httpcore.NetworkStream:
        return super().connect_tcp(self._resolve(host, port), port, *args, **options)


def send(method: str, url: str, resolve: Resolve, *, seconds: float, **content: Any) -> tuple[httpx.Response, bytes]:
    """Send a request to the address that `resolve` returns for a host and a port, and return the answer and its body.

    Raises what `resolve` raises, AddressRefused, ProviderUnavailable or BadAnswer."""
    transport = httpx.HTTPTransport(verify=_certificates())  # or it would load them, too
    backend = CheckedBackend(resolve)
    transport._pool = httpcore.ConnectionPool(ssl_context=_certificates(), network_backend=backend)
    try:
        with (
            httpx.Client(transport=transport, timeout=seconds, trust_env=False, follow_redirects=False) as client,
            client.stream(method, url, **content) as response,
        ):
            return response, _bounded(response.iter_bytes(), time.monotonic() + seconds)
    except httpx.TimeoutException:
        raise ProviderTimedOut(f"{urlsplit(url).hostname} did not answer within {seconds:g} seconds.") from None
    except httpx.HTTPError as error:
        raise ProviderUnavailable(
            f"{urlsplit(url).hostname} cannot be reached: {error or type(error).__name__}."
        ) from None
    except httpx.InvalidURL:
        raise AddressRefused("The provider's address is invalid.") from None


@cache
def _certificates() -> ssl.SSLContext:
    """Load the certificates once: reading them takes longer than many requests."""
    return httpx.create_ssl_context()


def _bounded(chunks: Iterable[bytes], deadline: float) -> bytes:
    """Return the body until the deadline: a byte now and then would otherwise take for ever."""
    body = b""
    for chunk in chunks:
        body += chunk
        if time.monotonic() > deadline:
            raise httpx.ReadTimeout("drips")
        if len(body) > MAX_ANSWER_BYTES:
            raise BadAnswer("The provider's response is far too long.")
    return body
