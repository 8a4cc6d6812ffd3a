"""How much a project may translate on one day (UTC).

Characters are reserved before an engine gets them, so that several workers together never exceed the limit; what was
not used is given back."""

from datetime import date

from django.db.models import F
from django.utils import timezone

from sessions.models import TranslationUsage
from sessions.translation.provider import ProviderQuotaExceeded


def reserve(project_id: int, provider: str, characters: int, limit: int) -> date:
    """Reserve characters and return the day, for giving them back.

    Raises ProviderQuotaExceeded if the day has too few left."""
    day = timezone.now().date()
    rows = TranslationUsage.objects.for_project(project_id).filter(day=day, provider=provider)
    TranslationUsage.objects.bulk_create(
        [TranslationUsage(project_id=project_id, day=day, provider=provider)], ignore_conflicts=True
    )
    elsewhere = used_today(project_id, exclude=provider)
    within = rows.filter(characters__lte=limit - elsewhere - characters)
    if not within.update(characters=F("characters") + characters, requests=F("requests") + 1):
        raise ProviderQuotaExceeded(
            f"This project has used its {limit:,} characters of translation for today. It can be used again"
            " tomorrow (UTC), or when an admin raises the limit in the settings."
        )
    return day


def give_back(project_id: int, provider: str, characters: int, day: date) -> None:
    """Give back reserved characters that were not used."""
    TranslationUsage.objects.for_project(project_id).filter(day=day, provider=provider).update(
        characters=F("characters") - characters
    )


def used_today(project_id: int, *, exclude: str = "") -> int:
    """Return the characters of all providers together, or without those of one."""
    rows = TranslationUsage.objects.for_project(project_id).filter(day=timezone.now().date()).exclude(provider=exclude)
    return sum(rows.values_list("characters", flat=True))
