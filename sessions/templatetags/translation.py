"""What the switch of languages and the notice above a translated conversation show."""

from django import template

from projects.models import Project
from sessions.models import Session
from sessions.translation.languages import name_of, own_name_of
from sessions.translation.offers import TranslationOffer, load_offer

register = template.Library()

register.filter("language_name", name_of)
register.filter("own_language_name", own_name_of)


@register.filter
def refusal_for(offer: TranslationOffer, target: str) -> str:
    """Return why a conversation cannot be read in a language."""
    return offer.refusal_for(target)


@register.simple_tag
def translation_offer(project: Project, session: Session) -> TranslationOffer:
    """Return into which languages a session can be translated, in one query."""
    return load_offer(project, session)
