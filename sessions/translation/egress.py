"""The only way to other hosts.

Every connection is checked where it is made, so that a name which resolves to a private address, now or later,
reaches nothing inside. No redirects, no proxies from the environment."""

import socket
from functools import partial
from json import loads
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import urlsplit

from django.conf import settings

from projects.special_addresses import is_public
from sessions.translation.provider import (
    AddressRefused,
    AuthFailed,
    BadAnswer,
    ProviderQuotaExceeded,
    ProviderRateLimited,
    ProviderRefused,
    ProviderUnavailable,
    TranslationFailed,
)

if TYPE_CHECKING:
    from httpx import Response

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
) -> tuple["Response", bytes]:
    """Send a request with this content, in the words of httpx, and return the answer and its body.

    Raises AddressRefused, ProviderUnavailable or BadAnswer if there is none."""
    from sessions.translation.sending import send

    return send(method, url, partial(checked_address, allowed=allowed), seconds=seconds, **content)


def _answer(response: "Response", body: bytes, url: str) -> Any:
    status = response.status_code
    if status == 429:
        raise ProviderRateLimited(f"{_host(url)} limits the rate of requests.", _rest(response))
    if status in STATUSES:
        raise STATUSES[status](f"{_host(url)} refused the key or the account ({status}).")
    if status >= 500:
        raise ProviderUnavailable(f"{_host(url)} does not work ({status}).")
    try:
        decoded = loads(body)
    except (ValueError, RecursionError):  # the latter of brackets without end
        raise BadAnswer(f"{_host(url)} did not answer in JSON ({status}).") from None
    if status != 200:
        said = decoded.get("error") or decoded.get("message") if isinstance(decoded, dict) else ""
        said = said.get("message", "") if isinstance(said, dict) else said
        raise ProviderRefused(f"{_host(url)} refused the request ({status}): {str(said)[:200]}")
    return decoded


def _rest(response: "Response") -> float:
    try:
        return min(max(float(response.headers.get("retry-after", "1")), 0.0), LONGEST_REST)
    except ValueError:
        return 1.0


def _host(url: str) -> str:
    return urlsplit(url).hostname or "The provider"
