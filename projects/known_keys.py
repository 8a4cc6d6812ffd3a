"""API keys as they were read, until one of their rows changes.

Every request asks for the version of a key's rows, so that whatever is changed holds for the next request. Reading the
rows each time would cost a small request more than anything else but storing it."""

from copy import copy
from functools import lru_cache

from django.db import connection

from projects.models import ApiKey

KNOWN_KEYS = 1000  # of a process
# PostgreSQL moves a row with each update (ctid), and notes which transaction did it (xmin).
KEY_VERSION_SQL = """
SELECT (k.ctid, k.xmin, p.ctid, p.xmin, o.ctid, o.xmin, u.ctid, u.xmin)::text FROM api_key k
LEFT JOIN project p ON p.id = k.project_id LEFT JOIN organization o ON o.id = p.organization_id
LEFT JOIN person u ON u.id = k.owner_id
WHERE k.secret_hash = %(secret_hash)s
"""


def key_of(secret_hash: str) -> ApiKey | None:
    """Return the key with this hash, valid or not, with its project and organization, or its owner.

    All of them are the caller's own: what one request sets, no other one sees."""
    with connection.cursor() as cursor:
        cursor.execute(KEY_VERSION_SQL, {"secret_hash": secret_hash})
        found = cursor.fetchone()
    known = _known_key(secret_hash, found[0]) if found else None
    if known is None:
        return None
    key = copy(known)
    if known.owner is not None:
        key.owner = copy(known.owner)
    else:
        key.project = copy(known.project)
        key.project.organization = copy(known.project.organization)
    return key


@lru_cache(KNOWN_KEYS)
def _known_key(secret_hash: str, version: str) -> ApiKey | None:
    """Return the key as it is in this version of its rows, or in a later one."""
    return ApiKey.objects.select_related("project__organization", "owner").filter(secret_hash=secret_hash).first()
