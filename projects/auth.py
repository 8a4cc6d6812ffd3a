"""API key -> project: the one place where a machine's request is given a tenant.

Nothing is remembered between two requests: every one looks its key up, so that revoking works at once."""

import base64
import binascii
import hashlib
import hmac
import secrets
from datetime import datetime, timedelta

from django.utils import timezone

from projects.models import ApiKey, Project, Scope, every_scope

LAST_USED_PRECISION = timedelta(minutes=1)  # a write per request would cost more than the knowledge is worth


class KeyRefused(Exception):
    """The Authorization header names no live key; the text says what to do."""

    status = 401


class ScopeMissing(KeyRefused):
    """The key is live, but it was not made for this."""

    status = 403


class ProjectArchived(KeyRefused):
    """The key is live, but its project takes no more data."""

    status = 403


def hash_secret(secret: str) -> str:
    """SHA-256 is enough: the secret is 32 random bytes, not a password."""
    return hashlib.sha256(secret.encode()).hexdigest()


def create_key(
    project: Project,
    *,
    name: str = "default",
    public_key: str = "",
    secret_key: str = "",
    scopes: list[str] | None = None,
    expires_at: datetime | None = None,
) -> tuple[ApiKey, str]:
    """A new pair and its secret, which cannot be read again later. Without `scopes` it may do everything."""
    secret = secret_key or f"sk-{secrets.token_urlsafe(32)}"
    key = ApiKey.objects.create(
        project=project,
        name=name,
        public_key=public_key or f"pk-{secrets.token_urlsafe(16)}",
        secret_prefix=secret[:8],
        secret_hash=hash_secret(secret),
        scopes=every_scope() if scopes is None else scopes,
        expires_at=expires_at,
    )
    return key, secret


def project_for(authorization: str, scope: Scope = Scope.INGEST) -> Project:
    """The project of `Basic base64(pk:sk)` or `Bearer sk`, if its key has `scope`; raises KeyRefused."""
    return key_for(authorization, scope).project


def key_for(authorization: str, scope: Scope) -> ApiKey:
    """The live key of a request, with its project; raises KeyRefused."""
    key = live_key(authorization)
    permit(key, scope)
    return key


def permit(key: ApiKey, scope: Scope) -> None:
    """Note that a live key is used for what `scope` names. Raise KeyRefused when it may not be."""
    if scope not in key.scopes:
        raise ScopeMissing(f"This API key lacks the scope '{scope}'. Use or make one that has it.")
    if key.project.archived_at and scope != Scope.READ:
        raise ProjectArchived("The project is archived and takes no more data. Restore it in its settings.")
    _note_use(key)


def live_key(authorization: str) -> ApiKey:
    """Return the key of a request, with its project, whatever it may do. Raise KeyRefused."""
    public_key, secret = _credentials(authorization)
    secret_hash = hash_secret(secret)
    key = ApiKey.objects.live().select_related("project__organization").filter(secret_hash=secret_hash).first()
    if key is None or key.project.deleted_at or not hmac.compare_digest(key.secret_hash, secret_hash):
        raise KeyRefused("Unknown, expired or revoked API key. Copy a live pair from the project's settings.")
    if public_key is not None and not hmac.compare_digest(key.public_key.encode(), public_key.encode()):
        raise KeyRefused("The public key does not belong to this secret key. Copy both from the same pair.")
    return key


def _credentials(authorization: str) -> tuple[str | None, str]:
    scheme, _, value = authorization.strip().partition(" ")
    value = value.strip()
    if scheme.lower() == "bearer" and value:
        return None, value
    if scheme.lower() == "basic" and value:
        try:
            public_key, colon, secret = base64.b64decode(value, validate=True).decode().partition(":")
        except (binascii.Error, UnicodeDecodeError):
            raise KeyRefused("The Basic credentials are not base64 of 'public key:secret key'.") from None
        if colon and secret:
            return public_key, secret
    raise KeyRefused("Send 'Authorization: Bearer <secret key>' or 'Basic <base64 of public key:secret key>'.")


def _note_use(key: ApiKey) -> None:
    now = timezone.now()
    if key.last_used_at is None or now - key.last_used_at > LAST_USED_PRECISION:
        ApiKey.objects.filter(pk=key.pk).update(last_used_at=now)
