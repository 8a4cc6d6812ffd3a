"""Secrets at rest, encrypted with a key that derives from CONFAB_ENCRYPTION_KEY, or from the secret key without one."""

import base64
import hashlib

from allauth.mfa.adapter import DefaultMFAAdapter
from cryptography.fernet import Fernet, InvalidToken
from django.conf import settings


class SecretLost(Exception):
    """It was encrypted with another key than this installation has now."""


def encrypted(secret: str, *, purpose: str) -> str:
    """What was encrypted for one purpose cannot be decrypted for another."""
    return _fernet(purpose).encrypt(secret.encode()).decode() if secret else ""


def decrypted(stored: str, *, purpose: str) -> str:
    """Raises SecretLost."""
    try:
        return _fernet(purpose).decrypt(stored.encode()).decode() if stored else ""
    except InvalidToken:
        raise SecretLost from None


def derived(purpose: str) -> bytes:
    """32 bytes of key for `purpose`."""
    return hashlib.sha256(f"confab {purpose}".encode() + settings.ENCRYPTION_KEY.encode()).digest()


def _fernet(purpose: str) -> Fernet:
    return Fernet(base64.urlsafe_b64encode(derived(purpose)))


class MFAAdapter(DefaultMFAAdapter):  # type: ignore[misc]
    """Whoever reads the database cannot make codes of anybody's second factor."""

    def encrypt(self, text: str) -> str:
        return encrypted(text, purpose="second factor")

    def decrypt(self, encrypted_text: str) -> str:
        return decrypted(encrypted_text, purpose="second factor")
