"""Refuses to start a server with the insecure secret key, which everybody can read in the settings."""

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured


def refuse_insecure() -> None:
    """Raise ImproperlyConfigured if the secret key is the published one.

    Called by the entry points of servers. Tests, build steps and `CONFAB_DEBUG` do not need a key of their own."""
    if settings.SECRET_KEY == settings.INSECURE_SECRET_KEY and not settings.DEBUG:
        raise ImproperlyConfigured(
            "Set CONFAB_SECRET_KEY to a long random text and keep it: cookies and links are signed with it."
        )
