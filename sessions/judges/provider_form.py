"""The choice of the provider whose model a project's judges ask."""

from typing import Any, ClassVar

from django import forms

from projects.administration.forms import SHORT_FIELD_ATTRS
from sessions.models import ModelProvider
from sessions.translation.provider_form import ProviderForm, ProviderKind

Protocol = ModelProvider.Protocol
VENDORS = {Protocol.OPENAI_COMPATIBLE: "OpenAI", Protocol.ANTHROPIC: "Anthropic"}
MODEL_PROVIDERS = [
    ProviderKind(
        slug=protocol.value,
        label=str(protocol.label),
        asks_for={
            "base_url": f"an address up to /v1 if it is not {vendor}'s own",
            "model": "a model",
            "secret": "a key if the endpoint requires one",
        },
        optional=("base_url", "secret"),
    )
    for protocol, vendor in VENDORS.items()
]


class JudgingForm(ProviderForm):
    """The provider of the model; the row is deleted when nobody is chosen."""

    part = "judging"
    title = "Judging"
    off = "Judges that ask a question are off for this project. Rules need no provider."
    stored_as = "protocol"
    limits: ClassVar[dict[str, str]] = {"requests_per_minute": "requests", "window_tokens": "tokens"}

    requests_per_minute = forms.IntegerField(
        min_value=1, max_value=10_000, label="Limit per minute", widget=forms.NumberInput(SHORT_FIELD_ATTRS)
    )
    window_tokens = forms.IntegerField(
        min_value=4_000,
        max_value=2_000_000,
        label="Window of the model",
        help_text="Longer conversations are read in parts, and the answers are merged.",
        widget=forms.NumberInput(SHORT_FIELD_ATTRS),
    )
    consent = forms.BooleanField(
        required=False,
        label="I agree that whole conversations of this project are sent to this provider",
        help_text="With all that people, models and tools said in them. Every use is in the audit log.",
    )

    def __init__(self, stored: ModelProvider | None, data: Any = None, *, chosen: str | None = None) -> None:
        super().__init__(stored or ModelProvider(protocol=""), MODEL_PROVIDERS, data, chosen=chosen)

    def store(self) -> None:
        """Write the stored choice, or delete it."""
        if self.kind:
            self.stored.save()
        else:
            ModelProvider.objects.filter(project=self.stored.project).delete()

    @property
    def audited(self) -> dict[str, Any]:
        """What the audit log keeps of the stored choice."""
        return {
            "judge_protocol": self.stored.protocol or "off",
            "judge_address": self.stored.base_url,
            "judge_model": self.stored.model,
            "judge_consent": self.stored.consent_by,
        }
