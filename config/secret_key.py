"""Nothing that serves starts with the secret key that everybody can read in the settings."""

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured


def refuse_insecure() -> None:
    """For the entry points of servers; tests, build steps and `CONFAB_DEBUG` get by without a key of their own."""
    if settings.SECRET_KEY == settings.INSECURE_SECRET_KEY and not settings.DEBUG:
        raise ImproperlyConfigured(
            "Set CONFAB_SECRET_KEY to a long random text and keep it: cookies and links are signed with it."
        )
