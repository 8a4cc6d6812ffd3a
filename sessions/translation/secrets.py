"""Providers' keys at rest, and the key of each project's cache."""

import hmac

from projects import secrets

PURPOSE, CACHE = "translation keys", "translation cache"


def encrypted(secret: str) -> str:
    return secrets.encrypted(secret, purpose=PURPOSE)


def decrypted(stored: str) -> str:
    """Raises SecretLost."""
    return secrets.decrypted(stored, purpose=PURPOSE)


def cache_key(project_id: int, *parts: str) -> bytes:
    """32 bytes that tell nobody, and no other project, what the parts are."""
    own = hmac.digest(secrets.derived(CACHE), str(project_id).encode(), "sha256")
    message = b"".join(f"{len(part)}:".encode() + part.encode("utf-8", "replace") for part in parts)
    return hmac.digest(own, message, "sha256")
