"""Into which languages a conversation can be translated: what the project's provider makes of those that it is in."""

from collections.abc import Iterable
from dataclasses import dataclass

from projects.models import Project
from sessions.models import Session
from sessions.translation.choices import load_choice
from sessions.translation.identify import language_of
from sessions.translation.languages import DEFAULT, LANGUAGE_NAMES, name_of, own_name_of, wanted
from sessions.translation.provider import EVERY_LANGUAGE, TranslationFailed
from sessions.translation.registry import unserved


@dataclass(frozen=True, slots=True, kw_only=True)
class TranslationOffer:
    """What can be read of a conversation in other words. Without `targets`, `refusal` says why."""

    provider: str = ""
    slug: str = ""  # of the provider
    sources: tuple[str, ...] = ()  # the languages of the conversation, as far as they can be told
    targets: frozenset[str] = frozenset()
    refusal: str = ""

    @property
    def choices(self) -> list[tuple[str, str]]:
        """Code and own name of each language that can be read, by its English name."""
        return [(code, own_name_of(code)) for code in sorted(self.targets, key=name_of)]

    def refusal_for(self, target: str) -> str:
        """Return why the conversation cannot be read in a language, "" if it can."""
        if target in self.targets:
            return ""
        if self.sources == (target,):
            return f"The conversation is in {name_of(target)} already."
        if not self.targets:
            return self.refusal
        if not self.sources:
            return f"{self.provider} cannot translate into {name_of(target)}."
        return str(unserved(self.slug, self.sources[0], target))

    def best(self, remembered: str, accept_language: str) -> str:
        """Return the language to read in: the remembered one or the reader's, if the conversation can be read in it."""
        first = remembered or wanted(accept_language)
        if first in self.targets or first in self.sources or not self.targets:
            return first
        own = wanted(accept_language, self.targets)
        return next((code for code in (own, DEFAULT) if code in self.targets), min(self.targets, key=name_of))


def load_offer(project: Project, session: Session) -> TranslationOffer:
    """Load the offer for a session, in one query."""
    choice = load_choice(project)
    if choice.refusal:
        return TranslationOffer(refusal=choice.refusal)
    sources, slug, label = languages_of(session), choice.settings.provider, choice.kind.label
    try:
        provider = choice.provider()
        targets = {target for source in sources or EVERY_LANGUAGE for target in provider.targets(source)}
    except TranslationFailed as error:
        return TranslationOffer(provider=label, slug=slug, sources=sources, refusal=str(error))
    refusal = "" if targets else str(unserved(slug, next(iter(sources), ""), DEFAULT))
    return TranslationOffer(provider=label, slug=slug, sources=sources, targets=frozenset(targets), refusal=refusal)


def languages_of(session: Session) -> tuple[str, ...]:
    """Return the languages of what was said first and last in a session."""
    said: Iterable[str | None] = (session.first_input, session.last_output)
    found = dict.fromkeys(language_of(text) for text in said if text)
    return tuple(code for code in found if code in LANGUAGE_NAMES)
