"""API key → project: the one place where a machine's request gets its tenant.

Nothing is cached between requests. Each one looks up its key, so that revoking a key works at once."""

import base64
import binascii
import hashlib
import hmac
import secrets
from datetime import datetime, timedelta

from django.utils import timezone

from projects.models import ApiKey, Project, Scope, every_scope

LAST_USED_PRECISION = timedelta(minutes=1)  # one write per request would cost more than the precision is worth


class KeyRefused(Exception):
    """The Authorization header has no valid key. The text says what to do."""

    status = 401


class ScopeMissing(KeyRefused):
    """The key is valid but lacks the scope."""

    status = 403


class ProjectArchived(KeyRefused):
    """The key is valid, but its project accepts no more data."""

    status = 403


def hash_secret(secret: str) -> str:
    """Return the SHA-256 of a secret, which is enough for 32 random bytes."""
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
    """Create a key, and return it with its secret, which cannot be read again later.

    Without `scopes`, the key has all of them."""
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
    """Return the project of `Basic base64(pk:sk)` or `Bearer sk`. Raises KeyRefused."""
    return key_for(authorization, scope).project


def key_for(authorization: str, scope: Scope) -> ApiKey:
    """Return the valid key of a request, with its project, and note its use.

    Raises KeyRefused if there is none, ScopeMissing if it lacks `scope`, and ProjectArchived for data of an archived
    project."""
    key = live_key(authorization)
    permit(key, scope)
    return key


def permit(key: ApiKey, scope: Scope) -> None:
    """Note that a live key is used for what `scope` names. Raise KeyRefused when it may not be."""
    if scope not in key.scopes:
        raise ScopeMissing(f"This API key lacks the scope '{scope}'. Use or create a key that has it.")
    if key.project.archived_at and scope != Scope.READ:
        raise ProjectArchived("The project is archived and accepts no more data. Restore it in its settings.")
    _note_use(key)


def live_key(authorization: str) -> ApiKey:
    """Return the valid key of a request, with its project, whatever its scopes are. Raises KeyRefused."""
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
