"""The choice of a provider for one kind of work of a project: its access, its limits and an admin's consent.

The form is the same for all kinds of work. A provider on another host needs consent, which is audited; its key is
stored encrypted and never shown again. Key and consent stay only for the place that they were given for."""

from collections.abc import Iterable, Mapping
from typing import Any, ClassVar, NamedTuple

from django import forms
from django.utils import timezone

from projects.administration.forms import FIELD_ATTRS
from projects.models import Project
from sessions.translation.egress import check_url
from sessions.translation.provider import TranslationFailed
from sessions.translation.secrets import encrypted

ACCESS_NAMES = {"base_url": "an address", "model": "a model", "secret": "a key"}
SECRET_HELP = "Stored encrypted and never shown again. Leave it empty to keep the stored one."


class ProviderKind(NamedTuple):
    """A provider that a form offers; `asks_for` and `optional` name its fields as those of `Provider` do."""

    slug: str
    label: str
    asks_for: Mapping[str, str]
    optional: Iterable[str]
    leaves_host: bool = True


class ProviderForm(forms.Form):
    """The provider of one `part` of the settings; nobody is chosen with an empty one.

    Subclasses name the field of the stored choice, their limits with units, and what an admin agrees to."""

    part: ClassVar[str]
    title: ClassVar[str]
    off: ClassVar[str]  # what is true while nobody is chosen
    stored_as: ClassVar[str] = "provider"
    limits: ClassVar[Mapping[str, str]]

    provider = forms.ChoiceField(required=False, widget=forms.HiddenInput)
    base_url = forms.URLField(
        required=False, label="Address", assume_scheme="https", widget=forms.URLInput(FIELD_ATTRS)
    )
    model = forms.CharField(required=False, max_length=120, widget=forms.TextInput(FIELD_ATTRS))
    secret = forms.CharField(
        required=False,
        max_length=500,
        label="Key",
        widget=forms.PasswordInput(FIELD_ATTRS | {"autocomplete": "off"}),
    )
    consent = forms.BooleanField(required=False)

    def __init__(self, stored: Any, kinds: Iterable[ProviderKind], data: Any = None, *, chosen: str | None = None):
        """Show what is stored, or the fields of another provider, `chosen` by its slug."""
        self.stored = stored
        self.kinds = {kind.slug: kind for kind in kinds}
        held = getattr(stored, self.stored_as)
        shown = chosen if chosen == "" or chosen in self.kinds else held
        initial = {name: getattr(stored, name) for name in ("base_url", "model", *self.limits)}
        initial |= {"provider": shown, "consent": stored.consent_at is not None and shown == held}
        super().__init__(data, initial=initial, auto_id=f"{self.part}_%s")
        choices = [("", "Nobody"), *((kind.slug, kind.label) for kind in self.kinds.values())]
        self.fields["provider"].choices = choices  # type: ignore[attr-defined]
        for name, needed in (self.kind.asks_for if self.kind else {}).items():
            said = f"{needed[:1].upper()}{needed[1:]}."
            self.fields[name].help_text = f"{said} {SECRET_HELP}" if name == "secret" else said
        if self.kind is None:
            for name in self.limits:
                self.fields[name].required = False

    @property
    def kind(self) -> ProviderKind | None:
        """The chosen provider, or None for nobody."""
        return self.kinds.get(self["provider"].value() or "")

    @property
    def rows(self) -> list[tuple[forms.BoundField, str]]:
        """The fields that the chosen provider needs, each with its unit or nothing."""
        if self.kind is None:
            return []
        asked = [(self[name], "") for name in ACCESS_NAMES if name in self.kind.asks_for]
        limits = [(self[name], unit) for name, unit in self.limits.items()]
        return [*asked, *limits, *([(self["consent"], "")] if self.kind.leaves_host else [])]

    @property
    def is_same_receiver(self) -> bool:
        """Return whether texts go to the same place as before: only then do key and consent stay valid."""
        given, stored = self.cleaned_data, self.stored
        return (given["provider"], given["base_url"]) == (getattr(stored, self.stored_as), stored.base_url)

    def clean(self) -> dict[str, Any]:
        """Refuse a provider without what it needs, or without consent."""
        given = super().clean() or {}
        kind = self.kinds.get(given.get("provider", ""))
        if kind is None or self.errors:
            return given
        given |= {name: "" for name in ACCESS_NAMES if name not in kind.asks_for}
        kept = self.stored.secret if self.is_same_receiver else ""
        for name in kind.asks_for:
            is_there = given[name] or (name == "secret" and kept)
            if not is_there and name not in kind.optional:
                self.add_error(name, f"{kind.label} needs {ACCESS_NAMES[name]}.")
        if kind.leaves_host and not given["consent"]:
            self.add_error("consent", "Nothing is sent to another host without your consent.")
        return given

    def clean_base_url(self) -> str:
        """Refuse an address that projects may not use."""
        url: str = self.cleaned_data["base_url"]
        try:
            if url and self.kind and "base_url" in self.kind.asks_for:
                check_url(url)
        except TranslationFailed as error:
            raise forms.ValidationError(str(error)) from None
        return url

    def save(self, project: Project, *, by: str) -> Any:
        """Store the choice and return it."""
        given, stored, kind = self.cleaned_data, self.stored, self.kind
        kept = stored.secret if self.is_same_receiver else ""
        is_agreed = self.is_same_receiver and stored.consent_at is not None
        secret = encrypted(given["secret"]) or kept
        if kind is None:
            given |= dict.fromkeys(ACCESS_NAMES, "")
        for name in ("base_url", "model", *(self.limits if kind else ())):
            setattr(stored, name, given[name])
        setattr(stored, self.stored_as, given["provider"])
        stored.project, stored.secret = project, secret if kind and "secret" in kind.asks_for else ""
        if kind is None or not kind.leaves_host:
            stored.consent_by, stored.consent_at = "", None
        elif not is_agreed:
            stored.consent_by, stored.consent_at = by, timezone.now()
        self.store()
        return stored

    def store(self) -> None:
        """Write the stored choice."""
        self.stored.save()

    @property
    def audited(self) -> dict[str, Any]:
        """What the audit log keeps of the stored choice: never its key."""
        raise NotImplementedError
