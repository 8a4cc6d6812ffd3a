"""Checks the operator's choice of translation providers when a program starts."""

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error

from sessions.translation.registry import EVERY_PROVIDER, TRANSLATION_PROVIDERS_BY_SLUG


def check_providers(**kwargs: Any) -> list[CheckMessage]:
    """Return an error if the setting names a provider that there is none of: it would be offered to nobody."""
    known = (EVERY_PROVIDER, *TRANSLATION_PROVIDERS_BY_SLUG)
    unknown = [slug for slug in settings.TRANSLATION_PROVIDERS if slug not in known]
    if not unknown:
        return []
    said = f"CONFAB_TRANSLATION_PROVIDERS names {', '.join(unknown)}, which is no provider."
    return [Error(said, hint=f"Known are {', '.join(known)}.", id="confab.E001")]
