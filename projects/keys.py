"""The later life of an API key: rotated with an overlap, revoked. A new secret is returned once and never kept."""

from datetime import datetime

from django.db import transaction
from django.utils import timezone

from projects.auth import create_key
from projects.models import ApiKey


@transaction.atomic
def rotate(key: ApiKey, *, until: datetime) -> tuple[ApiKey, str]:
    """A new pair with the same name, scopes and expiry, and its secret; the old one lives on until `until`."""
    key = ApiKey.objects.live().select_for_update(of=["self"]).select_related("project").get(pk=key.pk)
    successor, secret = create_key(key.project, name=key.name, scopes=key.scopes, expires_at=key.expires_at)
    key.replaced_by = successor
    key.expires_at = min(until, key.expires_at or until)
    key.save(update_fields=["replaced_by", "expires_at"])
    return successor, secret


def revoke(key: ApiKey) -> None:
    """From now on no request passes with it."""
    ApiKey.objects.filter(pk=key.pk, revoked_at=None).update(revoked_at=timezone.now())
