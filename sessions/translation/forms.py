"""The choice of the provider that translates for a project."""

from typing import Any, ClassVar

from django import forms

from projects.administration.forms import SHORT_FIELD_ATTRS
from sessions.models import TranslationSettings
from sessions.translation.provider_form import ProviderForm, ProviderKind
from sessions.translation.registry import offered

MOST_CHARACTERS = 1_000_000_000


class TranslationForm(ProviderForm):
    """The provider of translations, of those that the operator offers."""

    part = "translation"
    title = "Translation"
    off = "Translation is off for this project."
    limits: ClassVar[dict[str, str]] = {"daily_characters": "characters", "tool_results": ""}

    daily_characters = forms.IntegerField(
        min_value=0,
        max_value=MOST_CHARACTERS,
        label="Daily limit",
        help_text="After that, nothing is translated until the next day (UTC).",
        widget=forms.NumberInput(SHORT_FIELD_ATTRS),
    )
    tool_results = forms.BooleanField(required=False, label="Also translate the results of tools")
    consent = forms.BooleanField(
        required=False,
        label="I agree that texts of this project's conversations are sent to this provider",
        help_text="Whole sentences of what people and models said leave this host, without code, links, e-mail"
        " addresses and numbers. Personal names stay in them. Every use is in the audit log.",
    )

    def __init__(self, stored: TranslationSettings, data: Any = None, *, chosen: str | None = None) -> None:
        kinds = (
            ProviderKind(kind.slug, kind.label, kind.asks_for, kind.optional, kind.leaves_host) for kind in offered()
        )
        super().__init__(stored, kinds, data, chosen=chosen)

    @property
    def audited(self) -> dict[str, Any]:
        """What the audit log keeps of the stored choice."""
        return {
            "translation": self.stored.provider or "off",
            "translation_address": self.stored.base_url,
            "translation_consent": self.stored.consent_by,
            "daily_characters": self.stored.daily_characters,
        }
