"""Encryption of stored secrets, with keys derived from CONFAB_ENCRYPTION_KEY or, without one, the secret key."""

import base64
import hashlib

from allauth.mfa.adapter import DefaultMFAAdapter
from cryptography.fernet import Fernet, InvalidToken
from django.conf import settings


class SecretLost(Exception):
    """The secret was encrypted with a key that this installation no longer has."""


def encrypted(secret: str, *, purpose: str) -> str:
    """Return `secret` encrypted for one purpose. It cannot be decrypted for another."""
    return _fernet(purpose).encrypt(secret.encode()).decode() if secret else ""


def decrypted(stored: str, *, purpose: str) -> str:
    """Return the secret. Raises SecretLost if it was encrypted with another key."""
    try:
        return _fernet(purpose).decrypt(stored.encode()).decode() if stored else ""
    except InvalidToken:
        raise SecretLost from None


def derived(purpose: str) -> bytes:
    """Return a key of 32 bytes for `purpose`."""
    return hashlib.sha256(f"confab {purpose}".encode() + settings.ENCRYPTION_KEY.encode()).digest()


def _fernet(purpose: str) -> Fernet:
    return Fernet(base64.urlsafe_b64encode(derived(purpose)))


class EncryptingMFAAdapter(DefaultMFAAdapter):  # type: ignore[misc]
    """allauth's adapter with encrypted secrets: a reader of the database cannot produce codes of second factors."""

    def encrypt(self, text: str) -> str:
        return encrypted(text, purpose="second factor")

    def decrypt(self, encrypted_text: str) -> str:
        return decrypted(encrypted_text, purpose="second factor")
