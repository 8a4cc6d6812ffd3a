"""What `manage.py doctor` says about a configuration before anything starts. No fact contains a secret."""

from collections.abc import Callable, Iterable
from typing import Any
from urllib.parse import urlsplit

import httpx
from django.conf import settings
from django.core import checks

from config.installation.doctor_cluster import check_cluster
from config.installation.doctor_servers import check_database, check_files, check_redis
from config.installation.facts import Fact, FactGroup, FactState
from config.settings.variables import unknown_variables
from projects.accounts.mail import has_mail_server

LEAST_KEY_CHARACTERS = 32
DISCOVERY_PATH = "/.well-known/openid-configuration"
SIGN_ON_SECONDS = 5.0
LOCAL_HOSTS = ("localhost", "127.0.0.1", "::1")


def examine() -> list[FactGroup]:
    """Return all groups of facts, in the order of the report."""
    return [FactGroup(title, list(look())) for title, look in EXAMINATIONS.items()]


def _check_variables() -> Iterable[Fact]:
    for name, close in unknown_variables().items():
        advice = f"Did you mean {close}?" if close else "docs/operations.md lists all variables."
        yield Fact(name, "is no variable of Confab", FactState.WARNING, advice)
    if settings.DEBUG:
        advice = "Remove it: its error pages show settings and texts to everybody."
        yield Fact("CONFAB_DEBUG", "is on", FactState.BROKEN, advice)
    if "*" in settings.ALLOWED_HOSTS:
        advice = "Name the hosts: with any name allowed, links in mail may lead elsewhere."
        yield Fact("CONFAB_ALLOWED_HOSTS", "allows any name", FactState.WARNING, advice)
    for problem in checks.run_checks():
        state = FactState.BROKEN if problem.is_serious() else FactState.WARNING
        yield Fact(problem.id or "check", problem.msg, state, problem.hint or "")


def _check_secrets() -> Iterable[Fact]:
    key = settings.SECRET_KEY
    if key == settings.INSECURE_SECRET_KEY:
        advice = "Set it to a long random text before programs start without `up`, which makes one itself."
        yield Fact("CONFAB_SECRET_KEY", "is not set", FactState.WARNING, advice)
    elif len(key) < LEAST_KEY_CHARACTERS:
        advice = f"Use at least {LEAST_KEY_CHARACTERS} random characters: cookies and links are signed with it."
        yield Fact("CONFAB_SECRET_KEY", "is short", FactState.WARNING, advice)
    else:
        yield Fact("CONFAB_SECRET_KEY", "is set")


def _check_addresses() -> Iterable[Fact]:
    base = urlsplit(settings.BASE_URL)
    if base.scheme == "http" and base.hostname not in LOCAL_HOSTS:
        advice = "Put a proxy with TLS in front, and begin it with https://: passwords and keys travel in the clear."
        yield Fact("CONFAB_BASE_URL", "has no TLS", FactState.WARNING, advice)
    elif base.scheme == "https" and not settings.ALLAUTH_TRUSTED_PROXY_COUNT:
        advice = (
            "Set it to the number of proxies that add to X-Forwarded-For: until then, everybody has the address of the"
            " proxy in rate limits and the audit log."
        )
        yield Fact("CONFAB_TRUSTED_PROXIES", "is 0", FactState.WARNING, advice)
    else:
        yield Fact("CONFAB_BASE_URL", settings.BASE_URL)
    if base.scheme == "http" and settings.ALLAUTH_TRUSTED_PROXY_COUNT:
        advice = "If the proxy speaks TLS, CONFAB_BASE_URL must begin with https://."
        yield Fact("CONFAB_TRUSTED_PROXIES", "is set without TLS", FactState.WARNING, advice)


def _check_mail() -> Iterable[Fact]:
    if has_mail_server():
        yield Fact("CONFAB_EMAIL_URL", "names a server")
    else:
        is_open = settings.SIGN_UP == "open"
        advice = "Name a mail server: " + (
            "nobody can sign up without one." if is_open else "invitations and codes reach only the log."
        )
        state = FactState.BROKEN if is_open else FactState.WARNING
        yield Fact("CONFAB_EMAIL_URL", "names no server", state, advice)


def _check_single_sign_on() -> Iterable[Fact]:
    """Ask the provider for what it says about itself, as signing in does."""
    providers: dict[str, Any] = settings.SOCIALACCOUNT_PROVIDERS["openid_connect"]
    for app in providers["APPS"]:
        address = f"{settings.BASE_URL}/sign-in/oidc/{app['provider_id']}/callback"
        try:
            answer = httpx.get(_discovery_url(app["settings"]["server_url"]), timeout=SIGN_ON_SECONDS)
            answer.raise_for_status()
            found = "authorization_endpoint" in answer.json()
        except (httpx.HTTPError, httpx.InvalidURL, ValueError) as error:
            advice = f"Check the address. It says: {error}"
            yield Fact("CONFAB_OIDC_URL", "does not answer", FactState.BROKEN, advice)
            continue
        if found:
            yield Fact("CONFAB_OIDC_URL", f"answers. Register this redirect address there: {address}")
        else:
            yield Fact("CONFAB_OIDC_URL", "names no provider", FactState.BROKEN, "Give the issuer that it documents.")


def _discovery_url(server_url: str) -> str:
    """Return where a provider describes itself, as allauth finds it."""
    return server_url if "/.well-known/" in server_url else f"{server_url.rstrip('/')}{DISCOVERY_PATH}"


EXAMINATIONS: dict[str, Callable[[], Iterable[Fact]]] = {
    "Variables": _check_variables,
    "Secrets": _check_secrets,
    "Addresses": _check_addresses,
    "Mail": _check_mail,
    "Single sign-on": _check_single_sign_on,
    "Database": check_database,
    "Cluster": check_cluster,
    "Redis": check_redis,
    "Files": check_files,
}
