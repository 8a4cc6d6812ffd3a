"""Encryption of providers' keys, and the key of each project's cache."""

import hmac

from projects import secrets

PURPOSE, CACHE = "translation keys", "translation cache"


def encrypted(secret: str) -> str:
    """Encrypt a secret for storage."""
    return secrets.encrypted(secret, purpose=PURPOSE)


def decrypted(stored: str) -> str:
    """Decrypt a stored secret. Raises SecretLost."""
    return secrets.decrypted(stored, purpose=PURPOSE)


def cache_key(project_id: int, *parts: str) -> bytes:
    """Return 32 bytes from which nobody, and no other project, can tell the parts."""
    own = hmac.digest(secrets.derived(CACHE), str(project_id).encode(), "sha256")
    message = b"".join(f"{len(part)}:".encode() + part.encode("utf-8", "replace") for part in parts)
    return hmac.digest(own, message, "sha256")
