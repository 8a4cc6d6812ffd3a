"""Rotating and revoking API keys. A new secret is returned once and never stored."""

from datetime import datetime

from django.db import transaction
from django.utils import timezone

from projects.auth import create_key, hash_secret
from projects.models import ApiKey

MIN_SECRET_CHARACTERS = 16


class PairRefused(Exception):
    """A key pair that somebody chose cannot be used. `field` is `public_key` or `secret_key`, or what else is wrong."""

    def __init__(self, field: str, reason: str) -> None:
        super().__init__(reason)
        self.field = field


def check_pair(public_key: str, secret_key: str) -> None:
    """Raise PairRefused for what no pair may be. An empty secret is one that is not given."""
    if ":" in public_key:
        raise PairRefused("public_key", "it must not contain a colon, which ends it in Basic credentials.")
    if secret_key and len(secret_key) < MIN_SECRET_CHARACTERS:
        raise PairRefused("secret_key", f"it is shorter than {MIN_SECRET_CHARACTERS} characters.")


def find_pair(public_key: str, secret_key: str) -> ApiKey | None:
    """Return the key of a pair, or None if it is new. Raises PairRefused if one half belongs to another key."""
    key = ApiKey.objects.select_related("project__organization").filter(public_key=public_key).first()
    if secret_key:
        secret_hash = hash_secret(secret_key)
        if key is None and ApiKey.objects.filter(secret_hash=secret_hash).exists():
            raise PairRefused("public_key", "the secret key belongs to another public key.")
        if key and key.secret_hash != secret_hash:
            raise PairRefused("secret_key", "the public key belongs to another secret key.")
    return key


@transaction.atomic
def rotate(key: ApiKey, *, until: datetime) -> tuple[ApiKey, str]:
    """Create a key with the same name, scopes and expiry, and return it with its secret.

    The old key is valid until `until`."""
    key = ApiKey.objects.live().select_for_update(of=["self"]).select_related("project").get(pk=key.pk)
    successor, secret = create_key(key.project, name=key.name, scopes=key.scopes, expires_at=key.expires_at)
    key.replaced_by = successor
    key.expires_at = min(until, key.expires_at or until)
    key.save(update_fields=["replaced_by", "expires_at"])
    return successor, secret


def revoke(key: ApiKey) -> None:
    """Revoke the key: no later request is accepted with it."""
    ApiKey.objects.filter(pk=key.pk, revoked_at=None).update(revoked_at=timezone.now())
