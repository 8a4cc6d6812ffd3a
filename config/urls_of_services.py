"""Turns the addresses of services into what Django, redis-py, Celery and allauth want to read."""

from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit


def database_from_url(url: str) -> dict[str, Any]:
    """`postgresql://user:password@host:port/name?host=/socket/dir&sslmode=require` as a DATABASES entry."""
    parts = urlsplit(url)
    if parts.scheme not in {"postgresql", "postgres"}:
        raise ValueError(f"must start with postgresql://, not {parts.scheme!r}: Confab runs on PostgreSQL only")
    options = {key: values[-1] for key, values in parse_qs(parts.query).items()}
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": unquote(parts.path.lstrip("/")) or "confab",
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": options.pop("host", parts.hostname or ""),
        "PORT": str(parts.port or ""),
        "CONN_MAX_AGE": 600,
        "CONN_HEALTH_CHECKS": True,
        # A pooler may give the next statement of a cursor to another server process, which does not know the cursor.
        "DISABLE_SERVER_SIDE_CURSORS": True,
        "OPTIONS": {"application_name": "confab", "connect_timeout": 2, **options},
    }


def redis_client_url(url: str) -> str:
    """Celery spells a socket `redis+socket:///path`, redis-py `unix:///path`; the rest is the same."""
    return url.replace("redis+socket://", "unix://", 1)


def email_from_url(url: str) -> dict[str, Any]:
    """EMAIL_* settings: `console:`, `file:///directory`, `smtp://…`, `smtp+tls://…` (STARTTLS) or `smtps://…` (TLS)."""
    parts = urlsplit(url)
    backend = {"console": "console", "file": "filebased", "smtp": "smtp", "smtp+tls": "smtp", "smtps": "smtp"}
    if parts.scheme not in backend:
        raise ValueError(f"must start with one of {', '.join(backend)}, not {parts.scheme!r}")
    return {
        "EMAIL_BACKEND": f"django.core.mail.backends.{backend[parts.scheme]}.EmailBackend",
        "EMAIL_FILE_PATH": unquote(parts.path) or None,
        "EMAIL_HOST": parts.hostname or "localhost",
        "EMAIL_PORT": parts.port or {"smtp+tls": 587, "smtps": 465}.get(parts.scheme, 25),
        "EMAIL_HOST_USER": unquote(parts.username or ""),
        "EMAIL_HOST_PASSWORD": unquote(parts.password or ""),
        "EMAIL_USE_TLS": parts.scheme == "smtp+tls",
        "EMAIL_USE_SSL": parts.scheme == "smtps",
        "EMAIL_TIMEOUT": 10,
    }


def oidc_app(*, server_url: str, client_id: str, secret: str, name: str) -> list[dict[str, Any]]:
    """The OpenID Connect provider of this installation, or none."""
    if not server_url:
        return []
    app = {"provider_id": "oidc", "name": name, "client_id": client_id, "secret": secret}
    return [app | {"settings": {"server_url": server_url}}]
