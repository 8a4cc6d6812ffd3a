"""Every translation provider, in the order in which the settings offer them."""

from django.conf import settings

from sessions.translation.deepl import DeepL
from sessions.translation.embedded import Embedded
from sessions.translation.languages import name_of
from sessions.translation.libretranslate import LibreTranslate
from sessions.translation.openai_compatible import OpenAICompatible
from sessions.translation.provider import Provider, UnsupportedPair

TRANSLATION_PROVIDERS_BY_SLUG: dict[str, type[Provider]] = {
    provider.slug: provider
    for provider in (
        Embedded,
        LibreTranslate,
        OpenAICompatible,
        DeepL,
    )
}


EVERY_PROVIDER = "all"  # instead of their names


def offered() -> list[type[Provider]]:
    """Return the providers that the operator lets projects use."""
    chosen = settings.TRANSLATION_PROVIDERS
    return [p for slug, p in TRANSLATION_PROVIDERS_BY_SLUG.items() if slug in chosen or EVERY_PROVIDER in chosen]


def others_for(slug: str, source: str, target: str) -> list[str]:
    """Return the names of the other providers that are known to translate a pair."""
    return [p.label for p in offered() if p.slug != slug and {source, target} <= p.languages]


def unserved(slug: str, source: str, target: str) -> UnsupportedPair:
    """Return the error for a pair, with the providers that would translate it."""
    pair = f"from {name_of(source)} into {name_of(target)}"
    would = others_for(slug, source, target)
    hint = f" An admin can choose one that does: {', '.join(would)}." if would else " No provider here does."
    return UnsupportedPair(f"{TRANSLATION_PROVIDERS_BY_SLUG[slug].label} cannot translate {pair}.{hint}")
