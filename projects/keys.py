"""Rotating and revoking API keys. A new secret is returned once and never stored."""

from datetime import datetime

from django.db import transaction
from django.utils import timezone

from projects.auth import create_key
from projects.models import ApiKey


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
