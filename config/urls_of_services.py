"""Converts the URLs of services to the settings of Django, redis-py, Celery and allauth."""

from typing import Any
from urllib.parse import parse_qs, quote, unquote, urlsplit

from projects.jobs.redis_pools import ONCE, SENTINEL_SCHEME, sentinels_in


def database_from_url(url: str) -> dict[str, Any]:
    """Convert a URL to an entry of DATABASES.

    The form is `postgresql://user:password@host:port/name?host=/socket/dir&sslmode=require`."""
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


def backups_from_url(place: str, options: dict[str, Any]) -> dict[str, Any]:
    """Convert a directory, or `s3://bucket/directory`, to an entry of STORAGES. Backups contain secrets."""
    parts = urlsplit(place)
    if parts.scheme == "s3":
        bucket = {"bucket_name": parts.netloc, "location": parts.path.strip("/")}
        return {"BACKEND": "storages.backends.s3.S3Storage", "OPTIONS": {**bucket, **options}}
    modes = {"file_permissions_mode": 0o600, "directory_permissions_mode": 0o700}
    return {
        "BACKEND": "django.core.files.storage.FileSystemStorage",
        "OPTIONS": {"location": place, **modes, **options},
    }


def redis_client_url(url: str) -> str:
    """Return the URL for redis-py. It spells a socket `unix:///path`, Celery `redis+socket:///path`.

    Django's cache takes what is behind a comma or semicolon for another server."""
    return url.replace("redis+socket://", "unix://", 1).replace(",", "%2C").replace(";", "%3B")


def broker_from_url(url: str) -> tuple[str, dict[str, Any]]:
    """Convert a URL to Celery's spelling of it and the transport options that belong to it."""
    if (named := sentinels_in(url)) is None:
        return url, {}
    user, password = (quote(named.login.get(name, ""), safe="") for name in ("username", "password"))
    login = f"{user}:{password}@" if password else ""
    urls = [f"{SENTINEL_SCHEME}://{login}{host}:{port}/{named.login['db']}" for host, port in named.addresses]
    return ";".join(urls), {"master_name": named.master, "sentinel_kwargs": ONCE | {"socket_connect_timeout": 1}}


def email_from_url(url: str) -> dict[str, Any]:
    """Convert a URL to the EMAIL_* settings.

    The forms are `console:`, `file:///directory`, `smtp://…`, `smtp+tls://…` (STARTTLS) and `smtps://…` (TLS)."""
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
    """Return the OpenID Connect provider of this installation as a list, empty without a `server_url`."""
    if not server_url:
        return []
    app = {"provider_id": "oidc", "name": name, "client_id": client_id, "secret": secret}
    return [app | {"settings": {"server_url": server_url}}]
