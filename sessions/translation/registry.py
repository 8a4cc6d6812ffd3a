"""Every provider, in the order in which settings offer them. A new one is a module and a line here."""

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


def offered() -> list[type[Provider]]:
    """Those that the operator lets projects use."""
    return [
        provider for slug, provider in TRANSLATION_PROVIDERS_BY_SLUG.items() if slug in settings.TRANSLATION_PROVIDERS
    ]


def others_for(slug: str, source: str, target: str) -> list[str]:
    """The names of the other providers that are known to translate a pair."""
    return [p.label for p in offered() if p.slug != slug and {source, target} <= p.languages]


def unserved(slug: str, source: str, target: str) -> UnsupportedPair:
    """Says who would."""
    pair = f"from {name_of(source)} into {name_of(target)}"
    would = others_for(slug, source, target)
    hint = f" An admin can choose one that does: {', '.join(would)}." if would else " No provider here does."
    return UnsupportedPair(f"{TRANSLATION_PROVIDERS_BY_SLUG[slug].label} cannot translate {pair}.{hint}")
