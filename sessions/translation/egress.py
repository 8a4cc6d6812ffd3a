"""The only way to other hosts.

Every connection is checked where it is made, so that a name which resolves to a private address, now or later,
reaches nothing inside. No redirects, no proxies from the environment."""

import socket
import ssl
import time
from collections.abc import Iterable
from functools import cache
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import httpcore
import httpx
from django.conf import settings

from projects.special_addresses import is_public
from sessions.translation.provider import (
    AddressRefused,
    AuthFailed,
    BadAnswer,
    ProviderQuotaExceeded,
    ProviderRateLimited,
    ProviderRefused,
    ProviderTimedOut,
    ProviderUnavailable,
    TranslationFailed,
)

MAX_ANSWER_BYTES = 4 * 2**20  # of an answer
LONGEST_REST = 10.0  # seconds that a provider may ask us to wait
STATUSES: dict[int, type[TranslationFailed]] = {
    401: AuthFailed,
    403: AuthFailed,
    402: ProviderQuotaExceeded,
    456: ProviderQuotaExceeded,
}


class AllowedHosts(NamedTuple):
    """The hosts inside of the installation's network that an operator allows for one purpose."""

    variable: str  # by which they are allowed
    setting: str

    def hold(self, host: str, port: int) -> bool:
        """Return whether a host, or this port of it, is allowed."""
        return not {host, f"{host}:{port}"}.isdisjoint(getattr(settings, self.setting))


FOR_TRANSLATION = AllowedHosts("CONFAB_TRANSLATION_HOSTS", "TRANSLATION_HOSTS")


class CheckedBackend(httpcore.SyncBackend):
    """Connects to the addresses that were checked, not to those of a second look-up."""

    def __init__(self, allowed: AllowedHosts) -> None:
        super().__init__()
        self._allowed = allowed

    def connect_tcp(self, host: str, port: int, *args: Any, **options: Any) -> httpcore.NetworkStream:
        return super().connect_tcp(checked_address(host, port, self._allowed), port, *args, **options)


def checked_address(host: str, port: int, allowed: AllowedHosts = FOR_TRANSLATION) -> str:
    """Return one address of `host`.

    Raises AddressRefused if any of its addresses is private, unless the operator allows the host."""
    try:
        found = {str(entry[4][0]) for entry in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)}
    except OSError as error:
        raise ProviderUnavailable(f"There is no host {host}.") from error
    if not allowed.hold(host, port) and not all(is_public(address) for address in found):
        raise AddressRefused(
            f"{host} is an address inside of this installation's network, which projects may not use. Its operator can"
            f" allow it by {allowed.variable}."
        )
    return min(found)


def check_url(url: str, allowed: AllowedHosts = FOR_TRANSLATION) -> None:
    """Check an address from the settings before anything is sent to it.

    Raises AddressRefused or ProviderUnavailable."""
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.username:
        raise AddressRefused("Write an address like https://translate.example.com, without a user or password.")
    checked_address(parts.hostname, parts.port or (443 if parts.scheme == "https" else 80), allowed)


def ask(method: str, url: str, *, seconds: float, headers: dict[str, str] | None = None, json: Any = None) -> Any:
    """Return the decoded JSON of an answer. Raises TranslationFailed for every kind of failure."""
    response, body = exchange(method, url, seconds=seconds, headers=headers, json=json)
    return _answer(response, body, url)


def exchange(
    method: str, url: str, *, seconds: float, allowed: AllowedHosts = FOR_TRANSLATION, **content: Any
) -> tuple[httpx.Response, bytes]:
    """Send a request with this content, in the words of httpx, and return the answer and its body.

    Raises AddressRefused, ProviderUnavailable or BadAnswer if there is none."""
    transport = httpx.HTTPTransport(verify=_certificates())  # or it would load them, too
    backend = CheckedBackend(allowed)
    transport._pool = httpcore.ConnectionPool(ssl_context=_certificates(), network_backend=backend)
    try:
        with (
            httpx.Client(transport=transport, timeout=seconds, trust_env=False, follow_redirects=False) as client,
            client.stream(method, url, **content) as response,
        ):
            return response, _bounded(response.iter_bytes(), time.monotonic() + seconds)
    except httpx.TimeoutException:
        raise ProviderTimedOut(f"{_host(url)} did not answer within {seconds:g} seconds.") from None
    except httpx.HTTPError as error:
        raise ProviderUnavailable(f"{_host(url)} cannot be reached: {error or type(error).__name__}.") from None
    except httpx.InvalidURL:
        raise AddressRefused("The provider's address is invalid.") from None


@cache
def _certificates() -> ssl.SSLContext:
    """Load the certificates once: reading them takes longer than many requests."""
    return httpx.create_ssl_context()


def _bounded(chunks: Iterable[bytes], deadline: float) -> bytes:
    """Yield chunks until the deadline: a byte now and then would otherwise take for ever."""
    body = b""
    for chunk in chunks:
        body += chunk
        if time.monotonic() > deadline:
            raise httpx.ReadTimeout("drips")
        if len(body) > MAX_ANSWER_BYTES:
            raise BadAnswer("The provider's response is far too long.")
    return body


def _answer(response: httpx.Response, body: bytes, url: str) -> Any:
    status = response.status_code
    if status == 429:
        raise ProviderRateLimited(f"{_host(url)} limits the rate of requests.", _rest(response))
    if status in STATUSES:
        raise STATUSES[status](f"{_host(url)} refused the key or the account ({status}).")
    if status >= 500:
        raise ProviderUnavailable(f"{_host(url)} does not work ({status}).")
    try:
        decoded = httpx.Response(status, content=body).json()
    except ValueError:
        raise BadAnswer(f"{_host(url)} did not answer in JSON ({status}).") from None
    if status != 200:
        said = decoded.get("error") or decoded.get("message") if isinstance(decoded, dict) else ""
        said = said.get("message", "") if isinstance(said, dict) else said
        raise ProviderRefused(f"{_host(url)} refused the request ({status}): {str(said)[:200]}")
    return decoded


def _rest(response: httpx.Response) -> float:
    try:
        return min(max(float(response.headers.get("retry-after", "1")), 0.0), LONGEST_REST)
    except ValueError:
        return 1.0


def _host(url: str) -> str:
    return urlsplit(url).hostname or "The provider"
