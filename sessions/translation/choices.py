"""Which provider a project uses: its admin's choice, or the embedded models, which need no consent."""

from dataclasses import dataclass
from hashlib import sha256

from projects.models import Project
from projects.secrets import SecretLost
from sessions.models import TranslationSettings
from sessions.translation.planning import PIPELINE
from sessions.translation.provider import AuthFailed, Provider, ProviderAccess
from sessions.translation.registry import TRANSLATION_PROVIDERS_BY_SLUG, offered
from sessions.translation.secrets import decrypted

OFF = "Translation is turned off for this project. An admin can turn it on in the settings."
NOT_OFFERED = "This installation no longer offers the provider that the project chose. An admin can choose another."
NO_CONSENT = "Nobody has agreed that this project's texts may leave the host. An admin can do so in the settings."


@dataclass(frozen=True, slots=True)
class TranslationChoice:
    """A project's provider and settings.

    The project may translate unless there is a `refusal`."""

    settings: TranslationSettings
    refusal: str = ""

    @property
    def kind(self) -> type[Provider]:
        """Return the class of the provider."""
        return TRANSLATION_PROVIDERS_BY_SLUG[self.settings.provider]

    @property
    def engine(self) -> str:
        """Return the key of provider, model and pipeline for the cache, 32 characters long."""
        account = ProviderAccess(base_url=self.settings.base_url, model=self.settings.model)
        said = f"{self.settings.provider}|{self.kind(account).revision()}|{PIPELINE}"
        return sha256(said.encode()).hexdigest()[:32]

    def provider(self) -> Provider:
        """Return the provider, ready to translate.

        Raises AuthFailed if the project's key cannot be decrypted any more."""
        try:
            secret = decrypted(self.settings.secret)
        except SecretLost:
            raise AuthFailed("The provider's key can no longer be read: an admin has to enter it again.") from None
        return self.kind(ProviderAccess(self.settings.base_url, secret, self.settings.model))


def load_choice(project: Project | int) -> TranslationChoice:
    """Load the choice of a project."""
    project_id = project.pk if isinstance(project, Project) else project
    found = TranslationSettings.objects.filter(project_id=project_id).first()
    chosen = found or TranslationSettings(project_id=project_id)
    return TranslationChoice(chosen, _refusal(chosen))


def _refusal(chosen: TranslationSettings) -> str:
    if not chosen.provider:
        return OFF
    kind = TRANSLATION_PROVIDERS_BY_SLUG.get(chosen.provider)
    if kind is None or kind not in offered():
        return NOT_OFFERED
    return NO_CONSENT if kind.leaves_host and chosen.consent_at is None else ""
